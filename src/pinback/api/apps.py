"""The Django app of api."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The HTTP API."""

    name = "pinback.api"
    label = "api"
