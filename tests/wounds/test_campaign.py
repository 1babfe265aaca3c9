"""Wounds of campaigns: windows that begin or end at the wrong midnight, terms that change behind an order's
back.
"""

import pytest

from pinback.rules.records import Policy
from tests.support.story import Market, Shop
from tests.wounds.conftest import POLICIES


def test_w049_the_last_day_is_a_whole_day(market: Market, tea: Shop) -> None:
    """A coupon "valid until tomorrow" ended at 0:00 UTC of that day, the evening before.

    The spec decides otherwise on what ends: a campaign ends by its number or by hand, a voucher by its day.
    That day is the issuing shop's, whole, and the instant that is shown is the one that decides.
    """
    tea.campaign("spring", spend=100_00, get=10_00, valid_days=15)
    vouchers = [tea.deal(f"o{n}", "Li", "1 x coat @ 100.00").earned for n in range(3)]
    assert vouchers[0].expires_at == "2026-11-25T16:00:00Z"
    for number, moment in enumerate(("2026-11-25 08:30", "2026-11-25 23:59:59")):
        market.clock = moment
        tea.order(f"u{number}", "Li", "1 x coat @ 50.00", voucher=vouchers[number])
    market.clock = "2026-11-26 00:00:00"
    with market.refuses("voucher_unavailable"):
        tea.order("u2", "Li", "1 x coat @ 50.00", voucher=vouchers[2])


def test_w051_a_campaign_begins_on_the_day_the_clocks_change(market: Market) -> None:
    """A campaign that began on the day of the clock change was kept, or shown, as beginning a day early."""
    shop = market.shop("ny").opens("America/New_York")
    campaign = shop.draft("fall", spend=10_00, get=1_00, valid_days=1).fund(at="2026-10-31T12:00:00-04:00")
    assert campaign.starts_at == "2026-11-01T04:00:00Z"
    standings = []
    for number, moment in enumerate(("2026-11-01T03:59:59Z", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z")):
        market.clock = moment
        standings.append(shop.deal(f"o{number}", "Ann", "1 x coat @ 10.00").standing)
    assert standings == [("not_eligible", "no_campaign"), ("issued", None), ("issued", None)]


def test_w051_a_day_of_25_hours_is_a_day(market: Market) -> None:
    """A campaign began a day early where clocks change; days are counted by the calendar, not by 24 hours."""
    shop = market.shop("ny").opens("America/New_York")
    shop.draft("fall", spend=10_00, get=1_00, valid_days=1).fund(at="2026-10-30T12:00:00-04:00")
    market.clock = "2026-10-31T12:00:00-04:00"
    first = shop.deal("o1", "Ann", "1 x coat @ 10.00").earned
    second = shop.deal("o2", "Ann", "1 x coat @ 10.00").earned
    assert first.expires_at == "2026-11-02T05:00:00Z"
    market.clock = "2026-11-02T04:59:59Z"
    shop.order("u1", "Ann", "1 x coat @ 10.00", voucher=first)
    market.clock = "2026-11-02T05:00:00Z"
    with market.refuses("voucher_unavailable"):
        shop.order("u2", "Ann", "1 x coat @ 10.00", voucher=second)


@pytest.mark.parametrize("policy", POLICIES)
def test_w052_an_order_keeps_the_terms_it_was_given(market: Market, tea: Shop, policy: Policy) -> None:
    """Editing an order after its promotion had ended took its discount away.

    Here the terms are those of the voucher: that the campaign has ended since changes nothing. A part
    refunded is judged by the policy, at the threshold it was issued for.
    """
    campaign = tea.campaign("spring", spend=80_00, get=10_00)
    order = tea.deal("o1", "Li", "3 x coat @ 40.00")
    campaign.stop()
    order.refund("r1", units={1: 1})
    assert market.settled.payout == 40_00
    if policy == "threshold":
        assert (order.rebate, order.earned.status) == ("issued", "available")
        order.refund("r2", amount=1)
    assert (order.rebate, order.earned.status) == ("not_eligible", "reclaimed")
    assert tea.marketing == campaign.fee


def test_w054_no_more_is_promised_than_was_paid_for(market: Market, tea: Shop) -> None:
    """A campaign gave away more than its budget.

    The tenth of ten ends it. The spec decides otherwise on what a refund returns: the shop gets the value
    back, but the number issued never goes down, so nobody earns in its place. (Buyers at the same moment:
    see the races.)
    """
    campaign = tea.campaign("spring", spend=100_00, get=10_00, vouchers=10)
    orders = [tea.deal(f"o{n}", f"buyer{n}", "1 x coat @ 100.00") for n in range(12)]
    assert [order.rebate for order in orders].count("issued") == 10
    assert orders[10].standing == orders[11].standing == ("not_eligible", "no_campaign")
    assert (campaign.status, campaign.reason, market.account("campaign:tea/spring")) == (
        "ended",
        "exhausted",
        0,
    )
    orders[3].refund("r1")
    assert (tea.marketing, campaign.issued) == (10_00, 10)
    late = tea.deal("late", "Li", "1 x coat @ 100.00")
    assert late.standing == ("not_eligible", "no_campaign")


def test_w055_trying_too_early_spoils_nothing(market: Market, tea: Shop) -> None:
    """Trying a coupon before its first day turned it into an expired one for good.

    A campaign is scheduled, running or ended by the clock; an order that comes too early changes nothing of
    it.
    """
    campaign = tea.campaign("spring", spend=100_00, get=10_00, funded="2026-11-10 09:00")
    early = tea.deal("o1", "Li", "1 x coat @ 100.00")
    tea.tick()
    assert (early.standing, campaign.status) == (("not_eligible", "no_campaign"), "scheduled")
    market.clock = "2026-11-11 00:00"
    assert tea.deal("o2", "Li", "1 x coat @ 100.00").standing == ("issued", None)
    assert campaign.status == "running"


def test_w055_trying_too_late_is_no_write_either(market: Market, tea: Shop) -> None:
    """Trying a coupon on the wrong day changed its status: here a refused attempt leaves it, and a tick
    expires it.
    """
    tea.campaign("spring", spend=100_00, get=10_00, valid_days=1)
    voucher = tea.deal("o1", "Li", "1 x coat @ 100.00").earned
    market.clock = "2026-11-12 00:00"
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Li", "1 x coat @ 100.00", voucher=voucher)
    assert voucher.status == "available"
    tea.tick()
    assert (voucher.status, tea.marketing) == ("expired", 10_00)
