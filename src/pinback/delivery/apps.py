"""The Django app of delivery."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Parcels and what carriers say of them."""

    name = "pinback.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Follow parcels, and receive what nobody receives."""
        from pinback.delivery import actions
        from pinback.kit.jobs import register_job

        register_job("follow parcels", every_seconds=60, sweep=actions.look_due)
        register_job("receive what nobody received", every_seconds=60, sweep=actions.receive_due)
