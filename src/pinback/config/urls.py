"""Addresses of all pages, by room."""

from django.urls import include, path

from pinback.api.app import api
from pinback.catalog.views import picture, sized_picture

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
    path("media/pictures/<str:name>", picture, name="picture"),
    path("media/pictures/<int:width>/<str:name>", sized_picture, name="sized-picture"),
    path("", include("pinback.web.urls")),
]
