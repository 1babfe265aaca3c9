"""Reads a shop's report: a few aggregates over the tables of settlement, all at one moment.

No row is read for its own sake: the database adds up, so a report of a million orders takes about as long as
the database needs to look at them twice.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, IntegerField, Max, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from pinback.insight.campaigns import campaign_figures, in_statuses
from pinback.insight.figures import (
    CampaignFigures,
    DebtFigures,
    Debtor,
    ProductFigures,
    RefundFigures,
    ShopReport,
    ShopSummary,
    VouchersInStatus,
)
from pinback.insight.money import money_figures
from pinback.insight.orders import order_totals, sales_months
from pinback.rules.instants import local_month
from pinback.settlement.models import Campaign, Debt, Order, ProductMonth, ProductSales, Refund, Shop
from pinback.settlement.moment import one_moment

_TOP_PRODUCTS = 10
_LARGEST_DEBTS = 10


class UnknownShop(Exception):
    """There is no shop of that name in the database."""

    def __init__(self, shop: str) -> None:
        super().__init__(shop)
        self.shop = shop


def number_of_shops(*, using: str = "default") -> int:
    """How many shops there are."""
    return Shop.objects.using(using).count()


def shops(*, using: str = "default", start: int = 0, most: int | None = None) -> list[ShopSummary]:
    """The shops in the order of their names, from the `start`th on, at most so many."""
    stop = None if most is None else start + most
    rows = (
        Shop.objects.using(using)
        .order_by("name")
        .values("name", "timezone", "latest_at", "completed_orders")
        .annotate(orders=_number_of(Order), campaigns=_number_of(Campaign))
    )
    with one_moment(using):
        return [
            ShopSummary(
                shop=row["name"],
                timezone=row["timezone"],
                latest_at=_moment(row["latest_at"]),
                orders=row["orders"],
                completed_orders=row["completed_orders"],
                campaigns=row["campaigns"],
            )
            for row in rows[start:stop]
        ]


def shop_report(shop: str, *, using: str = "default") -> ShopReport:
    """The report of a shop; amounts in minor units, sections 2 to 8. Raises UnknownShop."""
    with one_moment(using):
        row = Shop.objects.using(using).filter(name=shop).first()
        if row is None:
            raise UnknownShop(shop)
        latest_at = Shop.objects.using(using).aggregate(latest=Max("latest_at"))["latest"]
        this_month = local_month(latest_at or 0, row.timezone)
        totals = order_totals(row, using)
        refunds = _refunds(row, using)
        campaigns = campaign_figures(row, latest_at or 0, using)
        return ShopReport(
            shop=row.name,
            timezone=row.timezone,
            latest_at=_moment(latest_at),
            orders=totals.figures,
            refunds=refunds,
            rebates=totals.rebates,
            vouchers=_vouchers(campaigns),
            campaigns=campaigns,
            months=sales_months(row, this_month, using),
            products=_products(row, this_month, using),
            products_sold=ProductSales.objects.using(using).filter(shop=row, units__gt=0).count(),
            money=money_figures(row, totals.money, refunds.withheld_minor, using),
            debts=_debts(row, using),
        )


def _moment(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _number_of(model: type[Order] | type[Campaign]) -> Coalesce:
    of_shop = model.objects.filter(shop=OuterRef("pk")).order_by().values("shop")
    number = of_shop.annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), Value(0))


def _refunds(shop: Shop, using: str) -> RefundFigures:
    grouped = (
        Refund.objects.using(using)
        .filter(shop=shop)
        .values("status")
        .annotate(
            number=Count("id"),
            cash=Sum("cash_minor"),
            withheld=Sum("withheld_minor"),
            bought_back=Sum("bought_back_minor"),
            taken_back=Sum("taken_back_minor"),
        )
    )
    by_status: dict[str, Any] = {row["status"]: row for row in grouped}
    number = {status: row["number"] for status, row in by_status.items()}
    # Only one that succeeded came to anything.
    came_to = by_status.get("succeeded", {})
    return RefundFigures(
        open=number.get("open", 0),
        closed=number.get("closed", 0),
        succeeded=number.get("succeeded", 0),
        cash_minor=int(came_to.get("cash", 0)),
        withheld_minor=int(came_to.get("withheld", 0)),
        bought_back_minor=int(came_to.get("bought_back", 0)),
        taken_back_minor=int(came_to.get("taken_back", 0)),
    )


def _vouchers(campaigns: tuple[CampaignFigures, ...]) -> tuple[VouchersInStatus, ...]:
    """The vouchers of all campaigns together."""
    numbers: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for campaign in campaigns:
        for figure in campaign.vouchers:
            numbers[figure.status] += figure.number
            amounts[figure.status] += figure.amount_minor
    return in_statuses(numbers, amounts)


def _products(shop: Shop, this_month: str, using: str) -> tuple[ProductFigures, ...]:
    """The products of which most units were sold."""
    sold = ProductSales.objects.using(using).filter(shop=shop, units__gt=0).order_by("-units", "key")
    totals = dict(sold.values_list("key", "units")[:_TOP_PRODUCTS])
    months = ProductMonth.objects.using(using).filter(key__in=list(totals), month=this_month)
    now = dict(months.values_list("key", "units"))
    return tuple(
        ProductFigures(
            product=key.removeprefix(f"{shop.name}/"), units=units, units_this_month=now.get(key, 0)
        )
        for key, units in totals.items()
    )


def _debts(shop: Shop, using: str) -> DebtFigures:
    owed = Debt.objects.using(using).filter(shop=shop, amount_minor__gt=0)
    total = owed.aggregate(buyers=Count("debtor", distinct=True), amount=Sum("amount_minor"))
    by_buyer = owed.values("debtor").annotate(amount=Sum("amount_minor"))
    largest = by_buyer.order_by("-amount", "debtor")[:_LARGEST_DEBTS]
    prefix = f"{shop.name}/"
    return DebtFigures(
        buyers=total["buyers"],
        amount_minor=int(total["amount"] or 0),
        largest=tuple(Debtor(row["debtor"].removeprefix(prefix), int(row["amount"])) for row in largest),
    )
