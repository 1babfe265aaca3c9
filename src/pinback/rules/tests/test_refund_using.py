"""Section 6a: refunds of the order that used a voucher, before and after its deal is made."""

import pytest

from tests.support.story import Campaign, Market, Order, Settled, Shop


def bought_with(tea: Shop, source: Order, goods: str = "1 x oolong @ 50.00", postage: int = 0) -> Order:
    """Another order of the same buyer, paid with the voucher of `source`; its deal is not made yet."""
    return tea.order("o2", "Li", goods, voucher=source.earned, postage=postage).pay()


@pytest.fixture
def source(tea: Shop, spring: Campaign) -> Order:
    """Li's order that earned a voucher of 20.00."""
    return tea.deal("o1", "Li", "2 x oolong @ 50.00")


@pytest.mark.parametrize(
    ("moment", "asked", "status", "returned"),
    [
        ("2026-11-25 23:59:59", False, "available", 0),
        ("2026-11-25 23:59:59", True, "frozen", 0),
        ("2026-11-26 00:00:00", False, "expired", 20_00),
        ("2026-11-26 00:00:00", True, "expired", 20_00),
    ],
)
def test_before_the_deal_the_voucher_returns_to_its_owner(
    market: Market, tea: Shop, source: Order, moment: str, asked: bool, status: str, returned: int
) -> None:
    using = bought_with(tea, source, postage=5_00)
    if asked:
        source.ask_refund("r1")
    market.clock = moment
    using.refund("r2")
    assert market.kinds == ["event.applied", "refund.settled", "voucher.changed"]
    assert market.settled == Settled(35_00, 0, 0, 35_00, 0, 0)
    assert market.said("voucher.changed") == [
        {"voucher": "tea/spring/1", "status": status, "returned": returned}
    ]
    assert (source.earned.status, source.earned.used_by) == (status, None)
    assert (using.status, using.cash, using.refunded, using.payout) == ("refunded", 35_00, 35_00, 35_00)
    assert (tea.marketing, market.account("voucher:tea/spring/1")) == (returned, 20_00 - returned)
    assert market.account("order:tea/o2") == 0


def test_a_returned_voucher_is_used_again_whole(market: Market, tea: Shop, source: Order) -> None:
    bought_with(tea, source).refund("r1")
    third = tea.order("o3", "Li", "1 x oolong @ 50.00", voucher=source.earned).pay()
    assert source.earned.used_by == third.key
    source.refund("r2")
    assert market.settled == Settled(100_00, 20_00, 0, 80_00, 0, 0)


def test_before_the_deal_but_its_source_lost_its_eligibility(
    market: Market, tea: Shop, source: Order
) -> None:
    using = bought_with(tea, source)
    source.refund("r1", amount=5_00)
    assert market.settled == Settled(5_00, 5_00, 0, 0, 0, 15_00)
    using.refund("r2")
    assert market.kinds == ["event.applied", "refund.settled", "voucher.changed", "debt.changed"]
    # Of 20.00 the buyer has bought back 5.00; 15.00 go to the shop and clear the debt.
    assert market.settled == Settled(30_00, 0, 5_00, 35_00, 15_00, 0)
    assert market.said("voucher.changed") == [
        {"voucher": "tea/spring/1", "status": "reclaimed", "returned": 0}
    ]
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 0}]
    assert (source.earned.status, source.earned.used_by) == ("reclaimed", None)
    assert (tea.marketing, tea.debt("Li")) == (20_00, 0)
    source.refund("r3")
    assert market.settled == Settled(95_00, 0, 0, 95_00, 0, 0)


def test_before_the_deal_with_everything_recovered_already(market: Market, tea: Shop, source: Order) -> None:
    using = bought_with(tea, source)
    source.refund("r1", amount=20_00)
    assert market.settled == Settled(20_00, 20_00, 0, 0, 0, 0)
    using.refund("r2")
    assert market.kinds == ["event.applied", "refund.settled", "voucher.changed"]
    assert market.settled == Settled(30_00, 0, 20_00, 50_00, 0, 0)
    assert source.earned.status == "reclaimed"


def test_after_the_deal_the_buyer_gets_cash_only(market: Market, tea: Shop, source: Order) -> None:
    using = bought_with(tea, source).confirm().refund("r1")
    assert market.kinds == ["event.applied", "refund.settled"]
    assert market.settled == Settled(30_00, 0, 0, 30_00, 20_00, 0)
    assert (source.earned.status, source.earned.used_by) == ("used", using.key)
    assert tea.marketing == 20_00
    assert (using.refunded, using.payout) == (30_00, 30_00)


def test_what_was_taken_back_lowers_what_is_left(market: Market, tea: Shop, source: Order) -> None:
    using = bought_with(tea, source, "2 x oolong @ 25.00").confirm()
    using.refund("r1", units={1: 1})
    assert market.settled == Settled(15_00, 0, 0, 15_00, 10_00, 0)
    source.refund("r2")
    assert market.settled == Settled(100_00, 10_00, 0, 90_00, 0, 0)
    using.refund("r3")
    # The other half of the voucher the buyer has bought back with money that was withheld.
    assert market.settled == Settled(15_00, 0, 10_00, 25_00, 0, 0)
    assert (tea.marketing, tea.sales, market.account("external")) == (20_00, 0, -200_00)


@pytest.mark.parametrize(
    ("withheld", "taken_back", "bought_back"),
    [(9_99, 10_00, 0), (10_00, 10_00, 0), (10_01, 9_99, 1), (20_00, 0, 10_00)],
)
def test_taken_back_as_far_as_what_is_left_reaches(
    market: Market, tea: Shop, source: Order, withheld: int, taken_back: int, bought_back: int
) -> None:
    using = bought_with(tea, source, "2 x oolong @ 25.00").confirm()
    source.refund("r1", amount=withheld)
    assert market.settled.withheld == withheld
    using.refund("r2", units={1: 1})
    settled = market.settled
    assert (settled.taken_back, settled.bought_back) == (taken_back, bought_back)
    assert settled.payout == 15_00 + bought_back
    assert tea.debt("Li") == 20_00 - withheld - taken_back


def test_taking_back_lowers_the_debt(market: Market, tea: Shop, source: Order) -> None:
    using = bought_with(tea, source, "2 x oolong @ 25.00").confirm()
    source.refund("r1", amount=5_00)
    assert tea.debt("Li") == 15_00
    using.refund("r2", units={1: 1})
    assert market.kinds == ["event.applied", "refund.settled", "debt.changed"]
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 5_00}]
    using.refund("r3")
    assert market.settled == Settled(15_00, 0, 5_00, 20_00, 5_00, 0)
    assert tea.debt("Li") == 0


def test_after_receipt_it_comes_out_of_sales(market: Market, tea: Shop, silk: Shop, source: Order) -> None:
    using = silk.order("o2", "Li", "2 x scarf @ 25.00", voucher=source.earned).pay().confirm().receive()
    assert silk.sales == 50_00
    source.refund("r1", amount=15_00)
    using.refund("r2", units={1: 1})
    # Of the voucher part of 10.00, 5.00 were left and go to the tea house; 5.00 are paid to Li.
    assert market.settled == Settled(15_00, 0, 5_00, 20_00, 5_00, 0)
    assert (silk.sales, silk.marketing, tea.marketing) == (25_00, 0, 20_00)


def test_the_refund_of_a_free_looking_part_moves_no_voucher(tea: Shop, source: Order) -> None:
    using = bought_with(tea, source, "1 x oolong @ 50.00, 1 x sample @ 0.00", postage=5_00).confirm()
    using.refund("r1", units={2: 1})
    assert tea.market.settled == Settled(0, 0, 0, 0, 0, 0)
    using.refund("r2", amount=0, postage=5_00)
    assert tea.market.settled == Settled(5_00, 0, 0, 5_00, 0, 0)
    assert tea.marketing == 0


def test_an_order_that_used_one_voucher_and_earned_another(market: Market, tea: Shop, source: Order) -> None:
    using = tea.deal("o2", "Li", "1 x oolong @ 140.00", voucher=source.earned)
    source.refund("r1", amount=5_00)
    assert tea.debt("Li") == 15_00
    using.refund("r2", amount=12_00)
    # 12.00 of 120.00 carry a tenth of the voucher, 2.00, which is taken back; the second is not used yet.
    assert market.settled == Settled(12_00, 0, 0, 12_00, 2_00, 0)
    assert market.said("voucher.changed") == [
        {"voucher": "tea/spring/2", "status": "reclaimed", "returned": 20_00}
    ]
    assert tea.debt("Li") == 13_00


def test_a_refund_that_clears_a_debt_and_makes_another_shows_the_difference(
    market: Market, tea: Shop, source: Order
) -> None:
    using = tea.deal("o2", "Li", "1 x oolong @ 140.00", voucher=source.earned)
    tea.deal("o3", "Li", "1 x oolong @ 50.00", voucher=using.earned)
    source.refund("r1", amount=5_00)
    using.refund("r2", amount=6_00)
    # The first voucher gives back 1.00 of 15.00; of the second 6.00 are withheld and 14.00 are owed.
    assert market.settled == Settled(6_00, 6_00, 0, 0, 1_00, 14_00)
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 28_00}]


def test_debts_to_two_shops_are_shown_by_shop(market: Market, tea: Shop, silk: Shop, source: Order) -> None:
    silk.campaign("autumn", spend=100_00, get=30_00)
    using = silk.deal("o2", "Li", "1 x scarf @ 140.00", voucher=source.earned)
    tea.deal("o3", "Li", "1 x oolong @ 50.00", voucher=using.earned)
    source.refund("r1", amount=5_00)
    using.refund("r2", amount=6_00)
    assert market.said("debt.changed") == [
        {"buyer": "Li", "owed_to": "silk", "debt": 24_00},
        {"buyer": "Li", "owed_to": "tea", "debt": 14_00},
    ]
    assert (silk.debt("Li"), tea.debt("Li")) == (24_00, 14_00)


def test_a_refund_that_clears_the_debt_lets_its_own_pending_rebate_be_issued() -> None:
    market = Market("threshold")
    tea = market.shop("tea")
    tea.campaign("spring", spend=100_00, get=20_00)
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    using = tea.order("o2", "Li", "2 x oolong @ 200.00", voucher=source.earned).pay()
    source.refund("r1", amount=10_00)
    assert tea.debt("Li") == 10_00
    using.ask_refund("r2").confirm()
    using.refund("r2", units={1: 1})
    assert tea.debt("Li") == 0
    assert using.standing == ("issued", None)
    assert market.kinds == [
        "event.applied",
        "refund.settled",
        "rebate.decided",
        "voucher.issued",
        "debt.changed",
    ]
