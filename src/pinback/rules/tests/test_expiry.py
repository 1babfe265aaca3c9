"""Section 10, `clock.ticked`: which vouchers a tick lets expire, and which it does not."""

import pytest

from tests.support.story import Campaign, Market, Shop


@pytest.mark.parametrize(
    ("moment", "expired"), [("2026-11-25 23:59:59", False), ("2026-11-26 00:00:00", True)]
)
@pytest.mark.parametrize("asked", [False, True])
def test_a_tick_at_the_boundary(
    market: Market, tea: Shop, spring: Campaign, moment: str, expired: bool, asked: bool
) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    if asked:
        order.ask_refund("r1")
    before = order.earned.status
    market.clock = moment
    tea.tick()
    if not expired:
        assert market.kinds == ["event.applied"]
        assert order.earned.status == before
        return
    assert market.said("voucher.changed") == [
        {"voucher": "tea/spring/1", "status": "expired", "returned": 20_00}
    ]
    assert (order.earned.status, tea.marketing) == ("expired", 20_00)
    tea.tick()
    assert market.kinds == ["event.applied"]


def test_a_tick_reaches_every_shop(market: Market, tea: Shop, silk: Shop) -> None:
    for shop in (tea, silk):
        shop.campaign("spring", spend=100_00, get=20_00)
        shop.deal("o1", "Li", "1 x oolong @ 100.00")
    market.clock = "2026-11-26 00:00"
    market.shop("elsewhere").tick()
    assert [change["voucher"] for change in market.said("voucher.changed")] == [
        "silk/spring/1",
        "tea/spring/1",
    ]
    assert (tea.marketing, silk.marketing) == (20_00, 20_00)


@pytest.mark.parametrize("used", [False, True])
def test_a_tick_leaves_locked_and_used_vouchers(
    market: Market, tea: Shop, spring: Campaign, used: bool
) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    using = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    if used:
        using.pay()
    market.clock = "2026-11-26 00:00"
    tea.tick()
    assert market.kinds == ["event.applied"]
    assert source.earned.status == ("used" if used else "locked")


@pytest.mark.parametrize("asked", [False, True])
def test_a_tick_still_finds_a_voucher_that_was_released(
    market: Market, tea: Shop, spring: Campaign, asked: bool
) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    using = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    market.clock = "2026-11-26 00:00"
    tea.tick()
    market.clock = "2026-11-25 10:00"
    if asked:
        source.ask_refund("r1")
    using.cancel()
    assert source.earned.status == ("frozen" if asked else "available")
    market.clock = "2026-11-26 00:00"
    tea.tick()
    assert source.earned.status == "expired"


@pytest.mark.parametrize("asked", [False, True])
def test_a_tick_still_finds_a_voucher_that_came_back_from_an_undone_order(
    market: Market, tea: Shop, spring: Campaign, asked: bool
) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    using = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned).pay()
    market.clock = "2026-11-26 00:00"
    tea.tick()
    market.clock = "2026-11-25 10:00"
    if asked:
        source.ask_refund("r1")
    using.refund("r2")
    market.clock = "2026-11-26 00:00"
    tea.tick()
    assert source.earned.status == "expired"


def test_a_tick_lets_each_voucher_expire_by_its_own_time(market: Market, tea: Shop) -> None:
    tea.campaign("short", spend=50_00, get=10_00, valid_days=1)
    tea.campaign("long", spend=100_00, get=20_00, valid_days=2)
    short = tea.deal("o1", "Li", "1 x oolong @ 60.00")
    long = tea.deal("o2", "Li", "1 x oolong @ 100.00")
    market.clock = "2026-11-12 00:00"
    tea.tick()
    assert (short.earned.status, long.earned.status) == ("expired", "available")
    market.clock = "2026-11-12 23:59:59"
    tea.tick()
    assert long.earned.status == "available"
    market.clock = "2026-11-13 00:00"
    tea.tick()
    assert long.earned.status == "expired"


def test_no_tick_no_expiry(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    market.clock = "2027-11-26 00:00"
    tea.deal("o2", "Wang", "1 x oolong @ 100.00")
    assert order.earned.status == "available"
    market.clock = "2026-11-25 00:00"
    tea.order("o3", "Li", "1 x oolong @ 50.00", voucher=order.earned)


def test_an_early_tick_after_a_late_one(market: Market, tea: Shop, spring: Campaign) -> None:
    market.clock = "2027-01-01 00:00"
    tea.tick()
    market.clock = "2026-11-10 10:00"
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    tea.tick()
    assert order.earned.status == "available"
