"""Section 13, where one easily goes wrong: each of its sentences."""

from tests.support.story import Campaign, Market, Settled, Shop


def test_months_at_0_are_left_out(tea: Shop) -> None:
    tea.deal("o1", "Li", "1 x oolong @ 50.00").receive().refund("r1")
    assert tea.sold("oolong") == {"total": 0, "months": {}}


def test_a_late_refund_goes_to_the_month_of_the_receipt(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00").receive()
    market.clock = "2027-03-01 10:00"
    order.refund("r1", units={1: 1})
    assert tea.sold("oolong") == {"total": 1, "months": {"2026-11": 1}}


def test_compensation_comes_from_sales_also_before_receipt(market: Market, tea: Shop) -> None:
    tea.deal("o1", "Li", "1 x oolong @ 50.00").compensate(5_00)
    assert (tea.sales, market.account("order:tea/o1")) == (-5_00, 50_00)


def test_vouchers_sort_by_n_as_a_number(market: Market, tea: Shop) -> None:
    tea.campaign("spring", spend=1_00, get=1_00, vouchers=12)
    for n in range(11):
        tea.deal(f"o{n}", "Li", "1 x oolong @ 1.00")
    market.clock = "2027-01-01 10:00"
    tea.tick()
    changed = [change["voucher"] for change in market.said("voucher.changed")]
    assert changed == [f"tea/spring/{n}" for n in range(1, 12)]


def test_a_tick_expires_the_vouchers_of_every_shop(
    market: Market, tea: Shop, silk: Shop, spring: Campaign
) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    market.clock = "2027-01-01 10:00"
    silk.tick()
    assert order.earned.status == "expired"


def test_a_release_looks_at_the_source_orders_open_refunds(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    using = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned).pay()
    using.ask_refund("r2")  # a refund of the order that uses it does not count
    source.ask_refund("r1").close_refund("r1")
    using.refund("r2")
    assert source.earned.status == "available"
    again = tea.order("o3", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    source.ask_refund("r3")
    again.cancel()
    assert source.earned.status == "frozen"


def test_refund_closed_still_works_on_a_refunded_order(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 50.00").ask_refund("r1").refund("r2")
    order.close_refund("r1")
    assert (order.status, market.kinds) == ("refunded", ["event.applied"])


def test_postage_is_all_for_a_bare_refund_and_before_confirmation_else_0(market: Market, tea: Shop) -> None:
    bare = tea.deal("o1", "Li", "1 x oolong @ 50.00", postage=8_00).refund("r1")
    assert bare.refunded == 58_00
    paid = tea.order("o2", "Li", "1 x oolong @ 50.00", postage=8_00).pay().refund("r2", units={1: 1})
    assert paid.refunded == 58_00
    confirmed = tea.deal("o3", "Li", "1 x oolong @ 50.00", postage=8_00).refund("r3", units={1: 1})
    assert confirmed.refunded == 50_00


def test_postage_named_0_in_a_bare_refund_stays(tea: Shop) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 50.00", postage=8_00).refund("r1", postage=0)
    assert (order.status, order.refunded, tea.sales) == ("refunded", 50_00, 8_00)


def test_event_ids_are_per_shop(tea: Shop, silk: Shop) -> None:
    tea.event("clock.ticked", id="same")
    silk.event("shop.opened", id="same")


def test_already_exists_of_a_refund_id_comes_before_wrong_state(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 50.00").refund("r1")
    with market.refuses("already_exists"):
        order.refund("r1")
    with market.refuses("wrong_state"):
        order.refund("r2")


def test_starts_at_is_inclusive(market: Market, tea: Shop) -> None:
    tea.campaign("spring", spend=100_00, get=20_00, funded="2026-11-10 12:00")
    market.clock = "2026-11-11 00:00"
    assert tea.deal("o1", "Li", "1 x oolong @ 100.00").standing == ("issued", None)


def test_ties_go_by_the_start_then_by_the_id(tea: Shop) -> None:
    tea.campaign("a", spend=100_00, get=20_00)
    tea.campaign("c", spend=100_00, get=20_00, funded="2026-11-08 12:00")
    tea.campaign("b", spend=100_00, get=20_00, funded="2026-11-08 13:00")
    assert tea.deal("o1", "Li", "1 x oolong @ 100.00").earned.code == "tea/b/1"


def test_only_below_the_threshold_ends_the_eligibility() -> None:
    tea = Market("threshold").shop("tea")
    tea.campaign("spring", spend=100_00, get=20_00)
    order = tea.deal("o1", "Li", "1 x oolong @ 130.00").refund("r1", amount=30_00)
    assert order.standing == ("issued", None)
    assert order.refund("r2", amount=1).standing == ("not_eligible", "refunded")


def test_withholding_reaches_postage_not_what_is_bought_back(
    market: Market, tea: Shop, silk: Shop, spring: Campaign
) -> None:
    silk.campaign("autumn", spend=100_00, get=90_00)
    first = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    second = silk.deal("o2", "Li", "1 x scarf @ 120.00", voucher=first.earned, postage=8_00)
    silk.deal("o3", "Li", "1 x scarf @ 95.00", voucher=second.earned)
    first.refund("r1", amount=20_00)
    second.refund("r2", amount=50_00, postage=8_00)
    assert market.settled == Settled(
        cash=58_00, withheld=58_00, bought_back=10_00, payout=10_00, taken_back=0, debt=32_00
    )


def test_a_campaigns_shown_status_is_as_of_the_latest_at(market: Market, tea: Shop) -> None:
    spring = tea.campaign("spring", spend=100_00, get=20_00, funded="2026-11-10 12:00")
    market.clock = "2026-11-11 00:00"
    tea.tick()
    market.clock = "2026-11-10 13:00"
    tea.tick()
    assert spring.status == "running"
