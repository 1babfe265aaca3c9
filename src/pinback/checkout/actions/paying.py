"""Paying an order, and what happens when its money came in: the seat in the group, the deal, or the money
back.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.checkout.models import Order
from pinback.checkout.queries import order_of_buyer, order_with_key, shop_of_order, state_of
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.checkout.rules import is_too_late
from pinback.checkout.settling import settle_within
from pinback.groups.actions import Seat, open_within, take_seat_within
from pinback.groups.queries import others_to_join
from pinback.kit.history import note_change
from pinback.kit.ids import new_id, public_id
from pinback.kit.prepared import Update
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import durable
from pinback.payments.actions import prepare_started, start_within
from pinback.payments.models import Payment
from pinback.payments.purposes import Taken
from pinback.rules.events import OrderConfirmed, OrderPaid
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import lock_shops_within


def pay(
    order: str, method: str, *, acting: Actor, now: datetime, openid: str = "", anew: bool = False
) -> Payment:
    """Begin to pay an order by `wechat` or `debit_card`; `to_client` of the payment says how. Outside of a
    transaction, for it asks the provider. Raises NotFound; Conflict: it cannot be paid any more, or was paid.

    `openid`: of a payer inside WeChat; `anew`: not with the payment that was begun before.
    """
    payment = start_payment(order, method, acting=acting, now=now)
    return prepare_started(payment, now=now, openid=openid, anew=anew)


@durable
def start_payment(order: str, method: str, *, acting: Actor, now: datetime) -> Payment:
    """The first half of `pay`: a payment of exactly what is due. Trying again after a refusal is the same."""
    lock_shops_within(shop_of_order(order))
    # As it is now that nobody else can change it.
    found = order_of_buyer(acting, order)
    state = state_of(found)
    if state.status not in ("placed", "cancelled"):
        raise Conflict("paid_already", _("This order is paid."))
    if state.status == "cancelled" or is_too_late(found.pay_until, now=now):
        raise Conflict("too_late", _("The time to pay this order is over; nothing was taken from you."))
    return start_within(
        purpose="order",
        subject=found.key,
        shop=found.shop,
        payer=found.buyer,
        amount_minor=state.goods_minor + state.postage_minor,
        method=method,
        expires_at=found.pay_until,
        now=now,
    )


_with_id = Update(lambda pk: Order.objects.filter(pk=pk))


def take_order(payment: Payment, now: datetime) -> Taken:
    """The money of an order came in: take it, or say why it goes back. Inside the transaction that notes it,
    which has locked the shops that are reached.

    A closed order is not revived: its stock and voucher may be others' by now. Money for a group without a
    seat is taken and sent back at once, so that order and ledger tell what happened.
    """
    order = order_with_key(payment.subject)
    if order is None:
        return "late"
    state = state_of(order)
    if state.status == "cancelled":
        return "late"
    if state.status != "placed":
        return "unneeded"
    id_ = public_id(order.pk)
    paid = OrderPaid(
        id=f"{id_}-paid",
        at=instant_of(now),
        shop=order.shop.name,
        order=id_,
        amount=payment.amount_minor,
        method=payment.method,
    )
    # Alone the deal is made by paying: one turn in settlement for both.
    settle_within(paid, *([_confirmed(order.key, now)] if order.kind == "solo" else []), now=now)
    _with_id.run({"pay_until": None}, pk=order.pk)
    note_change("order", order.pk, before="open", after="paid", now=now, person_id=order.buyer_id)
    if order.kind == "open":
        open_within(order.product, order.buyer_id, order.key, now=now)
    elif order.kind == "join":
        _join(order, payment, now)
    return "succeeded"


def _join(order: Order, payment: Payment, now: datetime) -> None:
    """Take a seat; the last one makes the deal for everybody. Without a seat the money goes back at once."""
    seat = _seat(order, now)
    if seat is None:
        note_change("order", order.pk, before="paid", after="no_seat", now=now)
        start_refund_within(order, public_id(new_id()), EVERYTHING, now=now, payment=payment)
    elif seat.outcome == "complete":
        _confirm_within(seat.order_keys, now)


def _seat(order: Order, now: datetime) -> Seat | None:
    """The seat in the group that was wanted, or in another one if the buyer chose so; None: there is none."""
    wanted = order.wanted_group_id
    if wanted is not None:
        seat = take_seat_within(wanted, order.buyer_id, order.key, now=now)
        if seat.is_taken:
            return seat
    if order.if_full != "other":
        return None
    for group_id in others_to_join(order.product_id, but=wanted, person_id=order.buyer_id, now=now):
        seat = take_seat_within(group_id, order.buyer_id, order.key, now=now)
        if seat.is_taken:
            return seat
    return None


def _confirm_within(order_keys: Sequence[str], now: datetime) -> None:
    """The deal is made for all members at once, in this transaction."""
    paid = SettledOrder.objects.filter(key__in=order_keys, status="paid").values_list("key", flat=True)
    standing = set(paid)
    settle_within(*[_confirmed(key, now) for key in order_keys if key in standing], now=now)


def _confirmed(order_key: str, now: datetime) -> OrderConfirmed:
    shop, _slash, order = order_key.partition("/")
    return OrderConfirmed(id=f"{order}-confirmed", at=instant_of(now), shop=shop, order=order)
