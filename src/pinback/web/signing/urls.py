"""Addresses of signing in and out."""

from django.urls import URLPattern, path

from pinback.web.signing import views

urlpatterns: list[URLPattern] = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("register", views.sign_up, name="register"),
    path("sign-out", views.sign_out, name="sign-out"),
]
