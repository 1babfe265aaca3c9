"""Section 6: a used voucher whose source order is refunded: what is withheld and owed, how it is paid."""

import pytest

from tests.support.story import Campaign, Market, Order, Settled, Shop


@pytest.fixture
def source(tea: Shop, spring: Campaign) -> Order:
    """Li's order of 100.00 and 8.00 postage, whose voucher of 20.00 is used at the tea house."""
    order = tea.deal("o1", "Li", "4 x oolong @ 25.00", postage=8_00)
    tea.deal("o2", "Li", "1 x oolong @ 50.00", voucher=order.earned)
    return order


def indebted(tea: Shop, name: str, buyer: str, cash: int) -> Order:
    """An order whose used voucher of 20.00 was refunded by `cash` fen: the rest is owed."""
    order = tea.deal(name, buyer, "1 x oolong @ 100.00")
    tea.deal(f"{name}u", buyer, "1 x cup @ 50.00", voucher=order.earned)
    return order.refund(f"{name}r", amount=cash)


def test_a_whole_refund_withholds_the_voucher(market: Market, tea: Shop, source: Order) -> None:
    source.refund("r1")
    assert market.kinds == ["event.applied", "refund.settled", "rebate.decided"]
    assert market.settled == Settled(108_00, 20_00, 0, 88_00, 0, 0)
    assert (tea.marketing, source.refunded, source.payout) == (20_00, 108_00, 88_00)
    assert (source.earned.status, source.earned.used_by) == ("used", "tea/o2")


@pytest.mark.parametrize(
    ("amount", "withheld", "payout", "debt"),
    [(1, 1, 0, 19_99), (19_99, 19_99, 0, 1), (20_00, 20_00, 0, 0), (20_01, 20_00, 1, 0)],
)
def test_withheld_as_far_as_it_reaches(
    market: Market, tea: Shop, source: Order, amount: int, withheld: int, payout: int, debt: int
) -> None:
    source.refund("r1", amount=amount)
    assert market.settled == Settled(amount, withheld, 0, payout, 0, debt)
    assert tea.debt("Li") == debt
    assert market.kinds[3:] == (["debt.changed"] if debt else [])
    assert tea.marketing == withheld


def test_withholding_reaches_postage(market: Market, tea: Shop, source: Order) -> None:
    source.refund("r1", amount=15_00, postage=8_00)
    assert market.settled == Settled(23_00, 20_00, 0, 3_00, 0, 0)


def test_later_refunds_withhold_the_rest(market: Market, tea: Shop, source: Order) -> None:
    source.refund("r1", amount=5_00)
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 15_00}]
    source.refund("r2", amount=0, postage=8_00)
    assert market.kinds == ["event.applied", "refund.settled", "debt.changed"]
    assert market.settled == Settled(8_00, 8_00, 0, 0, 0, 7_00)
    source.refund("r3", amount=10_00)
    assert market.settled == Settled(10_00, 7_00, 0, 3_00, 0, 0)
    source.refund("r4")
    assert market.settled == Settled(85_00, 0, 0, 85_00, 0, 0)
    assert market.kinds == ["event.applied", "refund.settled"]
    assert (tea.marketing, tea.debt("Li")) == (20_00, 0)


def test_withholding_never_reaches_what_is_bought_back(market: Market, tea: Shop, silk: Shop) -> None:
    """An order that used one voucher and earned another, both of whose orders are refunded."""
    tea.campaign("spring", spend=100_00, get=20_00)
    silk.campaign("autumn", spend=100_00, get=90_00)
    first = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    second = silk.deal("o2", "Li", "1 x scarf @ 120.00", voucher=first.earned)
    silk.deal("o3", "Li", "1 x scarf @ 95.00", voucher=second.earned)
    first.refund("r1", amount=20_00)
    second.refund("r2", amount=50_00)
    # Half of the 20.00 was bought back with what was withheld before; it is paid out although 40.00 are owed.
    assert market.settled == Settled(50_00, 50_00, 10_00, 10_00, 0, 40_00)


def test_the_debt_of_a_stopped_or_expired_voucher_is_nothing(market: Market, tea: Shop) -> None:
    tea.campaign("spring", spend=100_00, get=20_00)
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").refund("r1", amount=1)
    assert market.settled.debt == 0
    order.refund("r2", amount=1)
    assert market.settled == Settled(1, 0, 0, 1, 0, 0)


def test_under_threshold_nothing_is_withheld_while_eligible() -> None:
    market = Market("threshold")
    tea = market.shop("tea")
    tea.campaign("spring", spend=50_00, get=20_00)
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    tea.deal("o2", "Li", "1 x oolong @ 40.00", voucher=source.earned)
    source.refund("r1", amount=50_00)
    assert market.settled == Settled(50_00, 0, 0, 50_00, 0, 0)
    assert source.standing == ("issued", None)
    source.refund("r2", amount=1)
    assert market.settled == Settled(1, 1, 0, 0, 0, 19_99)


def test_who_owes_a_shop_earns_nothing_there(market: Market, tea: Shop, silk: Shop, source: Order) -> None:
    silk.campaign("autumn", spend=100_00, get=30_00)
    source.refund("r1", amount=19_99)
    assert tea.debt("Li") == 1
    assert tea.deal("o3", "Li", "1 x oolong @ 100.00").standing == ("not_eligible", "buyer_in_debt")
    assert tea.deal("o4", "Wang", "1 x oolong @ 100.00").standing == ("issued", None)
    assert silk.deal("o5", "Li", "1 x scarf @ 100.00").standing == ("issued", None)
    tea.pay_debt("Li", 1)
    assert tea.deal("o6", "Li", "1 x oolong @ 100.00").standing == ("issued", None)


def test_a_debt_counts_at_the_deal_not_at_the_order(market: Market, tea: Shop, source: Order) -> None:
    order = tea.order("o3", "Li", "1 x oolong @ 100.00").pay()
    source.refund("r1", amount=1)
    assert order.confirm().standing == ("not_eligible", "buyer_in_debt")


@pytest.mark.parametrize("owed", [1, 15_00])
def test_a_debt_is_paid_to_the_fen(market: Market, tea: Shop, source: Order, owed: int) -> None:
    source.refund("r1", amount=20_00 - owed)
    with market.refuses("not_owed"):
        tea.pay_debt("Li", owed + 1)
        tea.pay_debt("Wang", 1)
    tea.pay_debt("Li", owed)
    assert market.kinds == ["event.applied", "debt.changed"]
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 0}]
    assert market.document["debts"] == {}
    assert tea.marketing == 20_00
    with market.refuses("not_owed"):
        tea.pay_debt("Li", 1)


def test_a_debt_is_owed_to_one_shop(market: Market, tea: Shop, silk: Shop, source: Order) -> None:
    source.refund("r1", amount=5_00)
    with market.refuses("not_owed"):
        silk.pay_debt("Li", 1)


def test_what_is_paid_of_a_debt_is_withheld_no_more(market: Market, tea: Shop, source: Order) -> None:
    source.refund("r1", amount=5_00)
    tea.pay_debt("Li", 9_00)
    assert tea.debt("Li") == 6_00
    source.refund("r2", amount=50_00)
    assert market.settled == Settled(50_00, 6_00, 0, 44_00, 0, 0)
    assert tea.marketing == 20_00


def test_a_payment_recovers_vouchers_in_the_order_of_their_issue(market: Market, tea: Shop) -> None:
    tea.campaign("spring", spend=100_00, get=20_00)
    tea.campaign("autumn", spend=100_00, get=10_00, funded="2026-11-08 12:00")
    first = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    tea.deal("o1u", "Li", "1 x cup @ 50.00", voucher=first.earned)
    second = tea.deal("o2", "Li", "1 x oolong @ 100.00")
    tea.deal("o2u", "Li", "1 x cup @ 50.00", voucher=second.earned)
    second.refund("r2", amount=5_00)  # owed for the second voucher first, 15.00
    first.refund("r1", amount=1_00)  # then for the first one, 19.00
    assert tea.debt("Li") == 34_00
    tea.pay_debt("Li", 21_00)  # all of the first, 2.00 of the second
    first.refund("r3", amount=10_00)
    assert market.settled == Settled(10_00, 0, 0, 10_00, 0, 0)
    second.refund("r4", amount=20_00)
    assert market.settled == Settled(20_00, 13_00, 0, 7_00, 0, 0)
    assert tea.marketing == 40_00


@pytest.mark.parametrize(
    ("paid", "first_left", "second_left"),
    [(1, 9_99, 15_00), (9_99, 1, 15_00), (10_00, 0, 15_00), (10_01, 0, 14_99), (25_00, 0, 0)],
)
def test_a_payment_ends_where_it_reaches(
    market: Market, tea: Shop, spring: Campaign, paid: int, first_left: int, second_left: int
) -> None:
    one = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    other = tea.deal("o2", "Li", "1 x oolong @ 100.00")
    tea.deal("u1", "Li", "1 x cup @ 50.00", voucher=one.earned)
    tea.deal("u2", "Li", "1 x cup @ 50.00", voucher=other.earned)
    one.refund("r1", amount=10_00)
    other.refund("r2", amount=5_00)
    tea.pay_debt("Li", paid)
    one.refund("r3")
    assert market.settled.withheld == first_left
    other.refund("r4")
    assert market.settled.withheld == second_left


def test_issue_across_campaigns_counts_not_the_code(market: Market, tea: Shop) -> None:
    """The second voucher of a shop is recovered second, though its code comes first as text."""
    tea.campaign("z", spend=100_00, get=20_00)
    tea.campaign("a", spend=50_00, get=10_00)
    one = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    other = tea.deal("o2", "Li", "1 x oolong @ 60.00")
    assert (one.earned.code, other.earned.code) == ("tea/z/1", "tea/a/1")
    tea.deal("u1", "Li", "1 x cup @ 50.00", voucher=one.earned)
    tea.deal("u2", "Li", "1 x cup @ 50.00", voucher=other.earned)
    other.refund("r2", amount=1_00)
    one.refund("r1", amount=1_00)
    tea.pay_debt("Li", 19_00)
    one.refund("r3", amount=1_00)
    assert market.settled.withheld == 0
    other.refund("r4", amount=1_00)
    assert market.settled.withheld == 1_00


def test_debts_for_several_vouchers_add_up(market: Market, tea: Shop, spring: Campaign) -> None:
    one = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    other = tea.deal("o2", "Li", "1 x oolong @ 100.00")
    tea.deal("u1", "Li", "1 x cup @ 50.00", voucher=one.earned)
    tea.deal("u2", "Li", "1 x cup @ 50.00", voucher=other.earned)
    one.refund("r1", amount=1)
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 19_99}]
    other.refund("r2", amount=1)
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 39_98}]
    assert market.settled.debt == 19_99
    one.refund("r3")
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 19_99}]
    other.refund("r4")
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 0}]


def test_the_left_of_a_voucher_used_up_by_its_own_order_is_no_debt(
    market: Market, tea: Shop, source: Order
) -> None:
    market.shop("tea").event("refund.succeeded", order="o2", refund="r0")  # takes the whole voucher part back
    assert market.settled.taken_back == 20_00
    source.refund("r1", amount=1)
    assert market.settled == Settled(1, 0, 0, 1, 0, 0)
    assert tea.debt("Li") == 0


def test_two_debtors_do_not_mix(market: Market, tea: Shop, spring: Campaign) -> None:
    indebted(tea, "o1", "Li", 5_00)
    indebted(tea, "o2", "Wang", 7_00)
    assert market.document["debts"] == {"tea/Li": 15_00, "tea/Wang": 13_00}
    tea.pay_debt("Wang", 13_00)
    assert market.document["debts"] == {"tea/Li": 15_00}
