"""Section 7: what counts as sold, in which month, and what leaves the count again."""

import pytest

from tests.support.story import Market, Shop


def test_only_a_receipt_is_a_sale(market: Market, tea: Shop) -> None:
    order = tea.order("o1", "Li", "2 x oolong @ 50.00")
    for step in (order.pay, order.confirm, order.ship):
        step()
        assert market.document["sales"] == {}
        assert tea.completed_orders == 0
    order.receive()
    assert market.document["sales"] == {"tea/oolong": {"total": 2, "months": {"2026-11": 2}}}
    assert tea.completed_orders == 1


def test_an_order_is_received_without_being_shipped(tea: Shop) -> None:
    tea.deal("o1", "Li", "2 x oolong @ 50.00").receive()
    assert tea.sold("oolong") == {"total": 2, "months": {"2026-11": 2}}


def test_units_refunded_before_receipt_are_never_sold(tea: Shop) -> None:
    order = tea.deal("o1", "Li", "3 x oolong @ 50.00, 2 x cup @ 5.00")
    order.refund("r1", units={1: 1, 2: 2}).receive()
    assert tea.market.document["sales"] == {"tea/oolong": {"total": 2, "months": {"2026-11": 2}}}
    assert tea.completed_orders == 1


def test_units_stay_sold_when_only_an_amount_is_refunded(tea: Shop) -> None:
    order = tea.deal("o1", "Li", "3 x oolong @ 50.00").receive().refund("r1", amount=149_99)
    assert tea.sold("oolong")["total"] == 3
    order.refund("r2", amount=1)
    assert tea.sold("oolong") == {"total": 0, "months": {}}


def test_a_unit_refunded_later_leaves_the_month_it_was_counted_in(market: Market, tea: Shop) -> None:
    market.clock = "2026-11-30 23:59:59"
    order = tea.deal("o1", "Li", "3 x oolong @ 50.00").receive()
    market.clock = "2026-12-01 00:00:00"
    tea.deal("o2", "Li", "5 x oolong @ 50.00").receive()
    assert tea.sold("oolong") == {"total": 8, "months": {"2026-11": 3, "2026-12": 5}}
    order.refund("r1", units={1: 1})
    assert tea.sold("oolong") == {"total": 7, "months": {"2026-11": 2, "2026-12": 5}}
    order.refund("r2")
    assert tea.sold("oolong") == {"total": 5, "months": {"2026-12": 5}}


@pytest.mark.parametrize(
    ("zone", "moment", "month"),
    [
        ("Asia/Shanghai", "2026-11-30T15:59:59Z", "2026-11"),
        ("Asia/Shanghai", "2026-11-30T16:00:00Z", "2026-12"),
        ("America/St_Johns", "2026-12-01T03:29:59Z", "2026-11"),
        ("America/St_Johns", "2026-12-01T03:30:00Z", "2026-12"),
        ("Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2027-01"),
    ],
)
def test_the_month_is_the_shops_local_one(
    market: Market, tea: Shop, zone: str, moment: str, month: str
) -> None:
    tea.opens(zone)
    order = tea.deal("o1", "Li", "1 x oolong @ 50.00")
    market.clock = moment
    order.receive()
    assert tea.sold("oolong")["months"] == {month: 1}


def test_the_same_product_in_two_lines_and_in_two_shops(market: Market, tea: Shop, silk: Shop) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 50.00, 2 x oolong @ 40.00").receive()
    silk.deal("o1", "Li", "7 x oolong @ 50.00").receive()
    assert tea.sold("oolong")["total"] == 3
    assert silk.sold("oolong")["total"] == 7
    order.refund("r1", units={2: 1})
    assert tea.sold("oolong")["total"] == 2


def test_free_units_are_sold_too(tea: Shop) -> None:
    tea.deal("o1", "Li", "1 x oolong @ 50.00, 4 x sample @ 0.00").receive()
    assert tea.sold("sample")["total"] == 4


def test_completed_orders_are_received_and_not_fully_refunded(tea: Shop) -> None:
    one = tea.deal("o1", "Li", "2 x oolong @ 50.00", postage=8_00).receive()
    other = tea.deal("o2", "Li", "2 x oolong @ 50.00").receive()
    assert tea.completed_orders == 2
    one.refund("r1", units={1: 1})
    assert tea.completed_orders == 2
    one.refund("r2", units={1: 1})  # 8.00 of postage stay with the shop, but the goods are all refunded
    assert tea.completed_orders == 1
    other.refund("r3")
    assert tea.completed_orders == 0


def test_an_order_refunded_before_receipt_was_never_completed(tea: Shop) -> None:
    tea.deal("o1", "Li", "2 x oolong @ 50.00").refund("r1")
    assert tea.completed_orders == 0
    assert tea.market.document["sales"] == {}


def test_a_product_once_counted_stays_with_a_total_of_0(market: Market, tea: Shop) -> None:
    tea.deal("o1", "Li", "2 x oolong @ 50.00").receive().refund("r1")
    assert market.document["sales"] == {"tea/oolong": {"total": 0, "months": {}}}


def test_a_product_refunded_before_receipt_was_never_counted(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00, 1 x cup @ 5.00").refund("r1", units={2: 1}).receive()
    order.refund("r2", units={1: 1})
    assert market.document["sales"] == {"tea/oolong": {"total": 1, "months": {"2026-11": 1}}}
