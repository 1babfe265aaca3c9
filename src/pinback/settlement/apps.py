"""The Django app of settlement."""

from django.apps import AppConfig


class SettlementConfig(AppConfig):
    """Event log, orders, campaigns, vouchers, ledger and counters."""

    name = "pinback.settlement"
    label = "settlement"
    default_auto_field = "django.db.models.BigAutoField"
