"""Reads a shop's report: a few aggregates over the tables of settlement, all at one moment.

No row is read for its own sake: the database adds up, so a report of a million orders takes about as long as
the database needs to look at them once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from django.db.models import Count, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Left

from pinback.insight.campaigns import campaign_figures, in_statuses
from pinback.insight.figures import (
    CampaignFigures,
    DebtFigures,
    Debtor,
    OrderFigures,
    OrdersInStatus,
    ProductFigures,
    RebateOutcome,
    RefundFigures,
    SalesMonth,
    ShopReport,
    ShopSummary,
    VouchersInStatus,
)
from pinback.insight.moment import one_moment
from pinback.insight.money import NEVER_PAID, OrderMoney, money_figures
from pinback.rules.instants import local_month
from pinback.settlement.models import Campaign, Debt, Order, ProductMonth, ProductSales, Refund, Shop

_TOP_PRODUCTS = 10
_LARGEST_DEBTS = 10
_ORDER_STATUSES = ("placed", "paid", "confirmed", "shipped", "received", "refunded", "cancelled")
_REBATES = (
    ("issued", None),
    ("pending", "refund_open"),
    ("not_eligible", "refunded"),
    ("not_eligible", "below_threshold"),
    ("not_eligible", "no_campaign"),
    ("not_eligible", "buyer_in_debt"),
    ("none", None),
)


class UnknownShop(Exception):
    """There is no shop of that name in the database."""

    def __init__(self, shop: str) -> None:
        super().__init__(shop)
        self.shop = shop


def shops(*, using: str = "default", start: int = 0, most: int | None = None) -> list[ShopSummary]:
    """The shops in the order of their names, from the `start`th on, at most so many."""
    stop = None if most is None else start + most
    rows = Shop.objects.using(using).order_by("name")[start:stop]
    with one_moment(using):
        return [
            ShopSummary(
                shop=shop.name,
                timezone=shop.timezone,
                latest_at=_moment(shop.latest_at),
                orders=getattr(shop, "orders"),  # noqa: B009 - annotated
                completed_orders=shop.completed_orders,
                campaigns=getattr(shop, "campaigns"),  # noqa: B009 - annotated
            )
            for shop in rows.annotate(orders=_number_of(Order), campaigns=_number_of(Campaign))
        ]


def shop_report(shop: str, *, using: str = "default") -> ShopReport:
    """The report of a shop; amounts in minor units, sections 2 to 8. Raises UnknownShop."""
    with one_moment(using):
        row = Shop.objects.using(using).filter(name=shop).first()
        if row is None:
            raise UnknownShop(shop)
        latest_at = Shop.objects.using(using).aggregate(latest=Max("latest_at"))["latest"] or 0
        groups = _order_groups(row, using)
        campaigns = campaign_figures(row, latest_at, using)
        this_month = local_month(latest_at, row.timezone)
        return ShopReport(
            shop=row.name,
            timezone=row.timezone,
            latest_at=_moment(latest_at or None),
            orders=_orders(groups, row.completed_orders),
            refunds=_refunds(row, using),
            rebates=_rebates(groups),
            vouchers=_vouchers(campaigns),
            campaigns=campaigns,
            months=_months(row, groups, this_month, using),
            products=_products(row, this_month, using),
            products_sold=ProductSales.objects.using(using).filter(shop=row, units__gt=0).count(),
            money=money_figures(row, _order_money(groups), using),
            debts=_debts(row, using),
        )


@dataclass(frozen=True)
class _OrderGroup:
    """The orders of a shop that are alike in status, rebate and month of receipt, added up."""

    status: str
    rebate: str
    reason: str | None
    received_month: str | None
    number: int
    refunded: int
    goods: int
    goods_left: int
    postage: int
    postage_left: int
    payout: int
    compensated: int
    held: int

    @property
    def cash(self) -> int:
        return 0 if self.status in NEVER_PAID else self.goods + self.postage

    @property
    def kept(self) -> int:
        return self.goods_left + self.postage_left


def _order_groups(shop: Shop, using: str) -> list[_OrderGroup]:
    grouped = (
        Order.objects.using(using)
        .filter(shop=shop)
        .values("status", "rebate", "reason", "received_month")
        .annotate(
            number=Count("id"),
            refunded=Count("id", filter=Q(goods_left_minor__lt=F("goods_minor")) | Q(postage_left_minor__lt=F("postage_minor"))),
            goods=Sum("goods_minor"),
            goods_left=Sum("goods_left_minor"),
            postage=Sum("postage_minor"),
            postage_left=Sum("postage_left_minor"),
            payout=Sum("payout_minor"),
            compensated=Sum("compensated_minor"),
            held=Sum("balance_minor"),
        )
    )
    return [_OrderGroup(**{name: value if isinstance(value, str | None) else int(value) for name, value in row.items()}) for row in grouped]
