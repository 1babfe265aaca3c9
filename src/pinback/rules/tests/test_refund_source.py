"""Section 5: refunds of the order that earned the voucher, while the voucher is not used."""

import pytest

from pinback.rules.records import Policy
from tests.support.story import Campaign, Market, Settled, Shop


def threshold_market(spend: int = 100_00) -> Shop:
    """The tea house in a market where only falling below the threshold ends the eligibility."""
    tea = Market("threshold").shop("tea")
    tea.campaign("spring", spend=spend, get=20_00)
    return tea


def test_a_request_freezes_and_a_closing_thaws(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").ask_refund("r1")
    assert market.kinds == ["event.applied", "voucher.changed"]
    assert market.said("voucher.changed") == [{"voucher": "tea/spring/1", "status": "frozen", "returned": 0}]
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=order.earned)
    order.close_refund("r1")
    assert market.said("voucher.changed") == [
        {"voucher": "tea/spring/1", "status": "available", "returned": 0}
    ]
    assert tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=order.earned).status == "placed"


def test_it_thaws_with_the_last_refund(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").ask_refund("r1").ask_refund("r2")
    assert market.kinds == ["event.applied"]
    order.close_refund("r2")
    assert market.kinds == ["event.applied"]
    assert order.earned.status == "frozen"
    order.close_refund("r1")
    assert order.earned.status == "available"


def test_a_closed_refund_is_opened_again_under_its_id(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").ask_refund("r1").close_refund("r1")
    order.ask_refund("r1")
    assert order.earned.status == "frozen"
    with market.refuses("already_exists"):
        order.ask_refund("r1")
    order.close_refund("r1")
    assert order.earned.status == "available"


@pytest.mark.parametrize(
    ("moment", "status", "returned"),
    [("2026-11-25 23:59:59", "available", 0), ("2026-11-26 00:00:00", "expired", 20_00)],
)
def test_a_voucher_thaws_or_expires(
    market: Market, tea: Shop, spring: Campaign, moment: str, status: str, returned: int
) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").ask_refund("r1")
    market.clock = moment
    order.close_refund("r1")
    assert market.said("voucher.changed") == [
        {"voucher": "tea/spring/1", "status": status, "returned": returned}
    ]
    assert tea.marketing == returned


def test_a_voucher_past_its_time_can_still_be_frozen(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    market.clock = "2026-11-30 00:00"
    order.ask_refund("r1")
    assert order.earned.status == "frozen"


def test_a_voucher_past_its_time_can_still_be_reclaimed(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    market.clock = "2026-11-30 00:00"
    order.refund("r1", amount=1)
    assert order.earned.status == "reclaimed"


@pytest.mark.parametrize("stage", ["placed", "locked", "used"])
def test_a_request_leaves_a_locked_or_used_voucher(
    market: Market, tea: Shop, spring: Campaign, stage: str
) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    second = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=order.earned)
    if stage == "used":
        second.pay()
    before = order.earned.status
    order.ask_refund("r1")
    assert market.kinds == ["event.applied"]
    order.close_refund("r1")
    assert market.kinds == ["event.applied"]
    assert order.earned.status == before == ("used" if stage == "used" else "locked")


@pytest.mark.parametrize("asked", [False, True])
def test_any_fen_of_goods_ends_the_eligibility(
    market: Market, tea: Shop, spring: Campaign, asked: bool
) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 200.00")
    if asked:
        order.ask_refund("r1")
    order.refund("r1", amount=1)
    assert market.kinds == ["event.applied", "refund.settled", "rebate.decided", "voucher.changed"]
    assert market.settled == Settled(cash=1, withheld=0, bought_back=0, payout=1, taken_back=0, debt=0)
    assert market.said("rebate.decided") == [
        {"order": "o1", "rebate": "not_eligible", "reason": "refunded", "voucher": "tea/spring/1"}
    ]
    assert market.said("voucher.changed") == [
        {"voucher": "tea/spring/1", "status": "reclaimed", "returned": 20_00}
    ]
    assert (order.standing, order.earned.status) == (("not_eligible", "refunded"), "reclaimed")
    assert tea.marketing == 20_00
    assert market.account("voucher:tea/spring/1") == 0


def test_postage_alone_and_free_units_end_nothing(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00, 2 x sample @ 0.00", postage=8_00)
    order.ask_refund("r1").refund("r1", amount=0, postage=1)
    assert market.kinds == ["event.applied", "refund.settled", "voucher.changed"]
    assert (order.standing, order.earned.status) == (("issued", None), "available")
    order.refund("r2", units={2: 1}, postage=1)
    assert market.settled.cash == 1
    assert (order.standing, order.earned.status) == (("issued", None), "available")


@pytest.mark.parametrize(
    ("amount", "standing", "status"),
    [
        (50_00, ("issued", None), "available"),  # exactly the threshold is left
        (50_01, ("not_eligible", "refunded"), "reclaimed"),
    ],
)
def test_under_threshold_what_is_left_must_reach_it(
    amount: int, standing: tuple[str, str | None], status: str
) -> None:
    order = threshold_market().deal("o1", "Li", "1 x oolong @ 150.00").refund("r1", amount=amount)
    assert (order.standing, order.earned.status) == (standing, status)


def test_under_threshold_refunds_add_up() -> None:
    order = threshold_market().deal("o1", "Li", "3 x oolong @ 50.00", postage=8_00)
    order.refund("r1", units={1: 1}, postage=8_00)
    assert order.standing == ("issued", None)
    order.refund("r2", amount=1)
    assert order.standing == ("not_eligible", "refunded")


def test_under_threshold_the_campaign_that_issued_counts() -> None:
    tea = threshold_market(spend=100_00)
    tea.campaign("small", spend=50_00, get=10_00)
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00").refund("r1", units={1: 1})
    assert order.standing == ("not_eligible", "refunded")
    second = tea.deal("o2", "Li", "2 x oolong @ 40.00").refund("r2", amount=30_00)
    assert second.standing == ("issued", None)


@pytest.mark.parametrize(
    ("moment", "status"), [("2026-11-25 23:59:59", "available"), ("2026-11-26 00:00:00", "expired")]
)
def test_an_order_that_stays_eligible_thaws_its_voucher(moment: str, status: str) -> None:
    tea = threshold_market()
    order = tea.deal("o1", "Li", "1 x oolong @ 150.00").ask_refund("r1")
    tea.market.clock = moment
    order.refund("r1", amount=50_00)
    assert (order.standing, order.earned.status) == (("issued", None), status)
    assert tea.marketing == (20_00 if status == "expired" else 0)


def test_it_thaws_only_when_no_other_refund_is_open() -> None:
    order = threshold_market().deal("o1", "Li", "1 x oolong @ 150.00").ask_refund("r1").ask_refund("r2")
    order.refund("r1", amount=20_00)
    assert order.earned.status == "frozen"
    order.refund("r3", amount=1)  # was never asked for: r2 is still open
    assert order.earned.status == "frozen"
    order.refund("r2", amount=1)
    assert order.earned.status == "available"


def test_a_closed_refund_may_still_succeed(tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").ask_refund("r1").close_refund("r1")
    order.refund("r1", amount=1)
    assert (order.standing, order.earned.status) == (("not_eligible", "refunded"), "reclaimed")


def test_a_closed_refund_that_succeeds_closes_no_other() -> None:
    order = threshold_market().deal("o1", "Li", "1 x oolong @ 150.00").ask_refund("r1").ask_refund("r2")
    order.close_refund("r1").refund("r1", amount=1)
    assert order.earned.status == "frozen"
    order.close_refund("r2")
    assert order.earned.status == "available"


@pytest.mark.parametrize("asked", [False, True])
def test_a_locked_voucher_is_reclaimed_and_its_order_closed(
    market: Market, tea: Shop, silk: Shop, spring: Campaign, asked: bool
) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    second = silk.order("o2", "Li", "1 x scarf @ 50.00", voucher=order.earned)
    if asked:
        order.ask_refund("r1")
    order.refund("r1")
    assert market.kinds == [
        "event.applied",
        "refund.settled",
        "rebate.decided",
        "order.closed",
        "voucher.changed",
    ]
    assert market.said("order.closed") == [{"order": "silk/o2", "reason": "voucher_reclaimed"}]
    assert market.said("voucher.changed") == [
        {"voucher": "tea/spring/1", "status": "reclaimed", "returned": 20_00}
    ]
    assert market.settled == Settled(100_00, 0, 0, 100_00, 0, 0)
    assert (second.status, second.standing, second.cash) == ("cancelled", ("none", None), 0)
    assert tea.marketing == 20_00
    with market.refuses("wrong_state"):
        second.pay()


def test_an_expired_voucher_is_back_already(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00")
    market.clock = "2026-11-26 00:00"
    tea.tick()
    assert tea.marketing == 20_00
    order.ask_refund("r1")
    assert market.kinds == ["event.applied"]
    order.refund("r1", units={1: 1})
    assert market.kinds == ["event.applied", "refund.settled", "rebate.decided"]
    assert (order.standing, order.earned.status) == (("not_eligible", "refunded"), "expired")
    assert tea.marketing == 20_00
    assert market.settled == Settled(50_00, 0, 0, 50_00, 0, 0)


def test_a_reclaimed_voucher_is_back_already(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00").refund("r1", units={1: 1}).refund("r2")
    assert market.kinds == ["event.applied", "refund.settled"]
    assert market.settled == Settled(50_00, 0, 0, 50_00, 0, 0)
    assert tea.marketing == 20_00
    assert (order.status, order.refunded, order.payout) == ("refunded", 100_00, 100_00)


@pytest.mark.parametrize("policy", ["any", "threshold"])
def test_a_compensation_is_not_a_refund(policy: Policy) -> None:
    market = Market(policy)
    tea = market.shop("tea")
    tea.campaign("spring", spend=100_00, get=20_00)
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").compensate(60_00)
    assert market.kinds == ["event.applied"]
    assert (order.standing, order.earned.status) == (("issued", None), "available")
    assert (order.refunded, order.payout, tea.sales) == (0, 0, -60_00)
    order.receive()
    assert (tea.sales, tea.sold("oolong")["total"], tea.completed_orders) == (40_00, 1, 1)


def test_compensations_are_at_most_the_cash_not_refunded(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00", postage=8_00)
    with market.refuses("over_refund"):
        order.compensate(108_01)
    order.compensate(50_00).compensate(57_99)
    with market.refuses("over_refund"):
        order.compensate(2)
    order.compensate(1)
    with market.refuses("over_refund"):
        order.compensate(1)
    assert tea.sales == -108_00


def test_what_was_refunded_or_withheld_cannot_be_compensated(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    tea.deal("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    source.refund("r1", amount=30_00)
    assert market.settled.payout == 10_00
    with market.refuses("over_refund"):
        source.compensate(70_01)
    source.compensate(70_00)


def test_a_refund_does_not_ask_what_was_compensated(tea: Shop) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00").compensate(100_00).refund("r1")
    assert (order.status, order.payout, tea.sales) == ("refunded", 100_00, -100_00)
