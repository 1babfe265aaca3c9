"""Addresses of signing in and out."""

from django.urls import URLPattern, path

from pinback.web.signing import passwords, views

urlpatterns: list[URLPattern] = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("register", views.sign_up, name="register"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("password/forgotten", passwords.forgotten, name="password-forgotten"),
    path("password/asked", passwords.asked, name="password-asked"),
    path("password/link/<str:person>/<str:token>", passwords.link, name="password-link"),
    path("password/new", passwords.new, name="password-new"),
]
