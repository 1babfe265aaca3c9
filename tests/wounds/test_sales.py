"""Wounds of sales figures: never taken back, taken back twice, or counted in the wrong month."""

import pytest

from pinback.rules.records import Policy
from tests.support.story import Market, Shop, as_line
from tests.wounds.conftest import POLICIES


@pytest.mark.parametrize("policy", POLICIES)
def test_w042_what_is_refunded_is_not_sold(market: Market, tea: Shop, policy: Policy) -> None:
    """The counter of a product only ever went up, whatever was refunded."""
    tea.deal("o1", "Li", "10 x cup @ 50.00").receive()
    assert (tea.sold("cup")["total"], tea.sales) == (10, 500_00)
    order = tea.deal("o2", "Wang", "2 x cup @ 50.00").receive()
    assert (tea.sold("cup")["total"], tea.sales) == (12, 600_00)
    order.refund("r1")
    assert (tea.sold("cup")["total"], tea.sales) == (10, 500_00)


def test_w043_sales_follow_facts_and_not_the_way_there(market: Market, tea: Shop) -> None:
    """Counting up and down with changes of status went wrong when an order went to and fro.

    Here receipt counts once, a refund takes off the units it names, and the same news again does nothing.
    """
    order = tea.order("o1", "Li", "3 x cup @ 10.00").pay()
    order.ask_refund("r1").close_refund("r1")
    order.confirm().ship()
    assert market.document["sales"] == {}
    order.receive()
    event = tea.event("refund.succeeded", order="o1", refund="r2", lines=[{"line": 1, "quantity": 1}])
    for _ in range(2):
        with market.knows():
            market.tell(as_line(event))
    with market.refuses("wrong_state"):
        order.receive()
    assert tea.sold("cup") == {"total": 2, "months": {"2026-11": 2}}


def test_w045_a_refund_is_taken_off_once(market: Market, tea: Shop) -> None:
    """Net sales took each refund off twice, and postage on one side only: 60 instead of 80."""
    orders = [tea.deal(f"o{n}", f"buyer{n}", "1 x cup @ 20.00", postage=5_00).receive() for n in range(5)]
    orders[2].refund("r1")
    goods = sum(order.cash - order.refunded - 5_00 for order in orders if order.status == "received")
    assert goods == 80_00
    assert tea.sales == goods + 4 * 5_00
    assert (orders[2].cash, orders[2].refunded) == (25_00, 25_00)
    assert (tea.sold("cup")["total"], tea.completed_orders) == (4, 4)


def test_w047_a_month_has_all_of_its_days(market: Market, tea: Shop) -> None:
    """The report lost the last day of a month, whose length was that of another month by UTC.

    Months are the shop's own: from the first 0:00 on, and not the next one.
    """
    for name, moment in (
        ("a", "2026-05-31 23:59:59"),
        ("b", "2026-06-01 00:00:00"),
        ("c", "2026-02-28 12:00"),
    ):
        market.clock = moment
        tea.deal(name, "Li", "1 x cup @ 1.00").receive()
    assert tea.sold("cup") == {"total": 3, "months": {"2026-02": 1, "2026-05": 1, "2026-06": 1}}


def test_w047_a_late_refund_goes_to_the_month_of_the_sale(market: Market, tea: Shop) -> None:
    """The report lost the last day of a month: what is refunded in June was sold in May, and May shows it."""
    market.clock = "2026-05-31 23:59:59"
    order = tea.deal("o1", "Li", "2 x cup @ 1.00").receive()
    market.clock = "2026-06-01 00:00"
    order.refund("r1", units={1: 1})
    assert tea.sold("cup") == {"total": 1, "months": {"2026-05": 1}}


def test_w048_unpaid_orders_are_no_sales(market: Market, tea: Shop) -> None:
    """Orders that had expired unpaid were counted as sold: 28 of 100, of which 7 were real.

    Only what was received is sold: not what was placed, nor cancelled, paid, confirmed or shipped.
    """
    for number in range(7):
        tea.deal(f"real{number}", f"buyer{number}", "1 x ticket @ 10.00").receive()
    for number in range(21):
        tea.order(f"expired{number}", "Li", "1 x ticket @ 10.00").cancel()
    tea.order("placed", "Li", "1 x ticket @ 10.00")
    tea.order("paid", "Li", "1 x ticket @ 10.00").pay()
    tea.deal("confirmed", "Li", "1 x ticket @ 10.00")
    tea.deal("shipped", "Li", "1 x ticket @ 10.00").ship()
    assert (tea.sold("ticket")["total"], tea.sales, tea.completed_orders) == (7, 70_00, 7)
