"""Compensation that a later refund is reduced by, so that no more goes out than was paid in (ADR 0047).

Settlement bounds a compensation by what was not refunded (section 10), but no refund by what was compensated.
Here the same bound holds whichever of the two came first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Sum

from pinback.accounts.models import Shop
from pinback.checkout.models import Deduction
from pinback.checkout.rules import deduction, deduction_from_bought_back
from pinback.kit.ids import take_ids
from pinback.kit.transactions import assert_open
from pinback.rules.decisions import RefundSettled
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.models import Voucher
from pinback.settlement.recording import lock_shops_within


class Deducted(NamedTuple):
    """So much less, as the order of a key of settlement was compensated before."""

    order_key: str
    amount_minor: int


def deductions_of(before: SettledOrder, settled: RefundSettled) -> Sequence[Deducted]:
    """What a refund is less by; `before` is its order as it was before it. None are 0."""
    own = deduction(
        left_minor=_left(before),
        compensated_minor=_standing(before),
        cash_minor=settled.cash,
        withheld_minor=settled.withheld,
    )
    found = [Deducted(before.key, own)]
    source = _source_of(before) if settled.bought_back else None
    if source is not None:
        more = deduction_from_bought_back(
            left_minor=_left(source),
            compensated_minor=_standing(source),
            bought_back_minor=settled.bought_back,
        )
        found.append(Deducted(source.key, more))
    return [one for one in found if one.amount_minor]


def _left(order: SettledOrder) -> int:
    return order.goods_left_minor + order.postage_left_minor


def _standing(order: SettledOrder) -> int:
    """What an order was compensated with and no refund was reduced by yet."""
    earlier = Deduction.objects.filter(order_key=order.key).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return order.compensated_minor - earlier


def _source_of(order: SettledOrder) -> SettledOrder | None:
    """The order that earned the voucher of an order, if its shop is one of the market."""
    voucher = Voucher.objects.filter(code=order.voucher_code).first()
    if voucher is None or not Shop.objects.filter(name=voucher.source_key.partition("/")[0]).exists():
        return None
    return SettledOrder.objects.filter(key=voucher.source_key).first()


def deduct_within(refund_key: str, deducted: Sequence[Deducted], *, now: datetime) -> None:
    """Note what a refund that was settled just now went out less by. With the row of its shop held."""
    assert_open()
    for one in deducted:
        name = one.order_key.partition("/")[0]
        lock_shops_within(name)
        last = SettledShop.objects.values_list("last_event_id", flat=True).get(name=name)
        Deduction(
            id=take_ids(1, after=last)[0],
            shop=Shop.objects.get(name=name),
            order_key=one.order_key,
            refund_key=refund_key,
            amount_minor=one.amount_minor,
            at=now,
        ).save(force_insert=True)


def deducted_from(refund_keys: Sequence[str]) -> Mapping[str, int]:
    """What refunds that are settled went out less by, by the key of the refund; of others nothing."""
    found = Deduction.objects.filter(refund_key__in=refund_keys).values("refund_key").order_by()
    return {row["refund_key"]: row["sum"] for row in found.annotate(sum=Sum("amount_minor"))}
