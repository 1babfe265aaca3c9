"""The Django app of catalog."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Products, pictures and stock."""

    name = "pinback.catalog"
    label = "catalog"
