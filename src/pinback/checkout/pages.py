"""What a product's page and an order's page show, put together once, for the API and for pages alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from pinback.catalog.models import Picture, Product, Sku
from pinback.catalog.queries import (
    Offer,
    Sold,
    deals_of,
    pictures_of,
    running_offers,
    skus_of,
    sold_of,
)
from pinback.checkout.deductions import deducted_from
from pinback.checkout.models import Item, Order
from pinback.checkout.queries import items_of, states_of
from pinback.checkout.rules import NextStep, next_step
from pinback.groups.models import Group
from pinback.groups.queries import groups_of_orders, groups_with_seats
from pinback.kit.prepared import Prepared
from pinback.payments.models import MoneyOut
from pinback.settlement.models import Line, Refund, Voucher
from pinback.settlement.models import Order as SettledOrder

MoneyWord = Literal["none", "on_its_way", "arrived", "delayed"]


class ProductPage(NamedTuple):
    """All that is shown of a product; `skus` are those that are offered."""

    product: Product
    skus: Sequence[Sku]
    pictures: Sequence[Picture]
    groups: Sequence[Group]
    sold: Sold
    offers: Sequence[Offer]
    deals: int


def product_page(product: Product, *, now: datetime) -> ProductPage:
    """The page of a product that a buyer sees (`catalog.queries.product_on_sale`)."""
    return ProductPage(
        product,
        [sku for sku in skus_of([product])[product.pk] if sku.is_offered],
        pictures_of([product])[product.pk],
        groups_with_seats(product.pk, now=now),
        sold_of([product], now=now)[product.pk],
        running_offers(product.shop, now=now),
        deals_of(product.shop),
    )


class RefundShown(NamedTuple):
    """A refund: settlement's status of it and what it came to, and where its money is. Amounts in fen.

    `deducted_minor` is compensation paid before, which went off what is paid out (ADR 0047).
    """

    id: str
    status: str
    cash_minor: int
    withheld_minor: int
    bought_back_minor: int
    deducted_minor: int
    payout_minor: int
    taken_back_minor: int
    money: MoneyWord


class OrderPage(NamedTuple):
    """All that is shown of an order: `state` has status and amounts, `cash_minor` is what was or is to be
    paid.
    """

    order: Order
    state: SettledOrder
    items: Sequence[Item]
    lines: Sequence[Line]
    group: Group | None
    step: NextStep
    refunds: Sequence[RefundShown]
    earned: Voucher | None
    voucher_minor: int
    cash_minor: int

    @property
    def price_minor(self) -> int:
        """What the goods cost before a voucher paid a part of it: less that, plus postage, it is the cash."""
        return self.state.goods_minor + self.voucher_minor


def order_pages(orders: Sequence[Order]) -> Sequence[OrderPage]:
    """The pages of orders, in a few queries however many they are."""
    states = states_of(orders)
    items = items_of(orders)
    lines = _lines_of(states)
    # Until it is paid an order has no seat in a group and no refund.
    paid = [key for key, state in states.items() if state.status != "placed"]
    groups = groups_of_orders(paid) if paid else {}
    refunds = _refunds_of(paid) if paid else {}
    codes = [state.earned_code for state in states.values() if state.earned_code]
    earned = {voucher.code: voucher for voucher in _vouchers.all(codes=codes)} if codes else {}
    return [
        _page(
            order,
            states[order.key],
            items[order.pk],
            lines[order.key],
            groups.get(order.key),
            refunds.get(order.key, []),
            earned,
        )
        for order in orders
    ]


def order_page(order: Order) -> OrderPage:
    """The page of one order (`queries.order_for`)."""
    return order_pages([order])[0]


def _page(
    order: Order,
    state: SettledOrder,
    items: Sequence[Item],
    lines: Sequence[Line],
    group: Group | None,
    refunds: Sequence[RefundShown],
    earned: Mapping[str, Voucher],
) -> OrderPage:
    is_under_way = any(refund.money in ("on_its_way", "delayed") for refund in refunds)
    return OrderPage(
        order,
        state,
        items,
        lines,
        group,
        next_step(state.status, is_refund_under_way=is_under_way),
        refunds,
        earned.get(state.earned_code) if state.earned_code else None,
        sum(line.voucher_minor for line in lines),
        state.goods_minor + state.postage_minor,
    )


_lines = Prepared(lambda ids: Line.objects.filter(order_id__in=ids).order_by("order_id", "number"))
_refunds = Prepared(lambda keys: Refund.objects.filter(order_key__in=keys).order_by("id"))


_vouchers = Prepared(lambda codes: Voucher.objects.filter(code__in=codes))


def _lines_of(states: Mapping[str, SettledOrder]) -> Mapping[str, Sequence[Line]]:
    keys = {state.pk: key for key, state in states.items()}
    found: dict[str, list[Line]] = {key: [] for key in states}
    for line in _lines.all(ids=list(keys)):
        found[keys[line.order_id]].append(line)
    return found


def _refunds_of(order_keys: list[str]) -> Mapping[str, Sequence[RefundShown]]:
    rows = _refunds.all(keys=order_keys)
    if not rows:
        return {}
    keys = [row.key for row in rows]
    money = _money_of(keys)
    deducted = deducted_from(keys)
    found: dict[str, list[RefundShown]] = {}
    for row in rows:
        found.setdefault(row.order_key, []).append(
            RefundShown(
                row.key.partition("/")[2],
                row.status,
                row.cash_minor,
                row.withheld_minor,
                row.bought_back_minor,
                deducted.get(row.key, 0),
                row.cash_minor - row.withheld_minor + row.bought_back_minor - deducted.get(row.key, 0),
                row.taken_back_minor,
                money.get(row.key, "none"),
            )
        )
    return found


def _money_of(refund_keys: Sequence[str]) -> Mapping[str, MoneyWord]:
    """Where the money of refunds is: what the provider confirmed has arrived, what it refused is delayed."""
    words: dict[str, MoneyWord] = {}
    for subject, status, told_at in MoneyOut.objects.filter(
        purpose="refund", subject__in=refund_keys
    ).values_list("subject", "status", "told_at"):
        if status in ("failed", "bounced"):
            words[subject] = "delayed"
        else:
            words[subject] = "arrived" if told_at is not None else "on_its_way"
    return words
