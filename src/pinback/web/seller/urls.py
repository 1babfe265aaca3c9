"""Addresses of the seller's pages."""

from django.urls import URLPattern, path

from pinback.web.seller.views import opening, overview

urlpatterns: list[URLPattern] = [
    path("", opening.shops, name="seller"),
    path("open", opening.open_shop, name="seller-open"),
    path("<str:shop>/", overview.overview, name="seller-shop"),
    path("<str:shop>/settings", opening.settings, name="seller-settings"),
]
