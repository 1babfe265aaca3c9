"""Section 10, the refusals: each code, which comes first of two, and that a refused event leaves no trace."""

import pytest

from pinback.rules.decisions import EventRefused
from pinback.rules.reading import BadEvent
from pinback.rules.settle import settle
from pinback.rules.state import State
from tests.support.story import Campaign, Market, Order, Shop, as_line


@pytest.fixture
def source(tea: Shop, spring: Campaign) -> Order:
    """Li's order that earned a voucher of 20.00."""
    return tea.deal("o1", "Li", "1 x oolong @ 100.00")


# --- what a refusal shows -----------------------------------------------------------------------


def test_a_refusal_names_code_line_and_event(market: Market, tea: Shop) -> None:
    tea.tick()
    with market.refuses("unknown_order"):
        tea.event("order.confirmed", order="o1", id="e9", at="2026-11-10T10:00:00.7+08:00")
    detail = market.decisions[0].pop("detail")
    assert isinstance(detail, str)
    assert market.decisions == [
        {
            "type": "event.refused",
            "cause": "e9",
            "shop": "tea",
            "at": "2026-11-10T02:00:00Z",
            "code": "unknown_order",
            "line": 2,
        }
    ]


@pytest.mark.parametrize(
    "text", [b'"\\ud800":1', '"茶":1'.encode(), b'"type":"\\ud800"', b'"reason":"\\udfff"']
)
def test_the_detail_can_always_be_written(market: Market, text: bytes) -> None:
    line = b'{"id":"e1","shop":"tea","at":"2026-11-10T02:00:00Z","type":"order.cancelled","order":"o1",%s}'
    with market.refuses("bad_event"):
        market.tell(line % text)
    assert market.decisions[0]["cause"] == "e1"


def test_a_single_event_is_line_1() -> None:
    (refused,) = settle(State(), BadEvent(None, None, None, "is none"))
    assert refused == EventRefused(at=None, cause=None, shop=None, code="bad_event", detail="is none", line=1)


# --- duplicates and conflicts -------------------------------------------------------------------

PLACED = (
    b'{"id":"e1","type":"order.placed","at":"2026-11-10T10:00:00+08:00","shop":"tea","order":"o1","buyer":"Li",'
    b'"lines":[{"product":"oolong","quantity":2,"unit_price":5000}]}'
)


@pytest.mark.parametrize(
    "again",
    [
        PLACED,
        PLACED.replace(b",", b" ,\t").replace(b":[", b" : ["),
        PLACED.replace(b'"order":"o1","buyer":"Li"', b'"buyer":"Li","order":"o1"'),
        PLACED.replace(b"2026-11-10T10:00:00+08:00", b"2026-11-10T02:00:00Z"),
        PLACED.replace(b"2026-11-10T10:00:00+08:00", b"2026-11-09T22:30:00.999-03:30"),
        PLACED.replace(b'"buyer"', b'"discount":0,"postage":-0,"buyer"'),
        PLACED.replace(b'"Li"', b'"\\u004ci"'),
        PLACED.replace(b'"order":"o1"', b'"order":5,"order":"o1"'),
    ],
)
def test_the_same_event_again_is_a_duplicate(market: Market, again: bytes) -> None:
    market.tell(PLACED)
    with market.knows():
        (duplicate,) = market.tell(again)
    assert duplicate == {
        "type": "event.duplicate",
        "cause": "e1",
        "shop": "tea",
        "at": "2026-11-10T02:00:00Z",
    }


@pytest.mark.parametrize(
    "other",
    [
        PLACED.replace(b"2026-11-10T10:00:00", b"2026-11-10T10:00:01"),
        PLACED.replace(b'"Li"', b'"Wang"'),
        PLACED.replace(b'"o1"', b'"o2"'),
        PLACED.replace(b"5000", b"5001"),
        PLACED.replace(b'"buyer"', b'"discount":1,"buyer"'),
        PLACED.replace(b'"buyer"', b'"postage":1,"buyer"'),
        PLACED.replace(b'"buyer"', b'"voucher":"","buyer"'),
        b'{"id":"e1","type":"clock.ticked","at":"2026-11-10T10:00:00+08:00","shop":"tea"}',
    ],
)
def test_the_same_id_with_other_content_is_a_conflict(market: Market, other: bytes) -> None:
    market.tell(PLACED)
    with market.refuses("event_conflict"):
        market.tell(other)


def test_the_fixed_defaults_and_no_others(market: Market, tea: Shop) -> None:
    opened = tea.event("shop.opened")
    drawn = tea.event("campaign.created", campaign="spring", threshold=100, rebate=20, quantity=10)
    with market.knows():
        market.tell(as_line(opened | {"timezone": "Asia/Shanghai"}))
        market.tell(as_line(drawn | {"valid_days": 15}))
    with market.refuses("event_conflict"):
        market.tell(as_line(opened | {"timezone": "PRC"}))
        market.tell(as_line(drawn | {"valid_days": 14}))
        market.tell(as_line(drawn | {"name": ""}))
    order = tea.deal("o1", "Li", "2 x oolong @ 50.00")
    told = tea.event("refund.succeeded", order=order.name, refund="r1", amount=1)
    with market.refuses("event_conflict"):
        market.tell(as_line(told | {"postage": 0}))
    told = tea.event("refund.requested", order=order.name, refund="r2")
    with market.refuses("event_conflict"):
        market.tell(as_line(told | {"reason": ""}))


def test_the_lines_of_an_order_are_in_their_order(market: Market, tea: Shop) -> None:
    told = tea.event(
        "order.placed",
        order="o1",
        buyer="Li",
        lines=[{"product": p, "quantity": 1, "unit_price": 5_00} for p in ("a", "b")],
    )
    with market.refuses("event_conflict"):
        market.tell(as_line(told | {"lines": told["lines"][::-1]}))


def test_event_ids_are_per_shop(market: Market, tea: Shop, silk: Shop) -> None:
    told = tea.event("clock.ticked", id="e1")
    silk.event("shop.opened", id="e1")
    with market.knows():
        market.tell(as_line(told))


def test_a_duplicate_stays_one_whatever_happened_since(market: Market, tea: Shop) -> None:
    told = tea.event(
        "order.placed", order="o1", buyer="Li", lines=[{"product": "a", "quantity": 1, "unit_price": 9}]
    )
    Order(tea, "o1", 9).pay().confirm().refund("r1")
    with market.knows():
        market.tell(as_line(told))


# --- a refused event leaves no trace ------------------------------------------------------------


def test_its_id_stays_free(market: Market, tea: Shop) -> None:
    with market.refuses("unknown_order"):
        told = tea.event("order.confirmed", order="o1", id="late")
        market.tell(as_line(told))
    tea.order("o1", "Li", "1 x oolong @ 10.00").pay()
    market.tell(as_line(told))
    with market.knows():
        market.tell(as_line(told))


def test_its_id_stays_free_for_another_event(market: Market, tea: Shop) -> None:
    with market.refuses("unknown_order"):
        tea.event("order.confirmed", order="o1", id="e1")
    tea.event("clock.ticked", id="e1")


def test_a_conflict_does_not_replace_the_event(market: Market, tea: Shop) -> None:
    told = tea.event("clock.ticked", id="e1")
    with market.refuses("event_conflict"):
        tea.event("shop.opened", id="e1")
    with market.knows():
        market.tell(as_line(told))


def test_it_opens_no_shop_and_moves_no_clock(market: Market, tea: Shop, silk: Shop) -> None:
    spring = tea.campaign("spring", spend=100_00, get=20_00, funded="2026-11-10 12:00")
    market.clock = "2027-01-01 10:00"
    with market.refuses("unknown_order"):
        silk.event("order.confirmed", order="o1")
        tea.event("order.confirmed", order="o1")
    assert set(market.document["shops"]) == {"tea"}
    assert spring.status == "scheduled"
    silk.opens("Europe/London")


# --- each code, and the order of the checks -----------------------------------------------------


def test_bad_event_comes_before_everything(market: Market, tea: Shop) -> None:
    told = tea.event("clock.ticked", id="e1")
    with market.refuses("bad_event"):
        market.tell(as_line(told | {"colour": "red"}))
        tea.event("order.paid", order="nowhere", amount="1")


def test_event_conflict_comes_before_what_the_event_names(market: Market, tea: Shop) -> None:
    tea.event("clock.ticked", id="e1")
    with market.refuses("event_conflict"):
        tea.event("order.paid", id="e1", order="nowhere", amount=1)
        tea.event("campaign.funded", id="e1", campaign="nowhere", amount=1, method="wechat")
        tea.event("shop.opened", id="e1")


@pytest.mark.parametrize(
    "kind",
    ["confirmed", "shipped", "received", "cancelled"],
)
def test_unknown_order(market: Market, tea: Shop, silk: Shop, kind: str) -> None:
    silk.order("o1", "Li", "1 x scarf @ 10.00")  # known in another shop
    with market.refuses("unknown_order"):
        tea.event(f"order.{kind}", order="o1")
        tea.event("order.paid", order="o1", amount=10_00)
        tea.event("refund.requested", order="o1", refund="r1")
        tea.event("refund.succeeded", order="o1", refund="r1")
        tea.event("refund.closed", order="o1", refund="r1")
        tea.event("compensation.paid", order="o1", amount=1)


def test_unknown_order_comes_before_already_exists_and_unknown_refund(market: Market, tea: Shop) -> None:
    tea.deal("o1", "Li", "1 x oolong @ 10.00").ask_refund("r1")
    with market.refuses("unknown_order"):
        tea.event("refund.requested", order="o2", refund="r1")
        tea.event("refund.succeeded", order="o2", refund="r1")
        tea.event("refund.closed", order="o2", refund="r1")


def test_unknown_refund_is_one_not_open_for_this_order(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "2 x oolong @ 10.00").ask_refund("r1").ask_refund("r2")
    other = tea.deal("o2", "Li", "1 x oolong @ 10.00")
    order.refund("r2", units={1: 1})
    with market.refuses("unknown_refund"):
        order.close_refund("r3")  # never heard of
        order.close_refund("r2")  # has succeeded
        other.close_refund("r1")  # of another order
    order.close_refund("r1")
    with market.refuses("unknown_refund"):
        order.close_refund("r1")  # is closed


def test_unknown_refund_comes_before_wrong_state(market: Market, tea: Shop) -> None:
    placed = tea.order("o1", "Li", "1 x oolong @ 10.00")
    with market.refuses("unknown_refund"):
        placed.close_refund("r1")
    placed.cancel()
    with market.refuses("unknown_refund"):
        placed.close_refund("r1")


def test_a_refund_id_already_exists(market: Market, tea: Shop) -> None:
    order = (
        tea.deal("o1", "Li", "3 x oolong @ 10.00").ask_refund("open").ask_refund("closed").ask_refund("done")
    )
    order.close_refund("closed").refund("done", units={1: 1})
    other = tea.deal("o2", "Li", "1 x oolong @ 10.00")
    with market.refuses("already_exists"):
        order.ask_refund("open").ask_refund("done").refund("done")
        for name in ("open", "closed", "done"):
            other.ask_refund(name).refund(name)
    order.ask_refund("closed").refund("open", units={1: 1}).refund("closed")


def test_refund_ids_are_per_shop(tea: Shop, silk: Shop) -> None:
    tea.deal("o1", "Li", "1 x oolong @ 10.00").ask_refund("r1")
    silk.deal("o1", "Li", "1 x scarf @ 10.00").ask_refund("r1").refund("r1")


def test_already_exists_of_a_refund_comes_before_wrong_state(market: Market, tea: Shop) -> None:
    tea.deal("o1", "Li", "1 x oolong @ 10.00").ask_refund("r1")
    done = tea.deal("o2", "Li", "1 x oolong @ 10.00").refund("r2")
    placed = tea.order("o3", "Li", "1 x oolong @ 10.00")
    with market.refuses("already_exists"):
        placed.ask_refund("r1").refund("r1")
        done.ask_refund("r2").refund("r2")
        done.ask_refund("r1")


def test_already_exists_comes_before_bad_terms(market: Market, tea: Shop) -> None:
    tea.draft("spring", spend=100_00, get=20_00)
    tea.order("o1", "Li", "1 x oolong @ 10.00")
    with market.refuses("already_exists"):
        tea.draft("spring", spend=0, get=0)
        tea.order("o1", "Li", "1 x oolong @ 0.00")


def test_unknown_campaign_and_wrong_state_come_before_amount_mismatch(market: Market, tea: Shop) -> None:
    spring = tea.draft("spring", spend=100_00, get=20_00)
    with market.refuses("unknown_campaign"):
        Campaign(tea, "autumn", 0).fund(1)
    spring.fund()
    with market.refuses("wrong_state"):
        spring.fund(1)
    paid = tea.order("o1", "Li", "1 x oolong @ 10.00").pay()
    with market.refuses("wrong_state"):
        paid.pay(1)


def test_wrong_state_comes_before_how_much(market: Market, tea: Shop) -> None:
    placed = tea.order("o1", "Li", "1 x oolong @ 10.00")
    with market.refuses("wrong_state"):
        placed.refund("r1", amount=1)
        placed.refund("r1", amount=99_00)
        placed.compensate(99_00)
    placed.pay()
    with market.refuses("wrong_state"):
        placed.compensate(99_00)


def test_bad_terms_come_before_the_voucher(market: Market, tea: Shop) -> None:
    with market.refuses("bad_terms"):
        tea.order("o1", "Li", "1 x oolong @ 10.00", discount=10_00, voucher="nowhere")
        tea.order("o1", "Li", "1 x palace @ 9999999999.00", postage=1_01, voucher="nowhere")


def test_unavailable_comes_before_too_large(market: Market, tea: Shop, source: Order) -> None:
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Wang", "1 x cup @ 5.00", voucher=source.earned)
    with market.refuses("voucher_too_large"):
        tea.order("o2", "Li", "1 x cup @ 5.00", voucher=source.earned)
    market.clock = "2026-11-26 00:00"
    with market.refuses("voucher_unavailable"):
        tea.order("o2", "Li", "1 x cup @ 5.00", voucher=source.earned)


def test_whole_only_comes_before_over_refund(market: Market, tea: Shop) -> None:
    paid = tea.order("o1", "Li", "2 x oolong @ 10.00", postage=5_00).pay()
    with market.refuses("whole_only"):
        paid.refund("r1", amount=99_00, postage=4_99)
    with market.refuses("over_refund"):
        paid.refund("r1", amount=99_00)


def test_not_owed(market: Market, tea: Shop) -> None:
    with market.refuses("not_owed"):
        tea.pay_debt("Li", 1)
    assert market.document["shops"] == {}
