"""Bonus hunters as evidence, never as a verdict (A10): what can be seen, with the orders it was seen in.

They gain nothing (section 1's law); the operator sees who tries: orders refunded after their rebate, several
accounts at one place or one device, who owes. Everything is read from what settlement and checkout keep.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, Window
from django.db.models.functions import DenseRank, RowNumber

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person
from pinback.accounts.queries import check_operator
from pinback.checkout.models import Order as MarketOrder
from pinback.kit.ids import id_of, public_id
from pinback.settlement.models import Debt, Order, Refund, Voucher

_LOST = Q(rebate="not_eligible", reason="refunded", earned_code__isnull=False)
"""Orders whose rebate was taken back with a refund. They are looked for among all orders, once for each
question: an index would name columns that change, and so cost PostgreSQL its quick updates of every order.
"""
_MOST_ORDERS = 20
_MOST_ACCOUNTS = 50


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
    lost = Order.objects.filter(_LOST)
    rows = list(
        lost.values("buyer")
        .annotate(lost=Count("id"))
        .filter(lost__gte=least)
        .order_by("-lost", "buyer")[:limit]
    )
    buyers = [row["buyer"] for row in rows]
    names, owed, of_buyers = _names(buyers), _owed(buyers), lost.filter(buyer__in=buyers)
    earned = dict(Voucher.objects.filter(buyer__in=buyers).values_list("buyer").annotate(n=Count("id")))
    taken = dict(
        Voucher.objects.filter(code__in=of_buyers.values("earned_code"))
        .values_list("buyer")
        .annotate(n=Sum("amount_minor"))
    )
    latest = _latest(of_buyers, "buyer")
    return [
        Buyer(
            buyer,
            names.get(buyer, ""),
            earned.get(buyer, 0),
            row["lost"],
            int(taken.get(buyer, 0)),
            owed.get(buyer, 0),
            latest.get(buyer, ()),
        )
        for buyer, row in zip(buyers, rows, strict=True)
    ]


def _latest(orders: QuerySet[Any], column: str) -> Mapping[str, Sequence[str]]:
    """The keys of the latest orders for each value of a column, in one question."""
    place = Window(RowNumber(), partition_by=[F(column)], order_by=F("id").desc())
    found: dict[str, list[str]] = {}
    numbered = orders.annotate(place=place).filter(place__lte=_MOST_ORDERS).order_by("-id")
    for value, key in numbered.values_list(column, "key"):
        found.setdefault(value, []).append(key)
    return found


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
    if not rows:
        return []
    marks = [row[column] for row in rows]
    orders = MarketOrder.objects.filter(**{f"{column}__in": marks})
    accounts, rebates, latest = _accounts(orders, column), _rebates(orders, column), _latest(orders, column)
    return [
        Shared(
            mark,
            accounts[mark],
            row["accounts"],
            row["orders"],
            *rebates[mark],
            latest[mark],
        )
        for mark, row in zip(marks, rows, strict=True)
    ]


def _accounts(orders: QuerySet[MarketOrder], column: str) -> Mapping[str, Sequence[str]]:
    """Who ordered, for each value of a column; public ids stand in the order of their numbers."""
    place = Window(DenseRank(), partition_by=[F(column)], order_by=F("buyer_id").asc())
    first = orders.annotate(place=place).filter(place__lte=_MOST_ACCOUNTS).order_by(column, "buyer_id")
    found: dict[str, list[str]] = {}
    for value, buyer in first.values_list(column, "buyer_id").distinct():
        found.setdefault(value, []).append(public_id(buyer))
    return found


def _rebates(orders: QuerySet[MarketOrder], column: str) -> Mapping[str, tuple[int, int]]:
    """How many orders earned a voucher, and how many lost it, for each value of a column."""
    mine = Order.objects.filter(key=OuterRef("key"))
    counted = orders.values(column).annotate(
        earned=Count("id", filter=Exists(mine.exclude(earned_code=None))),
        lost=Count("id", filter=Exists(mine.filter(_LOST))),
    )
    return {row[column]: (row["earned"], row["lost"]) for row in counted}


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
