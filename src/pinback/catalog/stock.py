"""Stock of a variant: reserved when an order is placed, given back when it closes, set by the shop's staff.

Every change is one guarded update, so that no number of buyers at once sells a unit twice, on any database.
An action that also settles does that first (the shop's row is the lock), then reserves, variants by id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.catalog.models import Sku
from pinback.catalog.queries import sku_for
from pinback.catalog.rules import MOST_STOCK
from pinback.kit.history import note_change
from pinback.kit.prepared import More, Update
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import assert_open, durable


class Wanted(NamedTuple):
    """Units of a variant as it was seen: somebody who changes its price meanwhile is noticed."""

    sku: Sku
    quantity: int


def reserve_within(wanted: Sequence[Wanted]) -> None:
    """Take units out of the stock, all or none. Raises Conflict: out of stock, or the variant was changed."""
    assert_open()
    for sku, quantity in sorted(wanted, key=lambda one: one.sku.pk):
        if not _with_so_many.run(
            {"stock_left": More(-quantity)}, pk=sku.pk, version=sku.version, quantity=quantity
        ):
            raise _why_not(sku)


_with_so_many = Update(
    lambda pk, version, quantity: Sku.objects.filter(
        pk=pk, version=version, is_offered=True, stock_left__gte=quantity
    )
)


def _why_not(sku: Sku) -> Conflict:
    if Sku.objects.filter(pk=sku.pk, version=sku.version, is_offered=True).exists():
        return Conflict("out_of_stock", _("There are not so many left."), "lines")
    return Conflict("stale", _("The shop has just changed this product; look at it again."), "lines")


def give_back_within(units: Mapping[int, int]) -> None:
    """Put units back into the stock of variants, by id; the caller has made sure that it is done once."""
    assert_open()
    for sku_id in sorted(units):
        if units[sku_id]:
            Sku.objects.filter(pk=sku_id).update(stock_left=F("stock_left") + units[sku_id])


@durable
def set_stock(
    shop: str, product: str, sku: str, *, stock_left: int, was: int, acting: Actor, now: datetime
) -> Sku:
    """Set what can still be ordered, from `was`. Raises Conflict `stale`: it was changed meanwhile."""
    found = sku_for(acting, shop, product, sku, "catalog.write")
    if not 0 <= stock_left <= MOST_STOCK:
        raise Refused("bad_stock", _("Stock is between 0 and a billion."), "stock_left")
    if not Sku.objects.filter(pk=found.pk, stock_left=was).update(stock_left=stock_left):
        raise Conflict("stale", _("The stock has changed meanwhile; look again."), "was")
    _note(found, was, stock_left, acting, now)
    return Sku.objects.get(pk=found.pk)


@durable
def adjust_stock(shop: str, product: str, sku: str, *, delta: int, acting: Actor, now: datetime) -> Sku:
    """Add units to the stock, or take some out. Raises Conflict `out_of_stock`: there are not so many."""
    found = sku_for(acting, shop, product, sku, "catalog.write")
    changed = Sku.objects.filter(
        pk=found.pk, stock_left__gte=-delta, stock_left__lte=MOST_STOCK - delta
    ).update(stock_left=F("stock_left") + delta)
    if not changed:
        raise Conflict("out_of_stock", _("Stock is between 0 and a billion."), "delta")
    after = Sku.objects.get(pk=found.pk)
    _note(found, after.stock_left - delta, after.stock_left, acting, now)
    return after


def _note(sku: Sku, before: int, after: int, acting: Actor, now: datetime) -> None:
    note_change("stock", sku.pk, before=str(before), after=str(after), now=now, person_id=acting.person_id)
