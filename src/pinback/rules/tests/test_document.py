"""Section 12: the state document, to the byte and entry by entry."""

import json

from pinback.rules.document import state_document
from pinback.rules.state import State
from tests.support.story import Campaign, Market, Shop


def test_an_empty_state() -> None:
    assert state_document(State()) == (
        b'{"campaigns":{},"debts":{},"orders":{},"sales":{},"shops":{},"vouchers":{}}\n'
    )


def test_a_small_market_to_the_byte(market: Market, tea: Shop, spring: Campaign) -> None:
    source = tea.deal("o1", "Li", "2 x oolong @ 50.00", postage=8_00).receive()
    market.shop("silk").deal("o2", "Li", "1 x scarf @ 50.00", voucher=source.earned)
    source.refund("r1", units={1: 1}, postage=1_00)
    source.refund("r2", units={1: 1})
    tea.draft("autumn", spend=100, get=5)
    assert state_document(market.state) == (
        b'{"campaigns":{'
        b'"tea/autumn":{"issued":0,"quantity":10,"reason":null,"rebate":5,"starts_at":null,"status":"draft",'
        b'"threshold":100},'
        b'"tea/spring":{"issued":1,"quantity":10,"reason":null,"rebate":2000,'
        b'"starts_at":"2026-11-09T16:00:00Z","status":"running","threshold":10000}},'
        b'"debts":{},'
        b'"orders":{'
        b'"silk/o2":{"buyer":"Li","cash":3000,"payout":0,"reason":"no_campaign","rebate":"not_eligible",'
        b'"refunded":0,"status":"confirmed"},'
        b'"tea/o1":{"buyer":"Li","cash":10800,"payout":8100,"reason":"refunded","rebate":"not_eligible",'
        b'"refunded":10100,"status":"refunded"}},'
        b'"sales":{"tea/oolong":{"months":{},"total":0}},'
        b'"shops":{'
        b'"silk":{"completed_orders":0,"marketing":0,"sales":0},'
        b'"tea":{"completed_orders":0,"marketing":2000,"sales":700}},'
        b'"vouchers":{"tea/spring/1":{"amount":2000,"buyer":"Li","expires_at":"2026-11-25T16:00:00Z",'
        b'"order":"tea/o1","status":"used","used_by":"silk/o2"}}}\n'
    )


def test_keys_are_sorted_by_code_point(market: Market) -> None:
    for name in ("b", "a!", "a", "Z", "~"):
        shop = market.shop(name)
        shop.order("o", "Li", "1 x oolong @ 1.00")
    document = json.loads(state_document(market.state))
    assert list(document) == ["campaigns", "debts", "orders", "sales", "shops", "vouchers"]
    assert list(document["shops"]) == ["Z", "a", "a!", "b", "~"]
    assert list(document["orders"]) == ["Z/o", "a!/o", "a/o", "b/o", "~/o"]


def test_a_campaigns_status_is_as_of_the_latest_at(market: Market, tea: Shop, silk: Shop) -> None:
    spring = tea.campaign("spring", spend=100_00, get=20_00, funded="2026-11-10 12:00")
    assert spring.status == "scheduled"
    market.clock = "2026-11-11 00:00"
    silk.tick()  # any shop's event moves the clock
    assert spring.status == "running"
    market.clock = "2026-11-01 00:00"
    tea.tick()
    assert spring.status == "running"
    spring.stop()
    assert (spring.status, spring.reason) == ("ended", "stopped")


def test_a_stop_looks_at_its_own_instant_and_the_document_at_the_latest(market: Market, tea: Shop) -> None:
    market.clock = "2030-01-01 00:00"
    tea.tick()
    late = tea.campaign("late", spend=100_00, get=20_00, funded="2026-11-10 12:00")
    assert late.status == "running"


def test_used_by_only_while_used(market: Market, tea: Shop, spring: Campaign) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    voucher = source.earned
    assert (voucher.status, voucher.used_by) == ("available", None)
    using = tea.order("o2", "Li", "1 x oolong @ 50.00", voucher=voucher)
    assert (voucher.status, voucher.used_by) == ("locked", None)
    using.pay()
    assert (voucher.status, voucher.used_by) == ("used", "tea/o2")
    using.refund("r1")
    assert (voucher.status, voucher.used_by) == ("available", None)
    tea.order("o3", "Li", "1 x oolong @ 50.00", voucher=voucher)
    source.refund("r2")
    assert (voucher.status, voucher.used_by) == ("reclaimed", None)


def test_the_cash_of_an_order_is_what_was_paid(market: Market, tea: Shop) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 50.00", discount=5_00, postage=8_00)
    assert order.cash == 0
    order.pay()
    assert order.cash == 53_00
    order.confirm().refund("r1")
    assert (order.cash, order.refunded, order.payout) == (53_00, 53_00, 53_00)
    assert tea.order("o2", "Li", "1 x oolong @ 50.00").cancel().cash == 0


def test_every_shop_with_an_applied_event_is_shown(market: Market, tea: Shop, silk: Shop) -> None:
    tea.tick()
    silk.opens()
    nothing = {"completed_orders": 0, "marketing": 0, "sales": 0}
    assert market.document["shops"] == {"silk": nothing, "tea": nothing}


def test_only_debts_above_0_are_shown(market: Market, tea: Shop, spring: Campaign) -> None:
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    tea.deal("o2", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    source.refund("r1", amount=19_99)
    assert market.document["debts"] == {"tea/Li": 1}
    source.refund("r2", amount=1)
    assert market.document["debts"] == {}
