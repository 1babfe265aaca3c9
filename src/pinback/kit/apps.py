"""The kit as a Django app: it has tables."""

from django.apps import AppConfig


class KitConfig(AppConfig):
    """The kit."""

    name = "pinback.kit"
    label = "kit"
