"""The Django app of payments: its jobs."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Money in and money out."""

    name = "pinback.payments"
    label = "payments"
