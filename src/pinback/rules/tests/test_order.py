"""Section 3: an order from the placing to its end, and the voucher that is used for it."""

import pytest

from tests.support.story import Campaign, Market, Shop

MOST = 10**12


def test_the_amount_due_is_goods_less_discount_less_voucher_plus_postage(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    second = tea.order(
        "o2", "Li", "3 x oolong @ 50.00, 2 x cup @ 0.50", discount=7_00, postage=8_00, voucher=voucher
    )
    assert second.due == 132_00
    with market.refuses("amount_mismatch"):
        second.pay(131_99)
        second.pay(132_01)
        second.pay(-132_00)
    assert (second.status, second.cash) == ("placed", 0)
    second.pay(132_00)
    assert (second.status, second.cash) == ("paid", 132_00)
    assert market.account("order:tea/o2") == 152_00


def test_at_least_one_fen_of_goods_is_paid_in_cash(market: Market, tea: Shop) -> None:
    with market.refuses("bad_terms"):
        tea.order("o1", "Li", "1 x oolong @ 10.00", discount=10_00, postage=5_00)
        tea.order("o1", "Li", "1 x oolong @ 10.00", discount=10_01)
        tea.order("o1", "Li", "1 x sample @ 0.00", postage=5_00)
    assert tea.order("o1", "Li", "1 x oolong @ 10.00", discount=9_99, postage=5_00).due == 5_01


def test_a_voucher_leaves_at_least_one_fen_of_goods(market: Market, tea: Shop, spring: Campaign) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    with market.refuses("voucher_too_large"):
        tea.order("o2", "Li", "1 x cup @ 20.00", voucher=voucher, postage=8_00)
        tea.order("o2", "Li", "1 x cup @ 30.00", discount=10_00, voucher=voucher)
    assert tea.order("o2", "Li", "1 x cup @ 30.00", discount=9_99, voucher=voucher).due == 1


def test_goods_plus_postage_are_at_most_a_trillion_fen(market: Market, tea: Shop) -> None:
    lines = "1 x palace @ 9999999999.00"
    with market.refuses("bad_terms"):
        tea.order("o1", "Li", lines, postage=1_01)
        tea.order("o1", "Li", lines, postage=1_01, discount=5_00)
        tea.order("o1", "Li", "2 x palace @ 9999999999.00")
    assert tea.order("o1", "Li", lines, postage=1_00).due == MOST


def test_a_voucher_is_locked_used_and_released_with_its_order(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    second = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher)
    assert market.said("voucher.changed") == [{"voucher": voucher.code, "status": "locked", "returned": 0}]
    assert (voucher.status, voucher.used_by) == ("locked", None)
    second.cancel()
    assert market.said("voucher.changed") == [{"voucher": voucher.code, "status": "available", "returned": 0}]
    assert (second.status, second.cash, voucher.status) == ("cancelled", 0, "available")
    tea.order("o3", "Li", "1 x oolong @ 50.00", voucher=voucher).pay(30_00)
    assert market.said("voucher.changed") == [{"voucher": voucher.code, "status": "used", "returned": 0}]
    assert (voucher.status, voucher.used_by) == ("used", "tea/o3")
    assert market.account("voucher:tea/spring/1") == 0
    assert market.account("order:tea/o3") == 50_00


def test_a_voucher_is_for_its_buyer_and_for_one_order(market: Market, tea: Shop, spring: Campaign) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Wang", "1 x oolong @ 50.00", voucher=voucher)
        tea.order("o2", "Li", "1 x oolong @ 50.00", voucher="tea/spring/2")
        tea.order("o2", "Li", "1 x oolong @ 50.00", voucher="")
        tea.order("o2", "Li", "1 x oolong @ 50.00", voucher="tea/spring/01")
        tea.order("o2", "Li", "1 x oolong @ 50.00", voucher="优惠券")
    second = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher)
    with market.refuses("voucher_unavailable"):
        tea.order("o3", "Li", "1 x oolong @ 50.00", voucher=voucher)
    second.pay()
    with market.refuses("voucher_unavailable"):
        tea.order("o3", "Li", "1 x oolong @ 50.00", voucher=voucher)


def test_a_voucher_is_good_at_any_shop_of_the_platform(
    market: Market, tea: Shop, silk: Shop, spring: Campaign
) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    scarf = silk.order("o1", "Li", "1 x scarf @ 90.00", voucher=voucher).pay(70_00)
    assert voucher.used_by == "silk/o1"
    scarf.confirm().receive()
    assert silk.sales == 90_00


@pytest.mark.parametrize(
    ("moment", "usable"), [("2026-11-25 23:59:59", True), ("2026-11-26 00:00:00", False)]
)
def test_a_voucher_is_used_before_it_expires(
    market: Market, tea: Shop, spring: Campaign, moment: str, usable: bool
) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    assert voucher.expires_at == "2026-11-25T16:00:00Z"
    market.clock = moment
    if usable:
        tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher)
        assert voucher.status == "locked"
        return
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher)
    assert voucher.status == "available"  # no tick has reached it


def test_a_locked_voucher_past_its_time_can_still_be_paid_with(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    second = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher)
    market.clock = "2026-12-24 00:00"
    tea.tick()
    assert voucher.status == "locked"
    second.pay(30_00)
    assert voucher.status == "used"


def test_a_voucher_may_be_used_at_an_instant_before_its_issue(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    market.clock = "2026-11-01 10:00"
    tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher)
    assert voucher.status == "locked"


@pytest.mark.parametrize(
    ("moment", "status", "returned"),
    [("2026-11-25 23:59:59", "available", 0), ("2026-11-26 00:00:00", "expired", 20_00)],
)
def test_a_cancelled_order_releases_its_voucher(
    market: Market, tea: Shop, spring: Campaign, moment: str, status: str, returned: int
) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    second = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher)
    market.clock = moment
    second.cancel()
    assert market.kinds == ["event.applied", "voucher.changed"]
    assert market.said("voucher.changed") == [
        {"voucher": voucher.code, "status": status, "returned": returned}
    ]
    assert tea.marketing == returned
    assert market.account(f"voucher:{voucher.code}") == 20_00 - returned


@pytest.mark.parametrize(
    ("moment", "status"), [("2026-11-25 23:59:59", "frozen"), ("2026-11-26 00:00:00", "expired")]
)
def test_a_release_freezes_while_the_source_order_has_an_open_refund(
    market: Market, tea: Shop, spring: Campaign, moment: str, status: str
) -> None:
    first = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    second = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=first.earned)
    first.ask_refund("r1")
    assert first.earned.status == "locked"
    market.clock = moment
    second.cancel()
    assert first.earned.status == status


def test_a_release_forgets_a_refund_that_was_closed(market: Market, tea: Shop, spring: Campaign) -> None:
    first = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    second = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=first.earned)
    first.ask_refund("r1").ask_refund("r2").close_refund("r1").close_refund("r2")
    second.cancel()
    assert first.earned.status == "available"


def test_the_life_of_an_order(market: Market, tea: Shop) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 100.00", postage=8_00)
    assert (order.status, order.standing, order.cash) == ("placed", ("none", None), 0)
    order.pay()
    assert (order.status, order.standing, order.cash) == ("paid", ("none", None), 108_00)
    order.confirm()
    assert (order.status, order.standing) == ("confirmed", ("not_eligible", "no_campaign"))
    order.ship()
    assert market.kinds == ["event.applied"]
    assert order.status == "shipped"
    order.receive()
    assert market.kinds == ["event.applied"]
    assert (order.status, order.cash, order.refunded, order.payout) == ("received", 108_00, 0, 0)
    assert order.buyer == "Li"


def test_an_order_id_is_taken_once_in_its_shop(market: Market, tea: Shop, silk: Shop) -> None:
    tea.order("o1", "Li", "1 x oolong @ 100.00").cancel()
    with market.refuses("already_exists"):
        tea.order("o1", "Li", "1 x oolong @ 100.00")
    assert silk.order("o1", "Wang", "1 x scarf @ 90.00").status == "placed"


@pytest.mark.parametrize("stage", ["paid", "confirmed", "shipped", "received"])
def test_without_goods_cash_an_order_is_refunded_whatever_it_was(
    market: Market, tea: Shop, stage: str
) -> None:
    order = tea.order("o1", "Li", "2 x oolong @ 50.00").pay()
    for step in {"paid": [], "confirmed": ["confirm"], "shipped": ["confirm", "ship"]}.get(
        stage, ["confirm", "receive"]
    ):
        getattr(order, step)()
    assert order.status == stage
    order.refund("r1")
    assert order.status == "refunded"


def test_a_refunded_order_accepts_only_the_closing_of_refunds(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00").ask_refund("r1").refund("r2")
    assert order.status == "refunded"
    with market.refuses("wrong_state"):
        order.pay().confirm().ship().receive().cancel()
        order.ask_refund("r3").refund("r1").refund("r3").compensate(1)
    order.close_refund("r1")
    assert market.kinds == ["event.applied"]
    with market.refuses("unknown_refund"):
        order.close_refund("r1")


def test_postage_not_refunded_by_then_is_the_shops(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00", postage=8_00)
    order.refund("r1", units={1: 2})
    assert order.status == "refunded"
    assert (order.refunded, order.payout) == (100_00, 100_00)
    assert tea.sales == 8_00
    assert market.account("order:tea/o1") == 0


def test_part_of_the_postage_kept_is_the_shops(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00", postage=8_00)
    order.refund("r1", amount=0, postage=3_00)
    assert tea.sales == 0
    order.refund("r2", postage=4_00)
    assert tea.sales == 1_00
    assert market.account("external") == -1_00
