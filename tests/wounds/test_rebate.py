"""Wounds of rebates: money that stays with the buyer after the goods went back, or is taken back twice."""

import pytest

from pinback.rules.records import Policy
from tests.support.story import Market, Shop, Voucher, as_line
from tests.wounds.conftest import POLICIES

both_policies = pytest.mark.parametrize("policy", POLICIES)


def usable(market: Market, buyer: str) -> int:
    """The fen that a buyer could spend from vouchers."""
    vouchers = market.document["vouchers"].values()
    return sum(v["amount"] for v in vouchers if v["buyer"] == buyer and v["status"] == "available")


@both_policies
@pytest.mark.parametrize("way", [{"units": {1: 1}}, {"amount": 200_00}, {}])
def test_w001_the_rebate_goes_back_by_whatever_way_the_goods_went_back(
    market: Market, tea: Shop, policy: Policy, way: dict[str, object]
) -> None:
    """Refunding an item left its cashback with the buyer, because only "order refunded" was listened to.

    Here the refund itself takes it back, however it names the goods. The value returns to the shop's
    marketing balance, not into the campaign: the number issued never goes down (section 2.3).
    """
    spring = tea.campaign("spring", spend=200_00, get=30_00)
    order = tea.deal("o1", "Li", "1 x coat @ 200.00").receive()
    voucher = order.earned
    order.refund("r1", **way)  # type: ignore[arg-type]
    assert market.settled.payout == 200_00
    assert (voucher.status, tea.marketing, spring.issued) == ("reclaimed", 30_00, 1)
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Li", "1 x coat @ 200.00", voucher=voucher)


@both_policies
def test_w002_buying_and_returning_again_and_again_earns_nothing(
    market: Market, tea: Shop, policy: Policy
) -> None:
    """The reversal was worked out anew with a minus sign, came to nothing, and points grew with each loop.

    Here it is read from what the order was given. After ten rounds the campaign has issued its ten
    vouchers, and all of its fee is back with the shop.
    """
    spring = tea.campaign("spring", spend=100_00, get=10_00, vouchers=10)
    for number in range(10):
        order = tea.deal(f"o{number}", "Li", "1 x coat @ 100.00").receive()
        assert usable(market, "Li") == 10_00
        order.refund(f"r{number}")
        assert market.settled.payout == 100_00
    assert usable(market, "Li") == 0
    assert tea.marketing == spring.fee
    assert (tea.sales, tea.sold("coat")["total"]) == (0, 0)


def test_w003_an_order_earns_once_however_often_it_is_completed(market: Market, tea: Shop) -> None:
    """Moving an order to "completed" once more granted its points once more.

    Here the deal is made once; the same event again is a duplicate, another one comes in the wrong state.
    """
    spring = tea.campaign("spring", spend=150_00, get=20_00)
    order = tea.order("o1", "Li", "1 x coat @ 150.00").pay()
    confirmed = tea.event("order.confirmed", order="o1")
    received = tea.event("order.received", order="o1")
    for event in (confirmed, received, received):
        with market.knows():
            market.tell(as_line(event))
    for kind in ("order.confirmed", "order.received", "order.shipped"):
        with market.refuses("wrong_state"):
            order.step(kind)
    assert len(market.document["vouchers"]) == 1
    assert (spring.issued, market.account("campaign:tea/spring")) == (1, spring.fee - 20_00)
    assert tea.sold("coat")["total"] == 1


@both_policies
def test_w005_a_spent_rebate_is_withheld_from_the_refund(market: Market, tea: Shop, policy: Policy) -> None:
    """The order that bought a gift card was refunded in full although the card was spent: its goods were
    free.

    Here what was spent is withheld, once; the order that was paid with it keeps its amounts, and nobody
    owes.
    """
    tea.campaign("spring", spend=200_00, get=30_00)
    source = tea.deal("o1", "Li", "1 x coat @ 200.00")
    other = tea.deal("o2", "Li", "1 x scarf @ 80.00", voucher=source.earned).receive()
    assert other.cash == 50_00
    source.refund("r1")
    assert (market.settled.cash, market.settled.withheld, market.settled.payout) == (200_00, 30_00, 170_00)
    assert (market.settled.debt, tea.debt("Li"), tea.marketing) == (0, 0, 30_00)
    assert (other.status, other.cash, other.refunded, tea.sales) == ("received", 50_00, 0, 80_00)


@pytest.mark.parametrize("policy", ["threshold"])
def test_w007_a_part_refunded_is_a_part(market: Market, tea: Shop, policy: Policy) -> None:
    """Any partial refund turned the whole order into a refunded one, and all of its points were lost.

    Under the policy `threshold` the voucher stays while what is left reaches the threshold; no unit returns.
    """
    tea.campaign("spring", spend=150_00, get=20_00)
    order = tea.deal("o1", "Li", "1 x coat @ 200.00").receive()
    order.refund("r1", amount=10_00)
    assert (order.status, order.refunded, order.rebate) == ("received", 10_00, "issued")
    assert (order.earned.status, tea.sales, tea.sold("coat")["total"]) == ("available", 190_00, 1)


@both_policies
def test_w007_goodwill_is_no_refund(market: Market, tea: Shop, policy: Policy) -> None:
    """Any partial refund turned the whole order into a refunded one, and all of its points were lost.

    Under the default policy a fen of goods refunded ends the eligibility (section 5.3); what makes up for
    something is a compensation, which touches neither rebate nor units (section 5.4).
    """
    tea.campaign("spring", spend=150_00, get=20_00)
    order = tea.deal("o1", "Li", "1 x coat @ 200.00").receive()
    order.compensate(10_00)
    assert (order.status, order.refunded, order.rebate) == ("received", 0, "issued")
    assert (order.earned.status, tea.sales, tea.sold("coat")["total"]) == ("available", 190_00, 1)


@both_policies
def test_w008_what_falls_below_the_minimum_loses_the_rebate_once(
    market: Market, tea: Shop, policy: Policy
) -> None:
    """After most of an order was returned, its last item stayed discounted although the minimum was not met.

    Here the spent rebate is withheld from the return that ends the eligibility, and not from the next one.
    """
    tea.campaign("spring", spend=300_00, get=30_00)
    source = tea.deal("o1", "Li", "6 x scarf @ 50.00")
    tea.deal("o2", "Li", "1 x coat @ 80.00", voucher=source.earned)
    source.refund("r1", units={1: 5})
    assert (market.settled.cash, market.settled.withheld, market.settled.payout) == (250_00, 30_00, 220_00)
    source.refund("r2", units={1: 1})
    assert (market.settled.withheld, market.settled.payout) == (0, 50_00)
    assert (source.payout, tea.marketing) == (270_00, 30_00)


def test_w073_only_the_shop_that_funded_a_voucher_pays_for_it(market: Market, tea: Shop, silk: Shop) -> None:
    """One vendor's coupon gave its discount on another vendor's goods, at the other's cost.

    The spec decides otherwise on where it may be used: at any shop of the platform. The trap is the
    settlement: the silk shop gets its full price, the tea house has paid, and what is refunded goes back to
    the tea house.
    """
    tea.campaign("spring", spend=100_00, get=20_00)
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    order = silk.deal("o2", "Li", "1 x scarf @ 50.00, 1 x belt @ 30.00", voucher=voucher).receive()
    assert (order.cash, silk.sales) == (60_00, 80_00)
    assert (tea.marketing, market.account(f"voucher:{voucher.code}")) == (0, 0)
    order.refund("r1")
    assert (market.settled.payout, market.settled.taken_back) == (60_00, 20_00)
    assert (silk.sales, silk.marketing, tea.marketing) == (0, 0, 20_00)


def test_w073_a_voucher_is_its_owners(market: Market, tea: Shop) -> None:
    """Somebody else's coupon was accepted with an order: a voucher is one buyer's, whoever knows its code."""
    tea.campaign("spring", spend=100_00, get=20_00)
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Wang", "1 x oolong @ 100.00", voucher=Voucher(market, voucher.code))
    assert voucher.status == "available"
