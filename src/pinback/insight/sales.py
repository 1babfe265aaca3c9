"""Sales by product and month: as they stand now, and as they were reported when the month was over (S4).

The second column is what the report said at the end of the month's last day, by the instants of the events;
it is exact for imported history too, since it is folded from the log (ADR 0044). For a month that is not over
yet both are the same. Half-open local months; goods cash in fen, postage apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pinback.accounts.models import Shop
from pinback.catalog.models import Product
from pinback.insight.folding import catch_up
from pinback.insight.models import SoldInMonth
from pinback.kit.ids import id_of
from pinback.kit.paging import every_page
from pinback.kit.refusals import Refused
from pinback.marketing.funds import tables
from pinback.rules.instants import local_month
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.moments import instant_of

_PIECE = 500
_MOST_PRODUCTS = 1_000


class Sold(NamedTuple):
    """A product in a month. `title` is empty where the market has no such product."""

    product: str
    title: str
    month: str
    is_over: bool
    units: int
    units_reported: int
    cash_minor: int
    cash_reported_minor: int


class SalesPage(NamedTuple):
    """Some rows, the cursor of the next, and whether the log is folded to its end: if not, ask again soon."""

    rows: Sequence[Sold]
    next_cursor: str | None
    is_up_to_date: bool


class MonthTotal(NamedTuple):
    """All wanted products in a month, in both columns."""

    month: str
    units: int
    units_reported: int
    cash_minor: int
    cash_reported_minor: int


class Months(NamedTuple):
    """Which rows: from a month to a month, both included, `YYYY-MM`, and of one product."""

    first: str | None = None
    last: str | None = None
    product: str | None = None


def sales_page(
    shop: Shop, wanted: Months, *, now: datetime, cursor: str | None = None, limit: int = 50
) -> SalesPage:
    """A page of sales, the latest month first, products in the order of their ids. Raises Refused."""
    settled = SettledShop.objects.filter(name=shop.name).first()
    if settled is None:
        return SalesPage([], None, True)
    is_done = catch_up(settled)
    found = _rows(settled, wanted)
    if cursor:
        found = found.filter(_behind(cursor))
    rows = list(found.order_by("-month", "key")[: limit + 1])
    shown = rows[:limit]
    following = f"{shown[-1].month}/{shown[-1].key}" if len(rows) > limit else None
    return SalesPage(_sold(settled, shown, now), following, is_done)


def all_sales(shop: Shop, wanted: Months, *, now: datetime) -> Iterator[Sold]:
    """All rows, in pieces, for an export."""
    for page in every_page(lambda cursor: sales_page(shop, wanted, now=now, cursor=cursor, limit=_PIECE)):
        yield from page.rows


def month_totals(shop: Shop, wanted: Months) -> Sequence[MonthTotal]:
    """The wanted products together, by month, the earliest first; as far as the log is folded."""
    settled = SettledShop.objects.filter(name=shop.name).first()
    if settled is None:
        return []
    sums = (
        _rows(settled, wanted)
        .values("month")
        .annotate(
            sold=Sum("units"),
            cash=Sum("cash_minor"),
            later=Sum("later_units"),
            later_cash=Sum("later_cash_minor"),
        )
    )
    return [
        MonthTotal(
            row["month"],
            int(row["sold"] + row["later"]),
            int(row["sold"]),
            int(row["cash"] + row["later_cash"]),
            int(row["cash"]),
        )
        for row in sums.order_by("month")
    ]


def products_sold(shop: Shop) -> Sequence[tuple[str, str]]:
    """The products that were ever sold, each with its title, by title; at most a thousand."""
    settled = SettledShop.objects.filter(name=shop.name).first()
    if settled is None:
        return []
    keys = SoldInMonth.objects.filter(shop_id=settled.pk).values_list("key", flat=True).distinct()
    products = [key.partition("/")[2] for key in keys.order_by("key")[:_MOST_PRODUCTS]]
    titles = _titles(settled.name, products)
    return sorted(((one, titles.get(one) or one) for one in products), key=lambda row: row[1])


def sales_csv(shop: Shop, wanted: Months, *, now: datetime) -> Iterator[str]:
    """All wanted rows as a CSV file, line by line."""
    heads = [gettext("Month"), gettext("Product"), gettext("Title"), gettext("Units now")]
    heads += [
        gettext("Units at month's end"),
        gettext("Goods cash now"),
        gettext("Goods cash at month's end"),
    ]
    rows = (
        (
            row.month,
            row.product,
            row.title,
            row.units,
            row.units_reported,
            tables.Amount(row.cash_minor),
            tables.Amount(row.cash_reported_minor),
        )
        for row in all_sales(shop, wanted, now=now)
    )
    return tables.csv_lines(heads, rows)


def _rows(settled: SettledShop, wanted: Months) -> QuerySet[SoldInMonth]:
    found = SoldInMonth.objects.filter(shop_id=settled.pk)
    if wanted.first is not None:
        found = found.filter(month__gte=wanted.first)
    if wanted.last is not None:
        found = found.filter(month__lte=wanted.last)
    if wanted.product is not None:
        found = found.filter(key=f"{settled.name}/{wanted.product}")
    return found


def _sold(settled: SettledShop, rows: Sequence[SoldInMonth], now: datetime) -> Sequence[Sold]:
    this_month = local_month(instant_of(now), settled.timezone)
    products = [row.key.partition("/")[2] for row in rows]
    titles = _titles(settled.name, products)
    return [
        Sold(
            product,
            titles.get(product, ""),
            row.month,
            row.month < this_month,
            row.units + row.later_units,
            row.units,
            row.cash_minor + row.later_cash_minor,
            row.cash_minor,
        )
        for product, row in zip(products, rows, strict=True)
    ]


def _titles(shop: str, products: Sequence[str]) -> Mapping[str, str]:
    ids = {}
    for product in products:
        try:
            ids[id_of(product)] = product
        except ValueError:
            continue
    found = Product.objects.filter(pk__in=list(ids), shop__name=shop).values_list("pk", "title")
    return {ids[pk]: title for pk, title in found}


def _behind(cursor: str) -> Q:
    month, slash, key = cursor.partition("/")
    if not slash or len(month) != len("2026-11"):
        raise Refused("bad_cursor", _("This is no cursor of a page."), "cursor")
    return Q(month__lt=month) | Q(month=month, key__gt=key)
