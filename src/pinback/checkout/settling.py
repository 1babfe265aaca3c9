"""Settling for the market: an order that settlement closes gives back its stock and what is open of its
payments.

An action that may get an order closed (its voucher was taken back) settles here. What others settle, through
the engine's own API, is put right by a job (`actions.close_settled_elsewhere`).
"""

from datetime import datetime

from pinback.catalog.stock import give_back_within
from pinback.checkout.models import Item, Order
from pinback.checkout.queries import order_with_key
from pinback.kit.history import note_change
from pinback.kit.transactions import assert_open
from pinback.payments.actions import close_open_within
from pinback.rules.decisions import Decision, OrderClosed
from pinback.rules.events import Event
from pinback.settlement.models import Line
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.recording import apply_within


def settle_within(*events: Event, now: datetime) -> list[Decision]:
    """Settle events, all or none; orders that are closed by them give back what they hold. Raises Refused."""
    decisions = apply_within(*events, now=now)
    for decision in decisions:
        if isinstance(decision, OrderClosed):
            order = order_with_key(decision.order)
            if order is not None:
                close_within(order, decision.reason, now=now)
    return decisions


def close_within(order: Order, why: str, *, now: datetime, person_id: int | None = None) -> bool:
    """Do what follows when settlement cancelled an unpaid order; False where it was done before."""
    assert_open()
    closed = Order.objects.filter(pk=order.pk, closed_at=None).update(
        closed_at=now, closed_why=why, pay_until=None
    )
    if not closed:
        return False
    note_change("order", order.pk, before="open", after="closed", now=now, person_id=person_id, note=why)
    give_back_stock_within(order)
    close_open_within("order", order.key, now=now)
    return True


def give_back_stock_within(order: Order) -> None:
    """Give back the units that an order holds and no longer needs: all of a cancelled one, what was refunded
    of one that was not shipped yet. Doing it again gives back nothing more.
    """
    assert_open()
    state = SettledOrder.objects.get(key=order.key)
    keeps = {}
    if state.status != "cancelled":
        lines = Line.objects.filter(order_id=state.pk)
        keeps = dict(lines.values_list("number", "units_left"))
    units: dict[int, int] = {}
    for item in Item.objects.filter(order=order, units_held__gt=0):
        kept = keeps.get(item.number, 0)
        if item.units_held <= kept:
            continue
        changed = Item.objects.filter(pk=item.pk, units_held=item.units_held).update(units_held=kept)
        if changed:
            units[item.sku_id] = units.get(item.sku_id, 0) + item.units_held - kept
    give_back_within(units)
