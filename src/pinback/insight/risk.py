"""Bonus hunters as evidence, never as a verdict (A10): what can be seen, with the orders it was seen in.

They gain nothing (section 1's law); the operator sees who tries: orders refunded after their rebate, several
accounts at one place or one device, who owes. Everything is read from what settlement and checkout keep.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, Sum

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person
from pinback.accounts.queries import check_operator
from pinback.checkout.models import Order as MarketOrder
from pinback.kit.ids import id_of
from pinback.settlement.models import Debt, Order, Refund, Voucher

_MOST_ORDERS = 20
_MOST_ACCOUNTS = 50
_LOST = Q(rebate="not_eligible", reason="refunded")


class Buyer(NamedTuple):
    """Rebates of a buyer: `earned` by so many orders, of which `lost` were refunded so that the rebate ended.

    `owed_minor` is what they owe for vouchers they had used by then. `orders` are the latest lost ones, as
    `shop/order`.
    """

    buyer: str
    name: str
    earned: int
    lost: int
    lost_minor: int
    owed_minor: int
    orders: Sequence[str]


class Shared(NamedTuple):
    """Accounts that ordered to one place, or from one device (`mark` is its hash, or its name)."""

    mark: str
    accounts: Sequence[str]
    number_of_accounts: int
    orders: int
    earned: int
    lost: int
    latest_orders: Sequence[str]


class Debtor(NamedTuple):
    """What a buyer owes shops for vouchers that they used and whose orders were refunded."""

    buyer: str
    name: str
    amount_minor: int
    shops: int
    orders: Sequence[str]


class BuyersOrder(NamedTuple):
    """An order of a buyer with what it earned and what came back: one piece of the evidence."""

    order: str
    placed_at: int
    status: str
    rebate: str
    reason: str | None
    cash_minor: int
    refunded_minor: int
    earned: str | None
    used: str | None
    refunds: int
    place: str
    device: str


def loops(actor: Actor, *, least: int = 2, limit: int = 50) -> Sequence[Buyer]:
    """Buyers with at least so many orders refunded after their rebate, most first. Raises NotFound."""
    check_operator(actor)
    earned = Order.objects.exclude(earned_code=None)
    rows = list(
        earned.values("buyer")
        .annotate(earned=Count("id"), lost=Count("id", filter=_LOST))
        .filter(lost__gte=least)
        .order_by("-lost", "buyer")[:limit]
    )
    buyers = [row["buyer"] for row in rows]
    names, owed, lost = _names(buyers), _owed(buyers), _lost(buyers)
    return [
        Buyer(
            row["buyer"],
            names.get(row["buyer"], ""),
            row["earned"],
            row["lost"],
            sum(amount_minor for _key, amount_minor in lost[row["buyer"]]),
            owed.get(row["buyer"], 0),
            [key for key, _amount in lost[row["buyer"]][:_MOST_ORDERS]],
        )
        for row in rows
    ]


def _lost(buyers: Sequence[str]) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Of each buyer the lost orders, latest first, each with the amount of the voucher it had earned: looked
    up for all of them at once, as settlement finds no orders by their buyer without looking at all.
    """
    orders = Order.objects.exclude(earned_code=None).filter(_LOST, buyer__in=buyers)
    amounts = dict(
        Voucher.objects.filter(code__in=orders.values("earned_code")).values_list("code", "amount_minor")
    )
    lost: dict[str, list[tuple[str, int]]] = {buyer: [] for buyer in buyers}
    for buyer, key, code in orders.order_by("-id").values_list("buyer", "key", "earned_code"):
        lost[buyer].append((key, amounts[str(code)]))
    return lost


def places(actor: Actor, *, least: int = 2, limit: int = 50) -> Sequence[Shared]:
    """Places to which at least so many accounts had orders sent, most accounts first. Raises NotFound."""
    check_operator(actor)
    return _shared("place_hash", least, limit)


def devices(actor: Actor, *, least: int = 2, limit: int = 50) -> Sequence[Shared]:
    """Devices from which at least so many accounts ordered, most accounts first. Raises NotFound."""
    check_operator(actor)
    return _shared("device", least, limit)


def _shared(column: str, least: int, limit: int) -> Sequence[Shared]:
    rows = (
        MarketOrder.objects.exclude(**{column: ""})
        .values(column)
        .annotate(accounts=Count("buyer", distinct=True), orders=Count("id"), latest=Max("id"))
        .filter(accounts__gte=least)
        .order_by("-accounts", "-latest")[:limit]
    )
    return [_shared_row(column, row) for row in rows]


def _shared_row(column: str, row: Mapping[str, Any]) -> Shared:
    orders = MarketOrder.objects.filter(**{column: row[column]})
    rebates = Order.objects.filter(key__in=orders.values("key")).aggregate(
        earned=Count("id", filter=~Q(earned_code=None)),
        lost=Count("id", filter=Q(reason="refunded") & ~Q(earned_code=None)),
    )
    accounts = Order.objects.filter(key__in=orders.values("key")).order_by("buyer")
    return Shared(
        row[column],
        list(accounts.values_list("buyer", flat=True).distinct()[:_MOST_ACCOUNTS]),
        row["accounts"],
        row["orders"],
        rebates["earned"],
        rebates["lost"],
        list(orders.order_by("-id").values_list("key", flat=True)[:_MOST_ORDERS]),
    )


def debtors(actor: Actor, *, limit: int = 50) -> Sequence[Debtor]:
    """Who owes most, over all shops. Raises NotFound to everybody but the operator."""
    check_operator(actor)
    owed: dict[str, dict[str, int]] = {}
    rows = Debt.objects.filter(amount_minor__gt=0).values("debtor").annotate(amount=Sum("amount_minor"))
    for row in rows:
        shop, _slash, buyer = row["debtor"].partition("/")
        owed.setdefault(buyer, {})[shop] = int(row["amount"])
    most = sorted(owed, key=lambda buyer: (-sum(owed[buyer].values()), buyer))[:limit]
    names = _names(most)
    return [
        Debtor(
            buyer,
            names.get(buyer, ""),
            sum(owed[buyer].values()),
            len(owed[buyer]),
            _orders_owed_for([f"{shop}/{buyer}" for shop in owed[buyer]]),
        )
        for buyer in most
    ]


def _orders_owed_for(debts: Sequence[str]) -> Sequence[str]:
    codes = Debt.objects.filter(amount_minor__gt=0, debtor__in=debts).values("voucher_code")
    sources = Voucher.objects.filter(code__in=codes).order_by("-id")
    return list(sources.values_list("source_key", flat=True)[:_MOST_ORDERS])


def orders_of(actor: Actor, buyer: str, *, limit: int = 50) -> Sequence[BuyersOrder]:
    """The latest orders of a buyer in all shops. Raises NotFound to everybody but the operator."""
    check_operator(actor)
    orders = list(Order.objects.filter(buyer=buyer).order_by("-id")[:limit])
    keys = [order.key for order in orders]
    refunds = dict(
        Refund.objects.filter(order_key__in=keys, status="succeeded")
        .values_list("order_key")
        .annotate(n=Count("id"))
    )
    market: dict[str, Mapping[str, str]] = {
        row["key"]: {"place_hash": row["place_hash"], "device": row["device"]}
        for row in MarketOrder.objects.filter(key__in=keys).values("key", "place_hash", "device")
    }
    return [_buyers_order(order, refunds.get(order.key, 0), market.get(order.key, {})) for order in orders]


def _buyers_order(order: Order, refunds: int, market: Mapping[str, str]) -> BuyersOrder:
    paid = 0 if order.status in ("placed", "cancelled") else order.goods_minor + order.postage_minor
    left = order.goods_left_minor + order.postage_left_minor
    return BuyersOrder(
        order.key,
        order.placed_at,
        order.status,
        order.rebate,
        order.reason,
        paid,
        order.goods_minor + order.postage_minor - left,
        order.earned_code,
        order.voucher_code,
        refunds,
        market.get("place_hash", ""),
        market.get("device", ""),
    )


def _owed(buyers: Iterable[str]) -> Mapping[str, int]:
    """What buyers owe in all; a debtor is `shop/buyer`, so those that owe anything are looked through."""
    wanted: set[str] = set(buyers)
    owed: dict[str, int] = {}
    rows = Debt.objects.filter(amount_minor__gt=0).values_list("debtor", "amount_minor")
    for debtor, amount in rows:
        buyer = debtor.partition("/")[2]
        if buyer in wanted:
            owed[buyer] = owed.get(buyer, 0) + amount
    return owed


def _names(buyers: Iterable[str]) -> Mapping[str, str]:
    """The names of buyers that are people of the market, by buyer id."""
    ids = {}
    for buyer in buyers:
        try:
            ids[id_of(buyer)] = buyer
        except ValueError:
            continue
    return {ids[pk]: name for pk, name in Person.objects.filter(pk__in=list(ids)).values_list("pk", "name")}
