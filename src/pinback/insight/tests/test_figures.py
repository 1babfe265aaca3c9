"""The figures of two small stories, written out by hand."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from pinback.insight.document import document
from pinback.insight.figures import (
    Account,
    DebtFigures,
    Debtor,
    Flow,
    ProductFigures,
    RebateOutcome,
    RefundFigures,
    Remaining,
    SalesMonth,
    VouchersInStatus,
)
from pinback.insight.queries import shop_report
from tests.support.settling import settle_stream

Lines = list[tuple[str, int, int]]


class Told:
    """A story as it is told, event by event."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, at: str, kind: str, shop: str = "S", **fields: Any) -> None:
        self.events.append(
            {"id": str(len(self.events)), "type": kind, "at": f"{at}Z", "shop": shop, **fields}
        )

    def order(self, at: str, order: str, buyer: str, lines: Lines, *, shop: str = "S", **more: Any) -> None:
        """An order is placed."""
        listed = [{"product": name, "quantity": number, "unit_price": price} for name, number, price in lines]
        self(at, "order.placed", shop, order=order, buyer=buyer, lines=listed, **more)

    def settle(self, using: str) -> None:
        """Settle it, and make sure that all of it was applied."""
        stream = "\n".join(map(json.dumps, self.events)).encode()
        decisions, _ = settle_stream(stream, using=using, batch=7)
        assert not [line for line in decisions if b"event.refused" in line]


def _campaign(told: Told) -> None:
    """Spend 10.00, get 1.00, ten times: it starts on 11 November, 0:00 in Shanghai."""
    told("2026-11-10T04:00:00", "campaign.created", campaign="C", threshold=1000, rebate=100, quantity=10)
    told("2026-11-10T04:00:00", "campaign.funded", campaign="C", amount=1000, method="wechat")


def _seven_orders() -> Told:
    told = Told()
    _campaign(told)
    told.order("2026-11-11T01:00:00", "o1", "a", [("tea", 2, 600)], postage=50)
    told.order("2026-11-11T01:00:00", "o2", "b", [("cup", 1, 1500)])
    for order, amount in (("o1", 1250), ("o2", 1500)):
        told("2026-11-11T02:00:00", "order.paid", order=order, amount=amount)
        told("2026-11-11T02:00:00", "order.confirmed", order=order)
        told("2026-11-11T03:00:00", "order.received", order=order)
    told.order("2026-11-12T01:00:00", "o3", "a", [("tea", 1, 700)], voucher="S/C/1")
    told("2026-11-12T01:00:00", "order.paid", order="o3", amount=600)
    told("2026-11-12T01:00:00", "order.confirmed", order="o3")
    told.order("2026-11-12T02:00:00", "o4", "c", [("tea", 1, 300)])
    told("2026-11-12T02:00:00", "order.paid", order="o4", amount=300)
    told.order("2026-11-12T02:00:00", "o5", "c", [("tea", 1, 200)])
    told.order("2026-11-12T02:00:00", "o6", "c", [("tea", 1, 400)])
    told("2026-11-12T02:00:00", "order.cancelled", order="o6")
    told.order("2026-11-13T02:00:00", "o7", "d", [("tea", 1, 1000)])
    told("2026-11-13T02:00:00", "order.paid", order="o7", amount=1000)
    told("2026-11-13T02:00:00", "order.confirmed", order="o7")
    # The voucher of o1 was used for o3, so its 100 are withheld from the 600 that are refunded.
    told(
        "2026-11-14T02:00:00", "refund.succeeded", order="o1", refund="r1", lines=[{"line": 1, "quantity": 1}]
    )
    told("2026-11-14T02:00:00", "refund.requested", order="o2", refund="r2")
    # 0:30 on 1 December in Shanghai.
    told("2026-11-30T16:30:00", "order.received", order="o3")
    told("2026-11-30T16:40:00", "compensation.paid", order="o3", amount=20)
    return told


def test_orders_and_refunds(database: str) -> None:
    _seven_orders().settle(database)
    report = shop_report("S", using=database)
    assert report.timezone == "Asia/Shanghai"
    assert report.latest_at == datetime(2026, 11, 30, 16, 40, tzinfo=UTC)
    by_status = {s.status: (s.number, s.cash_minor, s.refunded_minor) for s in report.orders.by_status}
    assert by_status == {
        "placed": (1, 0, 0),
        "paid": (1, 300, 0),
        "confirmed": (1, 1000, 0),
        "shipped": (0, 0, 0),
        "received": (3, 1250 + 1500 + 600, 600),
        "refunded": (0, 0, 0),
        "cancelled": (1, 0, 0),
    }
    assert (report.orders.number, report.orders.paid, report.orders.completed) == (7, 5, 3)
    assert report.orders.refunded_share == Fraction(1, 5)
    assert report.orders.refunded_cash_share == Fraction(600, 4650)
    assert report.refunds == RefundFigures(
        open=1,
        closed=0,
        succeeded=1,
        cash_minor=600,
        withheld_minor=100,
        bought_back_minor=0,
        taken_back_minor=0,
    )
    assert report.refunds.payout_minor == 500


def test_rebates_vouchers_and_campaigns(database: str) -> None:
    _seven_orders().settle(database)
    report = shop_report("S", using=database)
    assert [outcome for outcome in report.rebates if outcome.orders] == [
        RebateOutcome(rebate="issued", reason=None, orders=2, goods_minor=1500 + 1000),
        RebateOutcome(rebate="not_eligible", reason="below_threshold", orders=1, goods_minor=600),
        RebateOutcome(rebate="not_eligible", reason="refunded", orders=1, goods_minor=600),
        RebateOutcome(rebate="none", reason=None, orders=3, goods_minor=300),
    ]
    assert [figure for figure in report.vouchers if figure.number] == [
        VouchersInStatus(status="available", number=1, amount_minor=100),
        VouchersInStatus(status="used", number=1, amount_minor=100),
        VouchersInStatus(status="frozen", number=1, amount_minor=100),
    ]
    (campaign,) = report.campaigns
    assert (campaign.status, campaign.reason, campaign.valid_days) == ("running", None, 15)
    assert campaign.starts_at == datetime(2026, 11, 10, 16, tzinfo=UTC)
    assert (campaign.fee_minor, campaign.issued, campaign.left, campaign.issued_minor) == (1000, 3, 7, 300)
    assert (campaign.not_issued_minor, campaign.outstanding_minor, campaign.taken_back_minor) == (
        700,
        200,
        100,
    )
    assert (campaign.returned_minor, campaign.expired_minor, campaign.spent_minor) == (0, 0, 0)
    days = {remaining.day: remaining.vouchers for remaining in campaign.burn_down}
    assert len(days) == 21
    assert [days[date(2026, 11, day)] for day in (11, 12, 13, 14)] == [8, 8, 7, 7]
    assert campaign.burn_down[-1] == Remaining(date(2026, 12, 1), 7)


def test_sales_and_money(database: str) -> None:
    _seven_orders().settle(database)
    report = shop_report("S", using=database)
    assert report.months == (
        SalesMonth(month="2026-11", units=2, orders=2, cash_minor=1250 - 600 + 1500),
        SalesMonth(month="2026-12", units=1, orders=1, cash_minor=600),
    )
    assert report.products == (
        ProductFigures(product="tea", units=2, units_this_month=1),
        ProductFigures(product="cup", units=1, units_this_month=0),
    )
    assert report.products_sold == 2
    assert report.money.accounts == (
        Account("marketing", 100),
        Account("sales", (1250 - 600) + 1500 + (600 + 100 - 20)),
        Account("campaigns", 700),
        Account("vouchers", 200),
        Account("orders", 300 + 1000),
        Account("other_shops", 0),
        Account("external", -(1000 + 4650 - 500 - 20)),
    )
    assert report.money.flows == (
        Flow("fees_paid", 1000),
        Flow("orders_paid", 4650),
        Flow("debts_paid", 0),
        Flow("refunds_paid_out", -500),
        Flow("compensations", -20),
    )
    assert (report.money.sum_minor, report.money.net_minor) == (0, 5130)
    assert report.debts == DebtFigures(buyers=0, amount_minor=0, largest=())


def test_a_voucher_used_in_another_shop_and_its_debt(database: str) -> None:
    told = Told()
    _campaign(told)
    told.order("2026-11-11T01:00:00", "o1", "a", [("tea", 1, 1000)])
    told("2026-11-11T01:00:00", "order.paid", order="o1", amount=1000)
    told("2026-11-11T01:00:00", "order.confirmed", order="o1")
    told.order("2026-11-11T02:00:00", "x", "a", [("ink", 1, 700)], shop="T", voucher="S/C/1")
    told("2026-11-11T02:00:00", "order.paid", "T", order="x", amount=600)
    # Of the 100 of the voucher, 40 are withheld, 60 are owed, 25 of them are paid.
    told("2026-11-11T03:00:00", "refund.succeeded", order="o1", refund="r1", amount=40)
    told("2026-11-11T04:00:00", "debt.paid", buyer="a", amount=25)
    told.settle(database)
    funding, using = shop_report("S", using=database), shop_report("T", using=database)
    assert funding.debts == DebtFigures(buyers=1, amount_minor=35, largest=(Debtor("a", 35),))
    (campaign,) = funding.campaigns
    assert (campaign.taken_back_minor, campaign.spent_minor, campaign.owed_minor) == (65, 35, 35)
    assert funding.money.accounts == (
        Account("marketing", 65),
        Account("sales", 0),
        Account("campaigns", 900),
        Account("vouchers", 0),
        Account("orders", 960),
        Account("other_shops", 100),
        Account("external", -(1000 + 1000 + 25)),
    )
    assert {flow.flow: flow.amount_minor for flow in funding.money.flows}["debts_paid"] == 25
    assert using.money.accounts[4:] == (
        Account("orders", 700),
        Account("other_shops", -100),
        Account("external", -600),
    )
    assert (funding.money.sum_minor, using.money.sum_minor) == (0, 0)


def test_months_without_sales_are_shown(database: str) -> None:
    told = Told()
    for month in ("2025-11", "2026-02"):
        told.order(f"{month}-03T01:00:00", month, "a", [("tea", 1, 5)])
        told(f"{month}-03T01:00:00", "order.paid", order=month, amount=5)
        for kind in ("order.confirmed", "order.received"):
            told(f"{month}-03T01:00:00", kind, order=month)
    told("2026-03-31T15:59:59", "clock.ticked")
    told.settle(database)
    months = {month.month: month.units for month in shop_report("S", using=database).months}
    assert months == {"2025-11": 1, "2025-12": 0, "2026-01": 0, "2026-02": 1, "2026-03": 0}


def test_a_stopped_campaign_and_a_draft(database: str) -> None:
    told = Told()
    _campaign(told)
    told("2026-11-12T04:00:00", "campaign.created", campaign="D", threshold=1000, rebate=50, quantity=20)
    told("2026-11-12T04:00:00", "campaign.stopped", campaign="C")
    told.settle(database)
    draft, stopped = shop_report("S", using=database).campaigns
    assert (draft.campaign, draft.status, draft.funded, draft.burn_down) == ("D", "draft", False, ())
    assert (stopped.status, stopped.reason, stopped.returned_minor) == ("ended", "stopped", 1000)


def test_a_long_campaign_has_a_bounded_series(database: str) -> None:
    told = Told()
    _campaign(told)
    told("2030-11-10T04:00:00", "clock.ticked")
    told.settle(database)
    (campaign,) = shop_report("S", using=database).campaigns
    assert len(campaign.burn_down) <= 121
    assert campaign.burn_down[0].day == date(2026, 11, 11)
    assert campaign.burn_down[-1].day == date(2030, 11, 10)


def test_the_document_names_sums_too(database: str) -> None:
    _seven_orders().settle(database)
    written = document(shop_report("S", using=database))
    assert written["orders"]["number"] == 7
    assert written["money"]["sum_minor"] == 0
    assert written["campaigns"][0]["fee_minor"] == 1000
    assert written["campaigns"][0]["funded"] is True
    assert "refunded_share" not in written["orders"]
