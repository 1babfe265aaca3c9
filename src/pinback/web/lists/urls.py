"""Addresses of what is kept of lists."""

from django.urls import URLPattern, path

from pinback.web.lists import views

urlpatterns: list[URLPattern] = [
    path("<str:listing>/filters", views.keep, name="list-filter-keep"),
    path("filters/<str:kept>/remove", views.remove, name="list-filter-remove"),
    path("<str:listing>/look", views.look, name="list-look"),
]
