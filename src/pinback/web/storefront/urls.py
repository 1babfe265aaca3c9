"""Addresses of the storefront."""

from django.urls import URLPattern, path

from pinback.web.storefront import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
]
