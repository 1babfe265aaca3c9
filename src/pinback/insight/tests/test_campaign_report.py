"""The report of a campaign, written out by hand for one story told by the market's real actions."""

from typing import Any

import pytest

from pinback.checkout.actions import place
from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.checkout.wishes import Circumstances
from pinback.kit.ids import new_id, public_id
from pinback.kit.transactions import durable
from pinback.marketing import actions
from pinback.marketing.models import Campaign, Link
from pinback.marketing.rules import Terms
from tests.support.calling import Caller
from tests.support.cast import HOME, Cast

pytestmark = pytest.mark.usefixtures("market")


@durable
def refund(cast: Cast, order: Order) -> None:
    """Everything goes back."""
    start_refund_within(order, public_id(new_id()), EVERYTHING, now=cast.now)


def funded(cast: Cast, quantity: int = 10) -> Campaign:
    """Spend 50.00, get 10.00, from the next 0:00 on."""
    mary = cast.actor("mary")
    made = actions.create("tea", "Autumn", Terms(5_000, 1_000, quantity), acting=mary, now=cast.now)
    cast.notice(actions.pay("tea", public_id(made.pk), "wechat", acting=mary, now=cast.now))
    return made


def report(cast: Cast, campaign: Campaign, who: str = "mary") -> dict[str, Any]:
    """The report as mary sees it."""
    path = f"/shops/tea/campaigns/{public_id(campaign.pk)}/report"
    answer: dict[str, Any] = Caller(cast, who).get(path).json()
    return answer


def buy_by(cast: Cast, link: Link, buyer: str, goods: Any, **wish: Any) -> Order:
    """Buy, having come by a link."""
    order = place(
        cast.wish(goods, **wish),
        HOME,
        Circumstances(link_id=link.pk),
        acting=cast.actor(buyer),
        now=cast.now,
    )
    cast.pay(order)
    return order


def stopped_after_two_days(cast: Cast) -> Campaign:
    """The story: deals before, a campaign with a link, a group, a refund, a small order, and a stop."""
    goods = cast.product(solo=6_000, price=5_000)
    # 14 deals on the 14 days before; the first is 15 days and 16 hours before the start.
    for number in range(14):
        cast.buy(f"before{number}", goods)
        cast.later(days=1)
    cast.later(days=1)
    campaign = funded(cast)
    before = report(cast, campaign)
    assert (before["status"], before["began_at"], before["orders"]["number"]) == ("scheduled", None, 0)
    cast.later(hours=12)
    link = actions.share("campaign", public_id(campaign.pk), acting=cast.actor("zoe"), now=cast.now)
    for visitor in ("a", "b", "c"):
        actions.follow(public_id(link.pk), visitor=visitor, now=cast.now)
    orders = [cast.buy(name, goods) for name in ("ann", "bob", "cai")]
    leader = buy_by(cast, link, "dan", goods, kind="open")
    cast.buy("eve", goods, kind="join", group=cast.group_of(leader))
    small = cast.product(title="Cup", solo=1_000, price=900)
    cast.buy("fay", small)
    refund(cast, orders[0])
    cast.send_money()
    cast.later(days=2)
    actions.stop("tea", public_id(campaign.pk), acting=cast.actor("mary"), now=cast.now)
    cast.buy("gus", goods)
    cast.later(days=1)
    return campaign


def test_a_campaign_from_its_start_to_a_stop() -> None:
    cast = Cast()
    campaign = stopped_after_two_days(cast)
    found = report(cast, campaign)
    assert (found["status"], found["reason"]) == ("ended", "stopped")
    assert found["began_at"] == "2026-11-25T16:00:00Z"
    assert found["ended_at"] == "2026-11-27T16:00:00Z"
    assert found["orders"] == {
        "number": 6,
        "refunded": 1,
        "cash_minor": 3 * 6_000 + 2 * 5_000 + 1_000,
        "refunded_minor": 6_000,
        "earned": 5,
        "lost_rebate": 1,
    }
    vouchers = {one["status"]: one["number"] for one in found["vouchers"] if one["number"]}
    assert vouchers == {"available": 4, "reclaimed": 1}
    assert (found["fee_minor"], found["issued"], found["returned_minor"]) == (10_000, 5, 5_000)
    assert (found["outstanding_minor"], found["taken_back_minor"], found["net_cost_minor"]) == (
        4_000,
        1_000,
        0,
    )
    # 15 whole days before the start saw 13 deals (the first was earlier); two days would have seen 1.73.
    assert found["brought"] == {
        "orders": 6,
        "orders_before": 13,
        "days_before": 15,
        "expected": 2,
        "extra": 4,
    }
    assert found["funnel"] == {
        "visits": 3,
        "groups": 1,
        "orders": 6,
        "groups_by_link": 1,
        "orders_by_link": 1,
    }
    assert found["burn_down"][0] == {"day": "2026-11-26", "vouchers": 5}
    assert found["is_up_to_date"] is True


def test_an_exhausted_campaign_ends_with_its_last_voucher() -> None:
    cast = Cast()
    goods = cast.product(solo=6_000)
    campaign = funded(cast)
    cast.later(days=1)
    for number in range(10):
        last = cast.now
        cast.buy(f"buyer{number}", goods)
        cast.later(hours=1)
    cast.buy("late", goods)
    found = report(cast, campaign)
    assert (found["status"], found["reason"], found["orders"]["number"]) == ("ended", "exhausted", 10)
    assert found["ended_at"] == last.isoformat().replace("+00:00", "Z")
    # The shop had no deal before: nothing to compare with.
    assert found["brought"]["days_before"] == found["brought"]["extra"] == 0


def test_the_net_cost_is_what_was_used_and_stays() -> None:
    cast = Cast()
    goods = cast.product(solo=6_000)
    campaign = funded(cast)
    cast.later(days=1)
    first, second = cast.buy("ann", goods), cast.buy("bob", goods)
    for buyer, order in (("ann", first), ("bob", second)):
        code = cast.state(order).earned_code
        cast.buy(buyer, goods, voucher=code)
    assert report(cast, campaign)["net_cost_minor"] == 2_000
    refund(cast, first)
    cast.send_money()
    found = report(cast, campaign)
    assert (found["net_cost_minor"], found["taken_back_minor"], found["owed_minor"]) == (1_000, 1_000, 0)
    parts = ("not_issued", "returned", "outstanding", "taken_back", "expired", "net_cost")
    assert sum(found[f"{part}_minor"] for part in parts) == found["fee_minor"]


def test_stopped_before_it_began_it_never_ran() -> None:
    cast = Cast()
    campaign = funded(cast)
    actions.stop("tea", public_id(campaign.pk), acting=cast.actor("mary"), now=cast.now)
    cast.later(days=2)
    found = report(cast, campaign)
    assert (found["began_at"], found["returned_minor"], found["orders"]["number"]) == (None, 10_000, 0)


def test_who_may_see_it() -> None:
    cast = Cast()
    campaign = funded(cast)
    path = f"/shops/tea/campaigns/{public_id(campaign.pk)}/report"
    statuses = {who: Caller(cast, who).get(path).status_code for who in ("mary", "faye", "walt", "bob")}
    assert statuses == {"mary": 200, "faye": 200, "walt": 403, "bob": 404}
