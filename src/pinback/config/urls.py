"""Addresses of all pages, by room."""

from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("pinback.web.urls")),
]
