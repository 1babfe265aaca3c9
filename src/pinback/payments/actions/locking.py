"""Locks a shop before anything else of it is touched, as settlement does, so that nobody waits crosswise."""

from pinback.kit.prepared import Prepared
from pinback.kit.transactions import assert_open
from pinback.settlement.models import Shop


def lock_shop_within(name: str) -> None:
    """Hold the row of a shop in settlement until the transaction ends; SQLite has one writer anyway."""
    assert_open()
    _held.all(name=name)


_held = Prepared(
    lambda name: Shop.objects.select_for_update(no_key=True).filter(name=name).values_list("pk", flat=True)
)
