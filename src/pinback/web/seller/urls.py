"""Addresses of the seller's pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
