"""Reports of a shop: sales by month as they stand and as they were reported, and what a campaign came to."""

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from pinback.accounts.queries import shop_for, shop_named
from pinback.api.catalog import Limit
from pinback.api.funds import csv_response
from pinback.api.signing_in import actor_in
from pinback.catalog.queries import deals_of, on_sale
from pinback.insight import sales
from pinback.insight.campaign_report import CampaignReport, campaign_report
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.marketing.queries import campaign_for

router = Router(tags=["Reports"])

_MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
First = Annotated[
    str | None, Query(None, pattern=_MONTH, description="from this month on", example="2026-11")
]
Last = Annotated[str | None, Query(None, pattern=_MONTH, description="to this month", example="2026-11")]
Product = Annotated[str | None, Query(None, max_length=64, description="one product")]


class SoldRow(Schema):
    """A product in a month. Sold means received and not refunded; cash is that of the goods, in fen."""

    product: str
    title: str = Field(description="empty where the market has no such product")
    month: str = Field(description="of the shop's calendar", examples=["2026-11"])
    is_over: bool = Field(description="a month that is not over yet was reported as it stands")
    units: int = Field(description="as it stands now")
    units_reported: int = Field(description="as it was at the end of the month")
    cash_minor: int
    cash_reported_minor: int


class SalesList(Schema):
    """A page of sales."""

    items: list[SoldRow]
    next: str | None
    is_up_to_date: bool = Field(description="false: a large import is still being added up; ask again soon")


class CountersOut(Schema):
    """What a shop's page shows of it."""

    shop: str
    title: str
    completed_orders: int = Field(description="orders received and not fully refunded")
    products_on_sale: int


class VouchersOut(Schema):
    """The vouchers in one status."""

    status: Literal["available", "locked", "used", "frozen", "reclaimed", "expired"]
    number: int
    amount_minor: int


class LeftOn(Schema):
    """Vouchers left at the end of a local day."""

    day: date
    vouchers: int


class InsideOut(Schema):
    """The deals made while the campaign ran; cash in fen."""

    number: int
    refunded: int = Field(description="with at least 1 fen refunded")
    cash_minor: int
    refunded_minor: int
    earned: int = Field(description="that earned a voucher of it")
    lost_rebate: int = Field(description="of these, refunded so that the rebate ended")


class BroughtOut(Schema):
    """The deals inside beside what the same time would have had at the pace of the weeks before."""

    orders: int
    orders_before: int
    days_before: int = Field(description="0: there is nothing to compare with")
    expected: int
    extra: int


class FunnelOut(Schema):
    """From visits to orders while it ran."""

    visits: int
    groups: int
    orders: int
    groups_by_link: int
    orders_by_link: int


class CampaignReportOut(Schema):
    """What a campaign came to.

    The fee, once paid, is `not_issued` + `returned` + `outstanding` + `taken_back` + `expired` + `net_cost`.
    """

    campaign: str
    name: str
    status: Literal["draft", "scheduled", "running", "ended"]
    reason: Literal["exhausted", "stopped"] | None
    began_at: datetime | None
    ended_at: datetime | None = Field(description="of one that runs: now")
    fee_minor: int
    quantity: int
    issued: int
    not_issued_minor: int
    returned_minor: int
    outstanding_minor: int = Field(description="with buyers, not used yet")
    taken_back_minor: int
    expired_minor: int
    net_cost_minor: int = Field(description="used, less what came back of it")
    owed_minor: int = Field(description="of the net cost, what buyers owe")
    vouchers: list[VouchersOut]
    burn_down: list[LeftOn]
    orders: InsideOut
    brought: BroughtOut
    funnel: FunnelOut
    is_up_to_date: bool


@router.get("/shops/{shop}/counters", response=CountersOut, auth=None, summary="A shop's counters")
def counters(request: HttpRequest, shop: str) -> CountersOut:
    """Successful deals of a shop, and what it has on sale."""
    found = shop_named(shop)
    return CountersOut(
        shop=found.name,
        title=found.title,
        completed_orders=deals_of(found),
        products_on_sale=on_sale().filter(shop=found).count(),
    )


@router.get("/shops/{shop}/reports/sales", response=SalesList, summary="Sales by product and month")
def sales_by_month(
    request: HttpRequest,
    shop: str,
    limit: Limit,
    first: First,
    last: Last,
    product: Product,
    cursor: Annotated[str | None, Query(None, max_length=140, description="`next` of the page before")],
) -> SalesList:
    """As they stand now, and as they were reported when the month was over; the latest month first."""
    page = sales.sales_page(
        shop_for(actor_in(request), shop, "reports.read"),
        sales.Months(first, last, product),
        now=clock.now(),
        cursor=cursor,
        limit=limit,
    )
    return SalesList(
        items=[SoldRow(**row._asdict()) for row in page.rows],
        next=page.next_cursor,
        is_up_to_date=page.is_up_to_date,
    )


@router.get(
    "/shops/{shop}/reports/sales.csv",
    summary="Sales by product and month as CSV",
    openapi_extra={"responses": {200: {"description": "CSV", "content": {"text/csv": {}}}}},
)
def export_sales(
    request: HttpRequest, shop: str, first: First, last: Last, product: Product
) -> StreamingHttpResponse:
    """All of it, as it is read."""
    owner = shop_for(actor_in(request), shop, "reports.read")
    lines = sales.sales_csv(owner, sales.Months(first, last, product), now=clock.now())
    return csv_response(f"sales-{shop}.csv", lines)


@router.get(
    "/shops/{shop}/campaigns/{campaign}/report", response=CampaignReportOut, summary="What a campaign came to"
)
def report_of_campaign(request: HttpRequest, shop: str, campaign: str) -> CampaignReportOut:
    """Orders inside, refunded share, vouchers by state, burn-down, net cost, what it brought, the funnel."""
    found = campaign_for(actor_in(request), shop, campaign, "reports.read")
    return _report(public_id(found.pk), found.name, campaign_report(found, now=clock.now()))


def _report(campaign: str, name: str, report: CampaignReport) -> CampaignReportOut:
    figures = report.figures
    began_at, ended_at = report.window or (None, None)
    return CampaignReportOut(
        campaign=campaign,
        name=name,
        status=figures.status,
        reason=figures.reason,
        began_at=began_at,
        ended_at=ended_at,
        fee_minor=figures.fee_minor,
        quantity=figures.quantity,
        issued=figures.issued,
        not_issued_minor=figures.not_issued_minor,
        returned_minor=figures.returned_minor,
        outstanding_minor=figures.outstanding_minor,
        taken_back_minor=figures.taken_back_minor,
        expired_minor=figures.expired_minor,
        net_cost_minor=report.net_cost_minor,
        owed_minor=figures.owed_minor,
        vouchers=[
            VouchersOut(status=one.status, number=one.number, amount_minor=one.amount_minor)
            for one in figures.vouchers
        ],
        burn_down=[LeftOn(day=one.day, vouchers=one.vouchers) for one in figures.burn_down],
        orders=InsideOut(**report.orders._asdict()),
        brought=BroughtOut(**report.brought._asdict()),
        funnel=FunnelOut(**report.funnel._asdict()),
        is_up_to_date=report.is_up_to_date,
    )
