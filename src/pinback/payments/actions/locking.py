"""Locks a shop before anything else of it is touched, as settlement does, so that nobody waits crosswise."""

from pinback.settlement.recording import lock_shops_within


def lock_shop_within(name: str) -> None:
    """Hold the row of a shop in settlement until the transaction ends; SQLite has one writer anyway."""
    lock_shops_within(name)
