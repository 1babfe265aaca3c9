"""Addresses of the storefront."""

from django.urls import URLPattern, path

from pinback.web.storefront import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("search", views.home, name="search"),
    path("orders/", views.home, name="orders"),
    path("wallet/", views.home, name="wallet"),
    path("account/", views.home, name="account"),
]
