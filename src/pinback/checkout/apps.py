"""The Django app of checkout."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """From what a buyer wants to a deal."""

    name = "pinback.checkout"
    label = "checkout"
