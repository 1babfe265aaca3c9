"""Wounds of refunds: paid twice, paid too much, or believed too early."""

import pytest

from pinback.rules.records import Policy
from tests.support.story import Market, Shop, as_line
from tests.wounds.conftest import POLICIES

both_policies = pytest.mark.parametrize("policy", POLICIES)


@both_policies
def test_w025_a_refund_that_is_rejected_changes_nothing(market: Market, tea: Shop, policy: Policy) -> None:
    """The refund was written down before the gateway had said yes, and when it said no the order stayed
    refunded.

    Here asking only freezes the voucher; what was rejected gives it back and leaves money and sales alone.
    """
    tea.campaign("spring", spend=100_00, get=15_00)
    order = tea.deal("o1", "Li", "1 x coat @ 120.00").receive()
    order.ask_refund("r1")
    assert (order.earned.status, order.refunded, order.rebate) == ("frozen", 0, "issued")
    order.close_refund("r1")
    assert (order.status, order.refunded, order.payout, order.rebate) == ("received", 0, 0, "issued")
    assert (order.earned.status, tea.sales, tea.sold("coat")["total"]) == ("available", 120_00, 1)
    order.refund("r1")
    assert (order.status, order.earned.status) == ("refunded", "reclaimed")


def test_w028_an_item_is_refunded_with_its_share_of_the_discount(market: Market, tea: Shop) -> None:
    """With a discount on the whole order, an item was refunded at its full price."""
    order = tea.deal("o1", "Li", "1 x coat @ 60.00, 1 x scarf @ 40.00", discount=10_00)
    order.refund("r1", units={1: 1})
    assert market.settled.payout == 54_00
    order.refund("r2", units={2: 1})
    assert market.settled.payout == 36_00
    assert (order.status, order.payout, order.cash) == ("refunded", 90_00, 90_00)


def test_w029_postage_is_in_the_refund_once(market: Market, tea: Shop) -> None:
    """Postage was added to a figure that already held it, and the refund was above the payment."""
    order = tea.deal("o1", "Li", "1 x cup @ 39.99", postage=7_50)
    with market.refuses("over_refund"):
        order.refund("r1", postage=15_00)
    order.refund("r1")
    assert (market.settled.payout, order.status) == (47_49, "refunded")


def test_w029_postage_is_refunded_once_apart_from_the_goods(market: Market, tea: Shop) -> None:
    """Postage was added to a figure that already held it: refunded apart, it is refunded once."""
    order = tea.deal("o1", "Li", "1 x cup @ 39.99", postage=7_50)
    order.refund("r1", amount=0, postage=7_50)
    for amount in (0, 39_99):
        with market.refuses("over_refund"):
            order.refund("r2", amount=amount, postage=7_50)
    order.refund("r2", amount=39_99)
    assert (order.status, order.payout) == ("refunded", 47_49)


def test_w029_postage_left_when_the_goods_are_refunded_is_the_shops(market: Market, tea: Shop) -> None:
    """Postage was added to a figure that already held it; asked for after the goods it must not be paid as
    well.

    The spec decides otherwise on the second run of the story: an order without goods is `refunded`, takes
    no further refund, and the postage that was not named is the shop's (section 3.7).
    """
    order = tea.deal("o1", "Li", "1 x cup @ 39.99", postage=7_50)
    order.refund("r1", amount=39_99)
    with market.refuses("wrong_state"):
        order.refund("r2", amount=0, postage=7_50)
    assert (order.status, order.payout, tea.sales) == ("refunded", 39_99, 7_50)


@pytest.mark.parametrize("policy", ["threshold"])
def test_w032_the_echo_of_a_refund_is_no_second_one(market: Market, tea: Shop, policy: Policy) -> None:
    """A refund made in the shop came back as news from the gateway, and was booked a second time.

    Here a refund has an id, and succeeds once: the same news is a duplicate, other news of it exist already.
    """
    tea.campaign("spring", spend=150_00, get=20_00)
    order = tea.deal("o1", "Li", "4 x scarf @ 50.00").receive()
    event = tea.event("refund.succeeded", order="o1", refund="r1", lines=[{"line": 1, "quantity": 1}])
    with market.knows():
        market.tell(as_line(event))
    with market.refuses("already_exists"):
        order.refund("r1", units={1: 1})
    with market.refuses("already_exists"):
        order.ask_refund("r1")
    assert (order.status, order.refunded, order.rebate) == ("received", 50_00, "issued")
    assert (tea.sold("scarf")["total"], tea.sales) == (3, 150_00)


@both_policies
def test_w017_a_group_that_failed_is_refunded_and_was_no_sale(
    market: Market, tea: Shop, policy: Policy
) -> None:
    """A group that had not filled when its time was over was handled as if it had.

    The group's clock is another part's; here an order that was paid and whose deal is never made is
    refunded whole, earns nothing, ships nothing, and counts for nothing.
    """
    tea.campaign("spring", spend=40_00, get=10_00)
    orders = [tea.order(f"o{n}", f"buyer{n}", "1 x oolong @ 40.00").pay() for n in range(2)]
    for order in orders:
        with market.refuses("wrong_state"):
            order.ship()
        with market.refuses("whole_only"):
            order.refund(f"r{order.name}", amount=1)
        order.refund(f"r{order.name}")
        assert market.settled.payout == 40_00
        with market.refuses("wrong_state"):
            order.confirm()
        with market.refuses("already_exists"):
            order.refund(f"r{order.name}")
    assert (market.document["vouchers"], market.document["sales"], tea.sales) == ({}, {}, 0)


@both_policies
def test_w018_one_member_refunded_leaves_the_others_alone(market: Market, tea: Shop, policy: Policy) -> None:
    """After one member of a complete group had been refunded, pages went on as if nothing had changed.

    The pages are another part's; here two orders, their vouchers and their sales stand.
    """
    tea.campaign("spring", spend=50_00, get=10_00)
    orders = [tea.deal(f"o{n}", f"buyer{n}", "1 x oolong @ 50.00").receive() for n in range(3)]
    orders[1].refund("r1")
    assert [order.status for order in orders] == ["received", "refunded", "received"]
    assert [order.earned.status for order in orders] == ["available", "reclaimed", "available"]
    assert (tea.sold("oolong")["total"], tea.sales, tea.completed_orders) == (2, 100_00, 2)
