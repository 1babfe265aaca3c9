"""Section 11: the decisions, to the byte, in their order."""

import pytest

from tests.support.settling import fold_stream
from tests.support.story import Campaign, Market, Shop


def stream(*events: str) -> list[bytes]:
    """The decisions of events of the tea house at 10:00; each is given by what is special to it."""
    shared = '"at":"2026-11-10T10:00:00+08:00","shop":"tea"'
    lines = [f'{{"id":"e{n}",{shared},{event}}}' for n, event in enumerate(events, start=1)]
    return fold_stream("\n".join(lines).encode())[0]


CREATED = '"type":"campaign.created","campaign":"spring","threshold":10000,"rebate":2000,"quantity":10'
FUNDED = '"type":"campaign.funded","campaign":"spring","amount":20000,"method":"wechat"'


def test_applied_duplicate_and_refused_to_the_byte() -> None:
    line = '{"id":"e1","at":"2026-11-10T10:00:00+08:00","shop":"tea","type":"clock.ticked"}\n'
    decisions, _ = fold_stream((line * 2 + line.replace("e1", "茶")).encode())
    assert decisions[:2] == [
        b'{"at":"2026-11-10T02:00:00Z","cause":"e1","shop":"tea","type":"event.applied"}\n',
        b'{"at":"2026-11-10T02:00:00Z","cause":"e1","shop":"tea","type":"event.duplicate"}\n',
    ]
    head, _, rest = decisions[2].partition(b'"detail":"')
    assert head == b'{"at":"2026-11-10T02:00:00Z","cause":null,"code":"bad_event",'
    assert rest.endswith(b'","line":3,"shop":"tea","type":"event.refused"}\n')


def test_a_campaign_scheduled_and_ended_to_the_byte() -> None:
    decisions = stream(CREATED, FUNDED, '"type":"campaign.stopped","campaign":"spring"')
    at = b'{"at":"2026-11-10T02:00:00Z",'
    assert decisions == [
        at + b'"cause":"e1","shop":"tea","type":"event.applied"}\n',
        at + b'"cause":"e2","shop":"tea","type":"event.applied"}\n',
        at + b'"campaign":"spring","cause":"e2","shop":"tea","starts_at":"2026-11-10T16:00:00Z",'
        b'"type":"campaign.scheduled"}\n',
        at + b'"cause":"e3","shop":"tea","type":"event.applied"}\n',
        at + b'"campaign":"spring","cause":"e3","reason":"stopped","returned":20000,"shop":"tea",'
        b'"type":"campaign.ended"}\n',
    ]


def test_a_rebate_and_its_voucher(market: Market, tea: Shop, spring: Campaign) -> None:
    tea.deal("o1", "Li", "1 x oolong @ 100.00")
    applied, decided, issued = market.decisions
    shared = {"cause": applied["cause"], "shop": "tea", "at": "2026-11-10T02:00:00Z"}
    assert applied == shared | {"type": "event.applied"}
    assert decided == shared | {
        "type": "rebate.decided",
        "order": "o1",
        "rebate": "issued",
        "reason": None,
        "voucher": "tea/spring/1",
    }
    assert issued == shared | {
        "type": "voucher.issued",
        "voucher": "tea/spring/1",
        "buyer": "Li",
        "amount": 20_00,
        "expires_at": "2026-11-25T16:00:00Z",
    }


def test_a_refund_that_closes_an_order(market: Market, tea: Shop, silk: Shop, spring: Campaign) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    silk.order("o2", "Li", "1 x scarf @ 50.00", voucher=source.earned)
    source.refund("r1")
    applied, settled, decided, closed, changed = market.decisions
    shared = {"cause": applied["cause"], "shop": "tea", "at": "2026-11-10T02:00:00Z"}
    assert settled == shared | {
        "type": "refund.settled",
        "order": "o1",
        "refund": "r1",
        "cash": 100_00,
        "withheld": 0,
        "bought_back": 0,
        "payout": 100_00,
        "taken_back": 0,
        "debt": 0,
    }
    assert decided == shared | {
        "type": "rebate.decided",
        "order": "o1",
        "rebate": "not_eligible",
        "reason": "refunded",
        "voucher": "tea/spring/1",
    }
    assert closed == shared | {"type": "order.closed", "order": "silk/o2", "reason": "voucher_reclaimed"}
    assert changed == shared | {
        "type": "voucher.changed",
        "voucher": "tea/spring/1",
        "status": "reclaimed",
        "returned": 20_00,
    }


def test_a_debt(market: Market, tea: Shop, silk: Shop, spring: Campaign) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    silk.deal("o2", "Li", "1 x scarf @ 50.00", voucher=source.earned)
    source.refund("r1", amount=5_00)
    assert market.decisions[-1] == {
        "type": "debt.changed",
        "cause": market.decisions[0]["cause"],
        "shop": "tea",
        "at": "2026-11-10T02:00:00Z",
        "buyer": "Li",
        "owed_to": "tea",
        "debt": 15_00,
    }


def test_vouchers_come_by_shop_then_campaign_then_number(market: Market) -> None:
    """`!` sorts before `/`: the parts of a code are compared, not the code."""
    for name in ("tea!", "tea"):
        shop = market.shop(name)
        for campaign, get in (("a!", 20_00), ("a", 30_00)):
            made = shop.campaign(campaign, spend=100_00, get=get, vouchers=11)
            for n in range(11):
                shop.deal(f"{campaign}{n}", "Li", "1 x oolong @ 100.00")
            assert made.status == "ended"
    market.clock = "2026-12-31 00:00"
    market.shop("aaa").tick()
    changed = [change["voucher"] for change in market.said("voucher.changed")]
    assert changed == [
        f"{shop}/{campaign}/{n}" for shop in ("tea", "tea!") for campaign in ("a", "a!") for n in range(1, 12)
    ]


@pytest.mark.parametrize(("one", "other"), [("tea", "tea!"), ("a", "b"), ("Z", "a")])
def test_debts_come_by_shop(market: Market, one: str, other: str) -> None:
    first, second = market.shop(one), market.shop(other)
    for shop in (first, second):
        shop.campaign("spring", spend=100_00, get=20_00)
    for using, paying, n in ((first, second, 1), (second, first, 2)):
        source = using.deal(f"s{n}", "Li", "1 x oolong @ 100.00")
        middle = paying.deal(f"m{n}", "Li", "1 x oolong @ 140.00", voucher=source.earned)
        paying.deal(f"u{n}", "Li", "1 x oolong @ 50.00", voucher=middle.earned)
        source.refund(f"r{n}", amount=5_00)
        middle.refund(f"q{n}", amount=6_00)
        assert [debt["owed_to"] for debt in market.said("debt.changed")] == [one, other]
        using.pay_debt("Li", using.debt("Li"))
        paying.pay_debt("Li", paying.debt("Li"))


def test_a_change_is_what_differs_between_before_and_after(market: Market, tea: Shop) -> None:
    """A debt lowered and raised by the same amount in one event is no change."""
    tea.campaign("spring", spend=100_00, get=20_00)
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    middle = tea.deal("o2", "Li", "1 x oolong @ 120.00", voucher=source.earned)
    tea.deal("o3", "Li", "1 x oolong @ 50.00", voucher=middle.earned)
    source.refund("r1", amount=5_00)
    assert tea.debt("Li") == 15_00
    # 17.14 of 100.00 carry 3.42 of the voucher: the debt falls by 3.42 and rises by 20.00 less 17.14, 2.86.
    middle.refund("r2", amount=17_14)
    assert market.said("debt.changed") == [{"buyer": "Li", "owed_to": "tea", "debt": 15_00 - 3_42 + 2_86}]
    assert market.settled.taken_back == 3_42


def test_a_debt_that_ends_where_it_began_is_not_shown(market: Market, tea: Shop) -> None:
    tea.campaign("spring", spend=100_00, get=20_00)
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    middle = tea.deal("o2", "Li", "1 x oolong @ 120.00", voucher=source.earned)
    tea.deal("o3", "Li", "1 x oolong @ 50.00", voucher=middle.earned)
    source.refund("r1", amount=5_00)
    # 16.67 of 100.00 carry 3.33 of the voucher, and 20.00 less 16.67 are 3.33 too.
    middle.refund("r2", amount=16_67)
    assert (market.settled.taken_back, market.settled.debt) == (3_33, 3_33)
    assert market.said("debt.changed") == []
    assert tea.debt("Li") == 15_00


def test_the_last_voucher_is_shown_before_the_end_of_its_campaign(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    for n in range(9):
        tea.deal(f"o{n}", "Li", "1 x oolong @ 100.00")
    order = tea.order("o9", "Li", "1 x oolong @ 100.00", postage=8_00).pay().ask_refund("r1").confirm()
    order.refund("r1", amount=0, postage=8_00)
    assert market.kinds == [
        "event.applied",
        "refund.settled",
        "rebate.decided",
        "voucher.issued",
        "campaign.ended",
    ]
