"""Section 4: which order earns a voucher, of which campaign, and why not."""

import pytest

from tests.support.story import Campaign, Market, Shop


def test_before_the_deal_is_made_there_is_none(tea: Shop, spring: Campaign) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 100.00")
    assert order.standing == ("none", None)
    assert order.pay().standing == ("none", None)
    assert tea.order("o2", "Li", "1 x oolong @ 100.00").cancel().standing == ("none", None)
    assert order.refund("r1").standing == ("none", None)


def test_an_issued_voucher(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    assert market.kinds == ["event.applied", "rebate.decided", "voucher.issued"]
    assert market.said("rebate.decided") == [
        {"order": "o1", "rebate": "issued", "reason": None, "voucher": "tea/spring/1"}
    ]
    assert market.said("voucher.issued") == [
        {
            "voucher": "tea/spring/1",
            "buyer": "Li",
            "amount": 20_00,
            "expires_at": "2026-11-25T16:00:00Z",
        }
    ]
    assert order.standing == ("issued", None)
    assert (order.earned.status, order.earned.buyer, order.earned.amount) == ("available", "Li", 20_00)
    assert market.account("voucher:tea/spring/1") == 20_00
    assert market.account("campaign:tea/spring") == 180_00


@pytest.mark.parametrize(
    ("goods", "discount", "standing"),
    [
        ("1 x oolong @ 100.00", 0, ("issued", None)),
        ("1 x oolong @ 99.99", 0, ("not_eligible", "below_threshold")),
        ("1 x oolong @ 105.00", 5_00, ("issued", None)),
        ("1 x oolong @ 105.00", 5_01, ("not_eligible", "below_threshold")),
    ],
)
def test_the_threshold_to_the_fen(
    tea: Shop, spring: Campaign, goods: str, discount: int, standing: tuple[str, str | None]
) -> None:
    # Postage does not count, however much it is.
    assert tea.deal("o1", "Li", goods, discount=discount, postage=50_00).standing == standing


@pytest.mark.parametrize(
    ("goods", "standing"),
    [
        ("1 x scarf @ 120.00", ("issued", None)),
        ("1 x scarf @ 119.99", ("not_eligible", "below_threshold")),
    ],
)
def test_the_voucher_part_does_not_count(
    tea: Shop, spring: Campaign, goods: str, standing: tuple[str, str | None]
) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    assert tea.deal("o2", "Li", goods, voucher=voucher).standing == standing


def test_no_campaign_of_this_shop(market: Market, silk: Shop, spring: Campaign) -> None:
    order = silk.deal("o1", "Li", "1 x scarf @ 500.00")
    assert market.said("rebate.decided") == [
        {"order": "o1", "rebate": "not_eligible", "reason": "no_campaign", "voucher": None}
    ]
    assert order.standing == ("not_eligible", "no_campaign")


def test_an_open_refund_makes_it_pending(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 100.00").pay().ask_refund("r1").confirm()
    assert market.said("rebate.decided") == [
        {"order": "o1", "rebate": "pending", "reason": "refund_open", "voucher": None}
    ]
    order.ship().receive()
    assert order.standing == ("pending", "refund_open")
    order.close_refund("r1")
    assert market.kinds == ["event.applied", "rebate.decided", "voucher.issued"]
    assert order.standing == ("issued", None)


def test_pending_waits_for_the_last_open_refund(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 100.00").pay().ask_refund("r1").ask_refund("r2").confirm()
    order.close_refund("r1")
    assert market.kinds == ["event.applied"]
    assert order.standing == ("pending", "refund_open")
    order.ask_refund("r1").close_refund("r2")
    assert order.standing == ("pending", "refund_open")
    order.close_refund("r1")
    assert order.standing == ("issued", None)


def test_pending_is_decided_at_the_instant_of_the_closing(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 100.00").pay().ask_refund("r1").confirm()
    market.clock = "2026-11-12 23:59:59"
    order.close_refund("r1")
    assert order.earned.expires_at == "2026-11-27T16:00:00Z"


def test_pending_finds_the_campaigns_of_that_instant(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 100.00").pay().ask_refund("r1").confirm()
    spring.stop()
    order.close_refund("r1")
    assert order.standing == ("not_eligible", "no_campaign")


@pytest.mark.parametrize(
    ("policy", "standing"),
    [("any", ("not_eligible", "refunded")), ("threshold", ("not_eligible", "below_threshold"))],
)
def test_pending_after_a_refund_that_leaves_goods(policy: str, standing: tuple[str, str]) -> None:
    market = Market("threshold" if policy == "threshold" else "any")
    tea = market.shop("tea")
    tea.campaign("spring", spend=100_00, get=20_00)
    order = tea.order("o1", "Li", "1 x oolong @ 100.00").pay().ask_refund("r1").confirm()
    order.refund("r1", amount=1)
    assert market.kinds == ["event.applied", "refund.settled", "rebate.decided"]
    assert order.standing == standing


def test_under_threshold_a_refund_that_leaves_enough_still_issues() -> None:
    market = Market("threshold")
    tea = market.shop("tea")
    tea.campaign("spring", spend=100_00, get=20_00)
    order = tea.order("o1", "Li", "1 x oolong @ 100.01").pay().ask_refund("r1").confirm()
    order.refund("r1", amount=1)
    assert market.kinds == ["event.applied", "refund.settled", "rebate.decided", "voucher.issued"]
    assert order.standing == ("issued", None)


def test_a_refund_of_postage_alone_leaves_the_rebate_as_if_nothing_was_refunded(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 100.00", postage=8_00).pay().ask_refund("r1").confirm()
    order.refund("r1", amount=0, postage=8_00)
    assert order.standing == ("issued", None)


def test_pending_stays_while_another_refund_is_open(market: Market, tea: Shop, spring: Campaign) -> None:
    order = tea.order("o1", "Li", "2 x oolong @ 100.00").pay().ask_refund("r1").ask_refund("r2").confirm()
    order.refund("r1", units={1: 1})
    assert market.kinds == ["event.applied", "refund.settled"]
    assert order.standing == ("pending", "refund_open")
    order.refund("r3", amount=1)  # needs no request; r2 is still open
    assert order.standing == ("pending", "refund_open")
    order.close_refund("r2")
    assert order.standing == ("not_eligible", "refunded")


def test_pending_ends_when_everything_is_refunded_even_with_a_refund_open(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 100.00").pay().ask_refund("r1").ask_refund("r2").confirm()
    order.refund("r1")
    assert market.said("rebate.decided") == [
        {"order": "o1", "rebate": "not_eligible", "reason": "refunded", "voucher": None}
    ]
    order.close_refund("r2")
    assert market.kinds == ["event.applied"]
    assert order.standing == ("not_eligible", "refunded")


def test_the_largest_rebate_issues(tea: Shop) -> None:
    tea.campaign("small", spend=50_00, get=10_00, funded="2026-11-07 12:00")
    tea.campaign("large", spend=100_00, get=20_00)
    tea.campaign("larger", spend=100_01, get=30_00)
    assert tea.deal("o1", "Li", "1 x oolong @ 100.00").earned.code == "tea/large/1"
    assert tea.deal("o2", "Li", "1 x oolong @ 100.01").earned.code == "tea/larger/1"
    assert tea.deal("o3", "Li", "1 x oolong @ 99.99").earned.code == "tea/small/1"


def test_of_equal_rebates_the_earlier_start_issues(tea: Shop) -> None:
    tea.campaign("a", spend=100_00, get=20_00, funded="2026-11-09 12:00")
    tea.campaign("z", spend=90_00, get=20_00, funded="2026-11-08 12:00")
    assert tea.deal("o1", "Li", "1 x oolong @ 100.00").earned.code == "tea/z/1"


@pytest.mark.parametrize(("one", "other"), [("a10", "a9"), ("B", "a"), ("a", "aa"), ("~", "!")])
def test_of_equal_starts_the_smaller_id_as_text_issues(tea: Shop, one: str, other: str) -> None:
    tea.campaign(other, spend=100_00, get=20_00, funded="2026-11-09 10:00")
    tea.campaign(one, spend=100_00, get=20_00, funded="2026-11-09 12:00")
    assert tea.deal("o1", "Li", "1 x oolong @ 100.00").earned.code == f"tea/{min(one, other)}/1"


def test_below_threshold_looks_only_at_campaigns_that_run(tea: Shop) -> None:
    tea.campaign("later", spend=10_00, get=1_00, funded="2026-11-10 12:00")
    tea.campaign("now", spend=100_00, get=20_00)
    assert tea.deal("o1", "Li", "1 x oolong @ 50.00").standing == ("not_eligible", "below_threshold")


def test_an_order_earns_one_voucher_at_most(market: Market, tea: Shop) -> None:
    tea.campaign("a", spend=100_00, get=20_00)
    tea.campaign("b", spend=50_00, get=10_00)
    order = tea.deal("o1", "Li", "1 x oolong @ 200.00")
    assert len(market.document["vouchers"]) == 1
    order.ask_refund("r1").close_refund("r1")
    assert len(market.document["vouchers"]) == 1


def test_there_is_no_second_choice(tea: Shop) -> None:
    tea.campaign("large", spend=100_00, get=20_00)
    tea.campaign("small", spend=50_00, get=10_00)
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00").refund("r1", units={1: 1})
    assert order.standing == ("not_eligible", "refunded")
    assert order.earned.code == "tea/large/1"


def test_what_was_not_eligible_stays_so(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00")
    tea.campaign("spring", spend=10_00, get=1_00)
    order.ask_refund("r1").close_refund("r1")
    assert order.standing == ("not_eligible", "no_campaign")
    order.refund("r1", units={1: 1})
    assert market.kinds == ["event.applied", "refund.settled"]
    order.refund("r2")
    assert market.kinds == ["event.applied", "refund.settled"]
    assert order.standing == ("not_eligible", "no_campaign")


@pytest.mark.parametrize(
    ("valid_days", "expires_at"),
    [(None, "2026-11-25T16:00:00Z"), (1, "2026-11-11T16:00:00Z"), (365, "2027-11-10T16:00:00Z")],
)
@pytest.mark.parametrize("moment", ["2026-11-10 00:00:00", "2026-11-10 23:59:59"])
def test_a_voucher_expires_at_the_midnight_after_its_last_day(
    market: Market, tea: Shop, valid_days: int | None, expires_at: str, moment: str
) -> None:
    tea.campaign("spring", spend=100_00, get=20_00, valid_days=valid_days)
    market.clock = moment
    assert tea.deal("o1", "Li", "1 x oolong @ 100.00").earned.expires_at == expires_at


def test_the_first_reason_that_applies_is_given(market: Market, tea: Shop) -> None:
    """Debt, refund and missing campaign at once: an open refund, then what was refunded, then the debt."""
    spring = tea.campaign("spring", spend=100_00, get=20_00)
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    tea.deal("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    waiting = tea.order("o3", "Li", "2 x oolong @ 50.00").pay().ask_refund("r3").confirm()
    debtor = tea.order("o4", "Li", "2 x oolong @ 50.00").pay()
    asking = tea.order("o5", "Li", "2 x oolong @ 50.00").pay().ask_refund("r5")
    spring.stop()
    source.refund("r1", amount=10_00)
    source.refund("r2", amount=5_00)
    assert tea.debt("Li") == 5_00
    assert asking.confirm().standing == ("pending", "refund_open")
    assert debtor.confirm().standing == ("not_eligible", "buyer_in_debt")
    waiting.refund("r3", amount=1)
    assert waiting.standing == ("not_eligible", "refunded")
    tea.pay_debt("Li", 5_00)
    assert asking.close_refund("r5").standing == ("not_eligible", "no_campaign")
