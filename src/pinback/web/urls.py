"""Addresses of all pages, by face."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("engine/", include("pinback.web.engine.urls")),
    path("seller/", include("pinback.web.seller.urls")),
    path("operator/", include("pinback.web.operator.urls")),
    path("lists/", include("pinback.web.lists.urls")),
    path("", include("pinback.web.signing.urls")),
    path("", include("pinback.web.storefront.urls")),
]
