"""Wounds of vouchers: kept by a payment that failed, lost with an order that was called off, or turned into
cash.
"""

import pytest

from pinback.rules.records import Policy
from tests.support.story import Market, Shop, Voucher
from tests.wounds.conftest import POLICIES


@pytest.fixture
def voucher(tea: Shop) -> Voucher:
    """Li's voucher of 15.00, which is good until midnight before 26 November."""
    tea.campaign("spring", spend=100_00, get=15_00)
    return tea.deal("source", "Li", "1 x oolong @ 100.00").earned


def test_w013_a_payment_that_failed_takes_nothing_away(market: Market, tea: Shop, voucher: Voucher) -> None:
    """A declined card left the code counted as used, and the retry was refused.

    Here a voucher is reserved when the order is placed, used when it is paid, released when it is called
    off; an attempt that brings the wrong amount, or nothing, changes nothing.
    """
    order = tea.order("o1", "Li", "1 x coat @ 50.00", voucher=voucher)
    assert (voucher.status, voucher.used_by) == ("locked", None)
    for amount in (0, 34_99, 50_00):
        with market.refuses("amount_mismatch"):
            order.pay(amount)
    assert (order.status, voucher.status) == ("placed", "locked")
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Li", "1 x coat @ 50.00", voucher=voucher)
    order.pay(35_00)
    assert (voucher.status, voucher.used_by) == ("used", "tea/o1")


def test_w013_calling_off_gives_the_voucher_back(market: Market, tea: Shop, voucher: Voucher) -> None:
    """A declined card left the code counted as used: an order that is never paid gives it back, for another
    one.
    """
    tea.order("o1", "Li", "1 x coat @ 50.00", voucher=voucher).cancel()
    assert voucher.status == "available"
    tea.order("o2", "Li", "1 x coat @ 50.00", voucher=voucher).pay()
    assert voucher.used_by == "tea/o2"


def test_w015_a_voucher_is_judged_by_the_order_that_is_placed(
    market: Market, tea: Shop, voucher: Voucher
) -> None:
    """A code stayed applied after items had been removed and the cart was too small for it.

    Here nothing is applied before the order: its final lines decide. A voucher has no minimum to spend, but
    a fen of the goods must be paid in cash (section 3.1).
    """
    for goods in ("1 x cup @ 15.00", "1 x cup @ 3.00"):
        with market.refuses("voucher_too_large"):
            tea.order("o1", "Li", goods, voucher=voucher)
    assert voucher.status == "available"
    assert tea.order("o1", "Li", "1 x cup @ 15.01", voucher=voucher).pay().cash == 1


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("day", ["2026-11-25 23:59:59", "2026-11-26 00:00"])
def test_w016_a_voucher_comes_back_in_its_own_terms(
    market: Market, tea: Shop, voucher: Voucher, policy: Policy, day: str
) -> None:
    """Coupons were not given back when an order was cancelled or refunded.

    Here a voucher returns once: available, or expired where its time is over, which sends its value home.
    It never becomes cash.
    """
    order = tea.order("o1", "Li", "1 x coat @ 80.00", voucher=voucher).pay()
    market.clock = day
    order.refund("r1")
    assert (market.settled.payout, market.settled.taken_back, order.status) == (65_00, 0, "refunded")
    over = day == "2026-11-26 00:00"
    assert (voucher.status, tea.marketing) == (("expired", 15_00) if over else ("available", 0))
    market.clock = "2026-12-01"
    tea.tick()
    assert (voucher.status, tea.marketing) == ("expired", 15_00)


def test_w016_a_voucher_of_a_cancelled_order_comes_back_in_its_own_terms(
    market: Market, tea: Shop, voucher: Voucher
) -> None:
    """Coupons were not given back when an order was cancelled: past its time it goes home with the order."""
    order = tea.order("o1", "Li", "1 x coat @ 80.00", voucher=voucher)
    market.clock = "2026-11-27"
    tea.tick()
    assert voucher.status == "locked"
    order.cancel()
    assert (voucher.status, tea.marketing) == ("expired", 15_00)


def test_w031_an_order_is_never_paid_by_voucher_alone(market: Market, tea: Shop, voucher: Voucher) -> None:
    """An order that stored value had covered wholly was worth 0, and so could not be refunded at all.

    The spec decides otherwise: a fen of cash is always paid, so such an order cannot be placed. One with a
    fen of cash is refunded like any other: the unit is not sold, and a refund of nothing is refused.
    """
    with market.refuses("voucher_too_large"):
        tea.order("o1", "Li", "1 x cup @ 15.00", voucher=voucher)
    order = tea.deal("o1", "Li", "1 x cup @ 15.01", voucher=voucher).receive()
    with market.refuses("bad_event"):
        order.refund("r1", amount=0)
    order.refund("r1")
    assert (market.settled.payout, market.settled.taken_back) == (1, 15_00)
    assert (order.status, tea.sold("cup"), tea.marketing) == ("refunded", {"total": 0, "months": {}}, 15_00)
