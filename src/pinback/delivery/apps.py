"""The Django app of delivery."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Parcels and what carriers say of them."""

    name = "pinback.delivery"
    label = "delivery"
