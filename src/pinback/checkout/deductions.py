"""Compensation that a later refund is reduced by, so that no more goes out for an order than was paid for it
(ADR 0047).

Settlement bounds a compensation by what was not refunded (section 10), but no refund by what was compensated.
Here the same bound holds whichever of the two came first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Sum

from pinback.checkout.models import Deduction, Order
from pinback.checkout.rules import deduction
from pinback.kit.ids import take_ids
from pinback.kit.transactions import assert_open
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Shop as SettledShop


def deduction_of(state: SettledOrder, *, cash_minor: int, withheld_minor: int) -> int:
    """What a refund of so much cash, of which so much is withheld, is less by; `state` is that before it."""
    earlier = Deduction.objects.filter(order_key=state.key).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return deduction(
        left_minor=state.goods_left_minor + state.postage_left_minor,
        compensated_minor=state.compensated_minor - earlier,
        cash_minor=cash_minor,
        withheld_minor=withheld_minor,
    )


def deduct_within(order: Order, refund_id: str, amount_minor: int, *, now: datetime) -> None:
    """Note what a refund that was settled just now went out less by. With the shop's row held."""
    assert_open()
    if amount_minor == 0:
        return
    last = SettledShop.objects.values_list("last_event_id", flat=True).get(name=order.shop.name)
    Deduction(
        id=take_ids(1, after=last)[0],
        shop=order.shop,
        order_key=order.key,
        refund_key=f"{order.shop.name}/{refund_id}",
        amount_minor=amount_minor,
        at=now,
    ).save(force_insert=True)


def deducted_from(refund_keys: Sequence[str]) -> Mapping[str, int]:
    """What refunds that are settled went out less by, by the key of the refund; of others nothing."""
    found = Deduction.objects.filter(refund_key__in=refund_keys)
    return dict(found.values_list("refund_key", "amount_minor"))
