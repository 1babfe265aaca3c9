"""Section 8: which account each fen comes from and goes to. Every story checks itself that all sum to 0."""

from tests.support.story import Campaign, Market, Shop


def moves(market: Market) -> list[tuple[str, str, int]]:
    """The latest event's postings: from, to, fen."""
    postings = market.state.postings
    return [(p.source, p.target, p.amount) for p in postings if p.cause == postings[-1].cause]


def test_a_campaigns_money(market: Market, tea: Shop) -> None:
    spring = tea.campaign("spring", spend=100_00, get=20_00)
    assert moves(market) == [("external", "campaign:tea/spring", 200_00)]
    tea.deal("o1", "Li", "1 x oolong @ 100.00")
    assert moves(market) == [("campaign:tea/spring", "voucher:tea/spring/1", 20_00)]
    spring.stop()
    assert moves(market) == [("campaign:tea/spring", "shop:tea:marketing", 180_00)]


def test_an_orders_money(market: Market, tea: Shop, spring: Campaign) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    order = tea.order("o2", "Li", "1 x oolong @ 50.00", postage=8_00, voucher=voucher)
    count = len(market.state.postings)
    order.pay()
    assert moves(market) == [
        ("external", "order:tea/o2", 38_00),
        ("voucher:tea/spring/1", "order:tea/o2", 20_00),
    ]
    order.confirm().ship()
    assert len(market.state.postings) == count + 2
    order.receive()
    assert moves(market) == [("order:tea/o2", "shop:tea:sales", 58_00)]


def test_a_voucher_that_is_reclaimed_or_expires(market: Market, tea: Shop, spring: Campaign) -> None:
    tea.deal("o1", "Li", "1 x oolong @ 100.00").refund("r1", amount=1_00)
    assert set(moves(market)) == {
        ("order:tea/o1", "external", 1_00),
        ("voucher:tea/spring/1", "shop:tea:marketing", 20_00),
    }
    tea.deal("o2", "Li", "1 x oolong @ 100.00")
    market.clock = "2027-01-01 00:00"
    tea.tick()
    assert moves(market) == [("voucher:tea/spring/2", "shop:tea:marketing", 20_00)]


def test_a_refund_before_receipt_comes_from_the_order(market: Market, tea: Shop, spring: Campaign) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00", postage=8_00)
    using = tea.deal("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    source.refund("r1", amount=30_00)
    assert set(moves(market)) == {
        ("order:tea/o1", "external", 10_00),
        ("order:tea/o1", "shop:tea:marketing", 20_00),
    }
    using.refund("r2", amount=15_00)
    assert set(moves(market)) == {("order:tea/o2", "external", 15_00), ("order:tea/o2", "external", 10_00)}
    source.refund("r3", amount=70_00)
    assert set(moves(market)) == {
        ("order:tea/o1", "external", 70_00),
        ("order:tea/o1", "shop:tea:sales", 8_00),
    }


def test_a_refund_after_receipt_comes_from_sales(market: Market, tea: Shop, silk: Shop) -> None:
    tea.campaign("spring", spend=100_00, get=20_00)
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00", postage=8_00).receive()
    using = silk.deal("o2", "Li", "2 x scarf @ 25.00", voucher=source.earned).receive()
    using.refund("r1", units={1: 1})
    assert set(moves(market)) == {
        ("shop:silk:sales", "external", 15_00),
        ("shop:silk:sales", "shop:tea:marketing", 10_00),
    }
    source.refund("r2", amount=100_00)
    assert set(moves(market)) == {
        ("shop:tea:sales", "external", 90_00),
        ("shop:tea:sales", "shop:tea:marketing", 10_00),
    }
    using.refund("r3")
    assert set(moves(market)) == {
        ("shop:silk:sales", "external", 15_00),
        ("shop:silk:sales", "external", 10_00),
    }
    assert (tea.sales, tea.marketing, silk.sales, silk.marketing) == (8_00, 20_00, 0, 0)


def test_a_voucher_that_returns_from_an_undone_order(market: Market, tea: Shop, spring: Campaign) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher).pay().refund("r1")
    assert set(moves(market)) == {
        ("order:tea/o2", "external", 30_00),
        ("order:tea/o2", "voucher:tea/spring/1", 20_00),
    }
    third = tea.order("o3", "Li", "1 x oolong @ 50.00", voucher=voucher).pay()
    market.clock = "2026-11-26 00:00"
    third.refund("r2")
    assert set(moves(market)) == {
        ("order:tea/o3", "external", 30_00),
        ("order:tea/o3", "voucher:tea/spring/1", 20_00),
        ("voucher:tea/spring/1", "shop:tea:marketing", 20_00),
    }


def test_a_voucher_taken_from_an_undone_order_goes_straight_home(
    market: Market, tea: Shop, silk: Shop, spring: Campaign
) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    using = silk.order("o2", "Li", "1 x scarf @ 50.00", voucher=source.earned).pay()
    source.refund("r1", amount=5_00)
    using.refund("r2")
    assert set(moves(market)) == {
        ("order:silk/o2", "external", 30_00),
        ("order:silk/o2", "external", 5_00),
        ("order:silk/o2", "shop:tea:marketing", 15_00),
    }


def test_compensations_and_debts(market: Market, tea: Shop, spring: Campaign) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    source.compensate(3_00)
    assert moves(market) == [("shop:tea:sales", "external", 3_00)]
    tea.deal("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    source.refund("r1", amount=5_00)
    tea.pay_debt("Li", 7_00)
    assert moves(market) == [("external", "shop:tea:marketing", 7_00)]


def test_sales_may_go_below_0(tea: Shop) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").compensate(30_00)
    assert tea.sales == -30_00
    order.receive().refund("r1")
    assert tea.sales == -30_00


def test_refund_everything_and_everyone_is_back_where_they_started(
    market: Market, tea: Shop, silk: Shop
) -> None:
    """The law, told once; streams of all kinds are told to it elsewhere."""
    spring = tea.campaign("spring", spend=100_00, get=20_00)
    first = tea.deal("o1", "Li", "3 x oolong @ 40.01", discount=7, postage=8_00).receive()
    second = silk.deal("o2", "Li", "3 x scarf @ 33.33, 1 x cup @ 0.05", voucher=first.earned)
    third = tea.order("o3", "Li", "1 x oolong @ 100.00").pay()
    first.refund("r1", units={1: 1})
    second.refund("r2", units={1: 2})
    second.receive().refund("r3")
    first.refund("r4")
    third.refund("r5")
    spring.stop()
    market.clock = "2027-11-10 10:00"
    tea.tick()
    assert market.document["debts"] == {}
    assert (tea.marketing, tea.sales, silk.marketing, silk.sales) == (200_00, 0, 0, 0)
    assert market.account("external") == -200_00
    for order in market.document["orders"].values():
        assert order["cash"] == order["refunded"]
    assert sum(o["payout"] for o in market.document["orders"].values()) == first.due + second.due + third.due
    assert all(sold == {"total": 0, "months": {}} for sold in market.document["sales"].values())
