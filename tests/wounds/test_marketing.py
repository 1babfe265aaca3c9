"""Wounds of campaigns and sales, in the market: as a shop and the operator meet them through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conftest import market  # noqa: F401 - the market's own, not the one of the rules
from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.insight.folding import fold_all
from pinback.kit.ids import new_id, public_id
from pinback.kit.jobs import jobs
from pinback.kit.transactions import durable
from pinback.marketing import actions
from pinback.marketing.rules import Terms
from pinback.payments.models import Payment, SandboxTrade
from pinback.rules.events import OrderReceived, ShopOpened
from pinback.settlement.models import Campaign as SettledCampaign
from pinback.settlement.models import Event, Voucher
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

TERMS = {"name": "x", "threshold_minor": 10_000, "rebate_minor": 1_000, "quantity": 50}


@durable
def receive(cast: Cast, order: Order) -> None:
    """The goods have arrived."""
    id_ = public_id(order.pk)
    event = OrderReceived(id=f"{id_}-received", at=instant_of(cast.now), shop=order.shop.name, order=id_)
    apply_within(event, now=cast.now)


@durable
def refund(cast: Cast, order: Order) -> None:
    """Everything goes back."""
    start_refund_within(order, public_id(new_id()), EVERYTHING, now=cast.now)


@durable
def open_in(cast: Cast, name: str, zone: str) -> None:
    """A shop in another zone."""
    from pinback.accounts.models import Shop, Staff

    shop = Shop(id=new_id(), name=name, title=name, timezone=zone, created_at=cast.now)
    shop.save(force_insert=True)
    Staff.objects.create(
        id=new_id(), shop=shop, person=cast.person("mary"), role="marketing", created_at=cast.now
    )
    apply_within(ShopOpened(id="opened", at=instant_of(cast.now), shop=name, timezone=zone), now=cast.now)


def fund(cast: Cast, shop: str = "tea") -> str:
    """A campaign that is paid now."""
    mary = cast.actor("mary")
    made = actions.create(shop, "x", Terms(10_000, 1_000, 50), acting=mary, now=cast.now)
    cast.notice(actions.pay(shop, public_id(made.pk), "wechat", acting=mary, now=cast.now))
    return public_id(made.pk)


def sales(cast: Cast, query: str = "") -> Any:
    """The sales report as mary sees it."""
    return Caller(cast, "mary").get(f"/shops/tea/reports/sales{query}").json()["items"]


def test_w002_buying_and_returning_ten_times_earns_nothing_and_is_seen() -> None:
    """A loop of buying and returning piled up points: the refund worked the rule out on negative lines."""
    cast = Cast()
    campaign = fund(cast)
    cast.later(days=1)
    goods = cast.product(solo=10_000)
    for _ in range(10):
        refund(cast, cast.buy("ann", goods))
        cast.send_money()
    assert not Voucher.objects.exclude(status="reclaimed").exists()
    found = Caller(cast, "mary").get(f"/shops/tea/campaigns/{campaign}/report").json()
    assert found["taken_back_minor"] + found["not_issued_minor"] == found["fee_minor"] == 50_000
    assert (found["net_cost_minor"], found["orders"]["lost_rebate"]) == (0, 10)
    (seen,) = Caller(cast, "opal").get("/operator/risk/loops").json()
    assert (seen["earned"], seen["lost"], seen["lost_minor"]) == (10, 10, 10_000)


@pytest.mark.parametrize("amount", [19.9, 1990.5, "19.9", "1e3", 1e300, None, True])
def test_w039_a_fee_is_whole_fen_from_the_form_to_the_channel(amount: Any) -> None:
    """Yuan became fen through a float: 19.9 was charged as 19.89."""
    cast = Cast()
    mary = Caller(cast, "mary")
    assert mary.post("/shops/tea/campaigns", {**TERMS, "rebate_minor": amount}).status_code == 422
    made = mary.post("/shops/tea/campaigns", {**TERMS, "rebate_minor": 1_990}).json()
    mary.post(f"/shops/tea/campaigns/{made['campaign']}/payment", {"method": "wechat"})
    assert made["fee_minor"] == Payment.objects.get().amount_minor == 1_990 * 50
    assert SandboxTrade.objects.get().amount_minor == 1_990 * 50


def test_w042_the_counters_of_a_product_go_down_again() -> None:
    """The counter that shops show as sold only ever went up."""
    cast = Cast()
    goods = cast.product(solo=5_000)
    path = f"/products/{public_id(goods.pk)}"

    def shown() -> tuple[int, int, int, int]:
        page = Caller(cast, None).get(path).json()
        deals = Caller(cast, None).get("/shops/tea/counters").json()["completed_orders"]
        return (
            page["sold_this_month"],
            page["sold_in_total"],
            deals,
            sum(row["cash_minor"] for row in sales(cast)),
        )

    receive(cast, cast.buy("ann", goods, quantity=10))
    assert shown() == (10, 10, 1, 50_000)
    order = cast.buy("bob", goods, quantity=2)
    assert shown() == (10, 10, 1, 50_000)
    receive(cast, order)
    assert shown() == (12, 12, 2, 60_000)
    refund(cast, order)
    cast.send_money()
    assert shown() == (10, 10, 1, 50_000)


def test_w045_net_sales_take_a_refund_off_once_and_leave_postage_out() -> None:
    """Net sales took each refund off twice, and postage on one side only: 60 instead of 80."""
    cast = Cast()
    goods = cast.product(solo=2_000, price=2_000, postage=500)
    orders = [cast.buy(f"buyer{number}", goods) for number in range(5)]
    for order in orders:
        receive(cast, order)
    refund(cast, orders[2])
    cast.send_money()
    (row,) = sales(cast)
    assert (row["units"], row["cash_minor"]) == (4, 8_000)
    states = [cast.state(order) for order in orders]
    assert sum(state.goods_left_minor for state in states) == 8_000
    assert sum(state.postage_left_minor for state in states) == 4 * 500


def test_w047_the_report_of_a_month_has_its_last_second() -> None:
    """The monthly report lost the last day, and what came back later changed what had been reported."""
    cast = Cast(now=datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC))
    goods = cast.product(solo=100, price=100)
    first = cast.buy("ann", goods)
    receive(cast, first)
    cast.later(seconds=1)
    receive(cast, cast.buy("bob", goods, quantity=2))
    assert [(row["month"], row["is_over"], row["units"]) for row in sales(cast)] == [
        ("2026-06", False, 2),
        ("2026-05", True, 1),
    ]
    refund(cast, first)
    cast.send_money()
    (may,) = sales(cast, "?last=2026-05")
    assert (may["units"], may["units_reported"], may["cash_minor"], may["cash_reported_minor"]) == (
        0,
        1,
        0,
        100,
    )


def test_w049_the_last_day_of_an_activity_is_a_whole_day() -> None:
    """What was valid until a date ended the evening before, by UTC. The stored end is what the rule uses."""
    cast = Cast(now=datetime(2026, 5, 29, 16, 30, tzinfo=UTC))
    body = {
        "name": "May",
        "starts_at": "2026-05-30T00:00:00+08:00",
        "ends_at": "2026-06-01T00:00:00+08:00",
    }
    activity = Caller(cast, "opal").post("/operator/activities", body).json()
    assert activity["ends_at"] == "2026-05-31T16:00:00Z"
    path = f"/activities/{activity['activity']}"
    for at, state in (
        (datetime(2026, 5, 31, 0, 30, tzinfo=UTC), "open"),
        (datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC), "open"),
        (datetime(2026, 5, 31, 16, 0, tzinfo=UTC), "over"),
    ):
        cast.now = at
        assert Caller(cast, None).get(path).json()["state"] == state


@pytest.mark.parametrize(
    ("paid", "starts_at"),
    [
        ("2026-10-31T16:00:00+00:00", "2026-11-01T04:00:00Z"),
        ("2026-11-01T03:59:59+00:00", "2026-11-01T04:00:00Z"),
        ("2026-11-01T04:00:00+00:00", "2026-11-02T05:00:00Z"),
    ],
)
def test_w051_a_campaign_begins_at_the_shops_midnight_also_when_clocks_change(
    paid: str, starts_at: str
) -> None:
    """A campaign on the day the clocks change was stored as of the day before. That day has 25 hours."""
    cast = Cast(now=datetime.fromisoformat(paid))
    open_in(cast, "york", "America/New_York")
    mary = Caller(cast, "mary")
    quoted = mary.post("/shops/york/campaigns/quote", {k: v for k, v in TERMS.items() if k != "name"})
    assert quoted.json()["starts_at"] == starts_at
    campaign = fund(cast, "york")
    shown = mary.get(f"/shops/york/campaigns/{campaign}").json()
    assert (shown["starts_at"], shown["state"]) == (starts_at, "scheduled")
    cast.now = datetime.fromisoformat(starts_at) - timedelta(seconds=1)
    assert mary.get(f"/shops/york/campaigns/{campaign}").json()["state"] == "scheduled"
    cast.later(seconds=1)
    assert mary.get(f"/shops/york/campaigns/{campaign}").json()["state"] == "running"


def test_w055_looking_and_trying_too_early_writes_nothing() -> None:
    """Trying a coupon before its start flipped it to expired, and a job made that last."""
    cast = Cast()
    campaign = fund(cast)
    goods = cast.product(solo=10_000)
    early = cast.buy("ann", goods)
    assert cast.state(early).reason == "no_campaign"
    before = SettledCampaign.objects.values().get()
    mary = Caller(cast, "mary")
    for path in ("", "/stop", "/report"):
        assert mary.get(f"/shops/tea/campaigns/{campaign}{path}").status_code == 200
    for job in jobs():
        if job.name != "audits":
            job.sweep(cast.now)
    assert SettledCampaign.objects.values().get() == before
    events = Event.objects.count()
    cast.later(days=1)
    assert mary.get(f"/shops/tea/campaigns/{campaign}").json()["state"] == "running"
    fold_all(cast.now)
    assert Event.objects.count() == events
    assert cast.state(cast.buy("ann", goods)).rebate == "issued"
