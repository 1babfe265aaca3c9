"""Addresses of the engine's pages."""

from django.urls import URLPattern, path, register_converter

from pinback.web.addresses import IdInAddress
from pinback.web.engine import views

register_converter(IdInAddress, "id")

urlpatterns: list[URLPattern] = [
    path("", views.home, name="engine"),
    path("shops/<id:shop>/", views.shop, name="shop"),
]
