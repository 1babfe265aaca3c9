"""Placing an order: settled, stock taken, written down, in one transaction, with prices from the catalog
alone.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from msgspec import UNSET

from pinback.accounts.actors import Actor
from pinback.catalog.queries import product_on_sale
from pinback.catalog.stock import reserve_within
from pinback.checkout.actions.quoting import Prepared, prepare_wish, refusal_of
from pinback.checkout.models import Item, Order
from pinback.checkout.settling import settle_within
from pinback.checkout.wishes import NOTHING_NOTED, Circumstances, Destination, Wish
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import Refused
from pinback.kit.rows import insert
from pinback.kit.transactions import durable
from pinback.settlement.recording import lock_shops_within


class Placing(NamedTuple):
    """The order that a form led to; `is_new`: it was placed just now."""

    order: Order
    is_new: bool


@durable
def place_once(
    wish: Wish, destination: Destination, circumstances: Circumstances, *, acting: Actor, now: datetime
) -> Placing:
    """As `place`, from a form with a name (`circumstances.form`): sent again, it leads to the order that it
    placed, whatever is typed into it by then, until that one is closed.
    """
    # Who sends a form twice at once waits here for the first.
    lock_shops_within(product_on_sale(wish.product).shop.name)
    sent = Order.objects.filter(buyer_id=acting.person_id, form=circumstances.form, closed_at=None)
    first = sent.exclude(form="").first()
    if first is not None:
        return Placing(first, is_new=False)
    return Placing(place(wish, destination, circumstances, acting=acting, now=now), is_new=True)


@durable
def place(
    wish: Wish,
    destination: Destination,
    circumstances: Circumstances = NOTHING_NOTED,
    *,
    acting: Actor,
    now: datetime,
) -> Order:
    """Place an order; it is to be paid within `PINBACK_PAY_MINUTES`, and holds its stock and voucher until
    then.

    Raises NotFound, Refused (`voucher_unavailable`, `voucher_too_large`, …), Conflict (`out_of_stock`, …).
    """
    if acting.is_key:
        raise Refused("person_needed", _("A key of a shop buys nothing."))
    order_id = new_id()
    prepared = prepare_wish(wish, order_id, acting=acting, now=now)
    # The shop's row first, then the stock: everybody takes them in this order.
    try:
        settle_within(prepared.event, now=now)
    except Refused as refused:
        raise refusal_of(refused.refusal.code, refused.refusal.detail) from None
    reserve_within(prepared.wanted)
    return _written(order_id, prepared, wish, destination, circumstances, acting, now)


def _written(
    order_id: int,
    prepared: Prepared,
    wish: Wish,
    destination: Destination,
    circumstances: Circumstances,
    acting: Actor,
    now: datetime,
) -> Order:
    order = Order(
        id=order_id,
        shop=prepared.product.shop,
        key=prepared.event.order_key,
        buyer_id=acting.person_id,
        product=prepared.product,
        kind=wish.kind,
        wanted_group_id=prepared.group_id,
        if_full=wish.if_full,
        recipient=destination.recipient,
        phone=destination.phone,
        region=destination.region,
        street=destination.street,
        note=circumstances.note,
        place_hash=destination.place_hash,
        device=circumstances.device,
        client_address=circumstances.client_address,
        link_id=circumstances.link_id,
        form=circumstances.form,
        placed_at=now,
        pay_until=now + timedelta(minutes=settings.PINBACK_PAY_MINUTES),
    )
    insert(order)
    title = prepared.product.title
    for number, (sku, quantity) in enumerate(prepared.wanted, start=1):
        insert(
            Item(
                id=new_id(),
                shop_id=order.shop_id,
                order=order,
                number=number,
                sku=sku,
                title=f"{title} {sku.name}"[:200],
                quantity=quantity,
                units_held=quantity,
            )
        )
    voucher = prepared.event.voucher
    note_change(
        "order",
        order_id,
        before="",
        after="open",
        now=now,
        person_id=acting.person_id,
        note="" if voucher is UNSET else f"voucher {voucher}",
    )
    return order
