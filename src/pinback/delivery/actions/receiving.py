"""Receipt: by the buyer, or by the timer when nobody says anything. Only now it is a sale (section 3.5)."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.delivery.models import Receipt
from pinback.kit.refusals import NotFound, Refused
from pinback.kit.transactions import durable
from pinback.rules.events import OrderReceived
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within, lock_orders_within

_MOST_AT_ONCE = 200
_AFTER_A_REFUND = timedelta(days=1)


@durable
def receive(shop_name: str, order_id: str, *, acting: Actor, now: datetime) -> None:
    """The buyer has their order. Doing it again changes nothing.

    Raises NotFound to everybody but the buyer; Refused `wrong_state`: it was not shipped.
    """
    key = f"{shop_name}/{order_id}"
    if acting.is_key or not SettledOrder.objects.filter(key=key, buyer=acting.buyer).exists():
        raise NotFound("order", order_id)
    lock_orders_within([key])
    status = SettledOrder.objects.get(key=key).status
    if status == "received":
        return
    if status != "shipped":
        raise Refused("wrong_state", _("Only an order that was shipped can be received."))
    _receive_within(shop_name, order_id, now=now)


def receive_due(now: datetime) -> int:
    """Receive orders whose time is over; a job. While a refund is open the order waits.

    Returns how many were received.
    """
    waiting = SettledOrder.objects.filter(key=OuterRef("order_key"), open_refunds=0)
    due = Receipt.objects.filter(Exists(waiting), done_at=None, due_at__lte=now).order_by(
        "due_at", "order_key"
    )
    return sum(_receive_due(key, now=now) for key in due.values_list("order_key", flat=True)[:_MOST_AT_ONCE])


@durable
def _receive_due(key: str, *, now: datetime) -> bool:
    shop_name, _slash, order_id = key.partition("/")
    lock_orders_within([key])
    state = SettledOrder.objects.get(key=key)
    if state.open_refunds:
        Receipt.objects.filter(pk=key, done_at=None).update(due_at=now + _AFTER_A_REFUND)
        return False
    if state.status != "shipped":
        Receipt.objects.filter(pk=key, done_at=None).update(done_at=now)
        return False
    _receive_within(shop_name, order_id, now=now)
    return True


def _receive_within(shop_name: str, order_id: str, *, now: datetime) -> None:
    event = OrderReceived(id=f"{order_id}-received", at=instant_of(now), shop=shop_name, order=order_id)
    apply_within(event, now=now)
    Receipt.objects.filter(pk=f"{shop_name}/{order_id}", done_at=None).update(done_at=now)
