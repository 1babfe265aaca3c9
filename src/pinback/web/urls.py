"""Addresses of the pages."""

from django.urls import URLPattern, path, register_converter

from pinback.web import views
from pinback.web.addresses import IdInAddress

register_converter(IdInAddress, "id")

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("shops/<id:shop>/", views.shop, name="shop"),
]
