"""The Django app of desk."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """After sales."""

    name = "pinback.desk"
    label = "desk"
