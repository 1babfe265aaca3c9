"""Closing of orders: by the buyer, by the time to pay, and of what settlement closed by another way in."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.checkout.models import Order
from pinback.checkout.queries import order_of_buyer, order_with_key, state_of
from pinback.checkout.refunds import EVERYTHING, Started, start_refund_within
from pinback.checkout.settling import close_within, settle_within
from pinback.groups.models import Member
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import durable
from pinback.rules.events import OrderCancelled
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import lock_orders_within


@durable
def cancel(order: str, *, acting: Actor, now: datetime) -> Order:
    """The buyer closes an order that is not paid; stock and voucher are free again. Raises NotFound,
    Conflict.
    """
    found = order_of_buyer(acting, order)
    lock_orders_within([found.key])
    if state_of(found).status != "placed":
        raise Conflict("wrong_state", _("Only an order that is not paid can be closed; ask for a refund."))
    _cancel_within(found, "by_buyer", now, person_id=acting.person_id)
    return found


@durable
def leave_group(order: str, *, acting: Actor, now: datetime) -> Started:
    """A member leaves a group that is still forming: the seat is free, all the money goes back, the voucher
    too.

    Raises NotFound; Conflict: the deal is made, or there is no seat to leave.
    """
    found = order_of_buyer(acting, order)
    lock_orders_within([found.key])
    seat = Member.objects.filter(order_key=found.key, left_at=None).select_related("group").first()
    if seat is None or seat.group.status != "forming" or state_of(found).status != "paid":
        raise Conflict("wrong_state", _("This order has no seat in a group that is still forming."))
    return start_refund_within(found, public_id(new_id()), EVERYTHING, now=now)


def close_due(now: datetime) -> int:
    """Close the orders that were not paid in time; returns how many."""
    due = Order.objects.filter(pay_until__lte=now).order_by("pay_until").values_list("key", flat=True)
    return sum(_close_if_due(key, now) for key in list(due[:200]))


@durable
def _close_if_due(key: str, now: datetime) -> bool:
    order = order_with_key(key)
    assert order is not None
    lock_orders_within([order.key])
    order.refresh_from_db(fields=["pay_until"])
    if order.pay_until is None or order.pay_until > now or state_of(order).status != "placed":
        return False
    _cancel_within(order, "not_paid_in_time", now)
    return True


def close_settled_elsewhere(now: datetime) -> int:
    """Put right what others settled of unpaid orders of the market: they give back what they hold."""
    waiting = Order.objects.filter(pay_until__isnull=False)
    cancelled = SettledOrder.objects.filter(status="cancelled", key__in=waiting.values("key"))
    return sum(_close_if_cancelled(key, now) for key in list(cancelled.values_list("key", flat=True)[:200]))


@durable
def _close_if_cancelled(key: str, now: datetime) -> bool:
    order = order_with_key(key)
    assert order is not None
    lock_orders_within([order.key])
    if state_of(order).status != "cancelled":
        return False
    return close_within(order, "settled_elsewhere", now=now)


def _cancel_within(order: Order, why: str, now: datetime, *, person_id: int | None = None) -> None:
    id_ = public_id(order.pk)
    event = OrderCancelled(
        id=f"{id_}-cancelled", at=instant_of(now), shop=order.shop.name, order=id_, reason=why
    )
    settle_within(event, now=now)
    close_within(order, why, now=now, person_id=person_id)
