"""Sales by product and month: as they stand now, and as they were reported at the month's end."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.api.funds import csv_response
from pinback.insight import sales
from pinback.kit import clock, formats
from pinback.web.access import for_shop
from pinback.web.engine.shop_page import Chart
from pinback.web.seller.money_forms import SalesFilter

_MOST_MONTHS = 36
"""So many are drawn; the table has all."""


@require_safe
@for_shop("reports.read")
def reports(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """The wanted rows, the latest month first, with both columns and a chart of both."""
    form = SalesFilter(sales.products_sold(shop), request.GET)
    wanted = form.months()
    page = sales.sales_page(shop, wanted, now=clock.now(), cursor=request.GET.get("cursor"), limit=50)
    totals = sales.month_totals(shop, wanted)
    context = {
        "place": "reports",
        "shop": shop,
        "form": form,
        "page": page,
        "next_cursor": page.next_cursor,
        "totals": {total.month: total for total in totals},
        "units_chart": _chart("chart-units", _("Units sold"), totals, "units"),
        "cash_chart": _chart("chart-cash", _("Goods cash"), totals, "cash"),
        "is_filtered": any(wanted),
    }
    return render(request, "seller/reports/sales.html", context)


@require_safe
@for_shop("reports.read")
def export(request: HttpRequest, *, shop: Shop, acting: Actor) -> StreamingHttpResponse:
    """Exactly what the page shows, all pages of it, as CSV."""
    form = SalesFilter(sales.products_sold(shop), request.GET)
    return csv_response(f"sales-{shop.name}.csv", sales.sales_csv(shop, form.months(), now=clock.now()))


def _chart(id_: str, name: str, totals: Sequence[sales.MonthTotal], figure: str) -> Chart:
    locale = formats.locale_of(get_language() or "en")
    drawn = totals[-_MOST_MONTHS:]
    is_cash = figure == "cash"
    now, then = ("cash_minor", "cash_reported_minor") if is_cash else ("units", "units_reported")
    data: dict[str, Any] = {
        "type": "bar",
        "description": _("{figure} by month of receipt: as it stands now, and as it was reported.").format(
            figure=name
        ),
        "categories": [formats.format_month(total.month, locale) for total in drawn],
        "series": [
            {"name": _("As reported"), "values": [getattr(one, then) for one in drawn], "colour": "quiet"},
            {"name": _("As it stands"), "values": [getattr(one, now) for one in drawn], "colour": "sales"},
        ],
    }
    if is_cash:
        currency = settings.PINBACK_CURRENCY
        data["format"] = {"currency": currency, "minor_digits": formats.minor_digits(currency)}
    return Chart(id_, data)
