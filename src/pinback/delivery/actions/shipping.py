"""Ships orders: the first parcel tells settlement, further ones and reissues do not."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import check_may, shop_for
from pinback.delivery.carriers import carrier_named
from pinback.delivery.models import Parcel, Receipt
from pinback.delivery.rules import receipt_due
from pinback.kit.history import note_change
from pinback.kit.ids import id_of, new_id
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.kit.transactions import assert_open, durable
from pinback.rules.events import OrderShipped
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within, lock_orders_within

_LOOK_EVERY = timedelta(hours=1)


@durable
def ship(
    shop_name: str,
    order_id: str,
    *,
    carrier: str,
    tracking: str,
    what: str = "",
    acting: Actor,
    now: datetime,
) -> Parcel:
    """Send a parcel of an order. The first one makes the order shipped and starts the timer of its receipt.

    Raises NotFound, Forbidden; Refused `wrong_state`: the deal is not made yet, or is off; Conflict
    `refund_open`: a refund is to be decided first; Refused `already_exists`: the parcel was entered before.
    """
    shop = shop_for(acting, shop_name, "orders.ship")
    order = _locked_order(shop, order_id)
    if order.status not in ("confirmed", "shipped", "received"):
        raise Refused("wrong_state", _("Only an order whose deal is made can be shipped."), "order")
    if order.status == "confirmed":
        if order.open_refunds:
            raise Conflict("refund_open", _("A refund of this order is open: decide it first."))
        apply_within(
            OrderShipped(id=f"{order_id}-shipped", at=instant_of(now), shop=shop.name, order=order_id),
            now=now,
        )
        due = receipt_due(now, days=settings.PINBACK_RECEIVE_DAYS)
        Receipt.objects.get_or_create(order_key=order.key, defaults={"shop": shop, "due_at": due})
    return _parcel(shop, order.key, "goods", carrier, tracking, what, now, acting)


@durable
def reissue(
    shop_name: str, order_id: str, *, carrier: str, tracking: str, what: str, acting: Actor, now: datetime
) -> Parcel:
    """Send the product, or the missing part, again: a second parcel, no second sale.

    Raises like `ship`; Refused `wrong_state`: the order was not shipped yet.
    """
    shop = shop_for(acting, shop_name, "orders.ship")
    order = _locked_order(shop, order_id)
    if order.status not in ("shipped", "received"):
        raise Refused("wrong_state", _("Only what was shipped can be sent again."), "order")
    return _parcel(shop, order.key, "reissue", carrier, tracking, what, now, acting)


@durable
def correct_tracking(parcel_id: int, *, carrier: str, tracking: str, acting: Actor, now: datetime) -> Parcel:
    """Put a wrong carrier or tracking number right; what it was stays in the history."""
    parcel = Parcel.objects.select_related("shop").filter(pk=parcel_id).first()
    if parcel is None:
        raise NotFound("parcel")
    check_may(acting, parcel.shop_id, "parcel", "orders.ship")
    before = f"{parcel.carrier} {parcel.tracking}"
    changed = Parcel.objects.filter(
        pk=parcel.pk,
        carrier=parcel.carrier,
        tracking=parcel.tracking,
        status__in=("shipped", "stuck", "lost"),
    ).update(carrier=carrier, tracking=tracking, next_look_at=_next_look(carrier, now))
    if not changed:
        raise Conflict("wrong_state", _("The carrier has this parcel already; its number stays."))
    note_change(
        "parcel", parcel.pk, before=before[:30], after=tracking[:30], now=now, person_id=acting.person_id
    )
    parcel.refresh_from_db()
    return parcel


def _locked_order(shop: Shop, order_id: str) -> SettledOrder:
    assert_open()
    key = f"{shop.name}/{order_id}"
    lock_orders_within([key])
    order = SettledOrder.objects.filter(key=key).first()
    if order is None:
        raise NotFound("order", order_id)
    return order


def _parcel(
    shop: Shop, key: str, kind: str, carrier: str, tracking: str, what: str, now: datetime, acting: Actor
) -> Parcel:
    if not carrier.strip():
        raise Refused("missing", _("Name the carrier."), "carrier")
    if not tracking.strip():
        raise Refused("missing", _("Give the tracking number."), "tracking")
    parcel = Parcel(
        id=new_id(),
        shop=shop,
        order_key=key,
        kind=kind,
        carrier=carrier.strip(),
        tracking=tracking.strip(),
        what=what,
        shipped_at=now,
        next_look_at=_next_look(carrier.strip(), now),
    )
    try:
        with transaction.atomic():
            parcel.save(force_insert=True)
    except IntegrityError:
        raise Refused("already_exists", _("This parcel was entered before."), "tracking") from None
    order_id = key.partition("/")[2]
    note_change(
        "order", id_of(order_id), before="", after=kind, now=now, person_id=acting.person_id, note=tracking
    )
    return parcel


def _next_look(carrier: str, now: datetime) -> datetime | None:
    return now + _LOOK_EVERY if carrier_named(carrier) is not None else None
