"""Addresses of the operator's pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
