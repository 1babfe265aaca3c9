"""Wounds of checking and acting in two steps: several callers at the same moment, threads with a connection
each.

That these races happen when the guards are off is shown beside the other races, in
`tests/races/test_controls.py`.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from pinback.rules.records import Policy
from pinback.settlement.audit import audit
from pinback.settlement.document import state_document
from tests.races.crowd import by_threads
from tests.support.story import Fields, Shop, instant
from tests.wounds.conftest import KeptMarket

pytestmark = pytest.mark.slow


def event(id_: str, kind: str, **fields: Any) -> Fields:
    """An event of the tea house that is not told yet."""
    return {"id": id_, "type": kind, "at": instant("2026-11-10 12:00"), "shop": "tea", **fields}


def at_once(alias: str, events: Sequence[Fields]) -> tuple[Counter[str], Fields]:
    """Each event comes from a caller of its own, all at the same moment: how they were answered, and the
    state.
    """
    answers = Counter(
        answer for answers in by_threads(alias, [[one] for one in events]) for answer in answers
    )
    assert list(audit(using=alias)) == []
    document: Fields = json.loads(b"".join(state_document(alias)))
    return answers, document


def order_with(voucher: str, name: str) -> Fields:
    """Li orders a coat of 60.00 with a voucher."""
    line = {"product": "coat", "quantity": 1, "unit_price": 60_00}
    return event(f"place-{name}", "order.placed", order=name, buyer="Li", lines=[line], voucher=voucher)


@pytest.fixture
def voucher(market: KeptMarket, tea: Shop) -> str:
    """The code of Li's voucher of 10.00."""
    tea.campaign("spring", spend=60_00, get=10_00)
    return tea.deal("source", "Li", "1 x coat @ 60.00").earned.code


def test_w009_the_same_order_twice_is_one_order(market: KeptMarket, voucher: str, database: str) -> None:
    """Two completions of one checkout: the loser saw its voucher as used up, and gave the payment back that
    the winner went on with.

    Here the same event is a duplicate, whose order stands; its payment comes in once.
    """
    market.store(database)
    answers, document = at_once(database, [order_with(voucher, "o1")] * 6)
    assert answers == {"applied": 1, "duplicate": 5}
    answers, document = at_once(database, [event("pay", "order.paid", order="o1", amount=50_00)] * 6)
    assert answers == {"applied": 1, "duplicate": 5}
    order = document["orders"]["tea/o1"]
    assert (order["status"], order["cash"], order["refunded"]) == ("paid", 50_00, 0)
    assert document["vouchers"][voucher]["used_by"] == "tea/o1"


def test_w010_a_voucher_is_used_in_one_order(market: KeptMarket, voucher: str, database: str) -> None:
    """A limit was checked by counting finished orders: all that were paid at once saw none, and all got the
    discount.

    Here one of five orders gets the voucher when it is placed, long before money is taken; the others are
    refused.
    """
    market.store(database)
    answers, document = at_once(database, [order_with(voucher, f"o{n}") for n in range(5)])
    assert answers == {"applied": 1, "voucher_unavailable": 4}
    placed = [key for key, order in document["orders"].items() if order["status"] == "placed"]
    assert len(placed) == 1
    assert document["vouchers"][voucher]["status"] == "locked"


@pytest.mark.parametrize("policy", ["any", "threshold"])
def test_w011_w054_the_last_vouchers_go_to_as_many_buyers(
    market: KeptMarket, tea: Shop, policy: Policy, database: str
) -> None:
    """A counter was raised after the order, and nobody looked whether it could be; a budget was overdrawn.

    Here eight of ten are issued, six orders qualify at once: two get one, four none, and the campaign's
    account is empty. The spec knows no limit for a buyer, so one who has a voucher may earn another.
    """
    tea.campaign("spring", spend=60_00, get=10_00, vouchers=10)
    for number in range(8):
        tea.deal(f"early{number}", f"buyer{number}", "1 x coat @ 60.00")
    for number in range(6):
        tea.order(f"o{number}", f"buyer{number}", "1 x coat @ 60.00").pay()
    market.store(database)
    answers, document = at_once(
        database, [event(f"deal{number}", "order.confirmed", order=f"o{number}") for number in range(6)]
    )
    assert answers == {"applied": 6}
    standings = Counter(document["orders"][f"tea/o{number}"]["reason"] for number in range(6))
    assert standings == {None: 2, "no_campaign": 4}
    campaign = document["campaigns"]["tea/spring"]
    assert (campaign["issued"], campaign["reason"], len(document["vouchers"])) == (10, "exhausted", 10)


def test_w024_a_refund_goes_out_once(market: KeptMarket, tea: Shop, database: str) -> None:
    """A double click sent the same refund twice.

    Here the same event is a duplicate, another event about the same refund comes too late.
    """
    tea.deal("o1", "Li", "1 x coat @ 100.00")
    market.store(database)
    first = event("refund", "refund.succeeded", order="o1", refund="r1", amount=3_92)
    answers, document = at_once(database, [first, first, first, {**first, "id": "a"}, {**first, "id": "b"}])
    assert answers["applied"] == 1
    assert answers["already_exists"] + answers["duplicate"] == 4
    order = document["orders"]["tea/o1"]
    assert (order["refunded"], order["payout"]) == (3_92, 3_92)


def test_w024_refunds_never_exceed_what_was_paid(market: KeptMarket, tea: Shop, database: str) -> None:
    """A double click sent the same refund twice: several refunds at once stop at what was paid, too."""
    tea.deal("o1", "Li", "1 x coat @ 100.00").receive()
    market.store(database)
    answers, document = at_once(
        database,
        [event(f"refund{n}", "refund.succeeded", order="o1", refund=f"r{n}", amount=30_00) for n in range(6)],
    )
    assert answers == {"applied": 3, "over_refund": 3}
    assert (document["orders"]["tea/o1"]["payout"], document["shops"]["tea"]["sales"]) == (90_00, 10_00)


def test_w037_one_of_two_notices_pays(market: KeptMarket, voucher: str, database: str, tea: Shop) -> None:
    """The buyer's return and the provider's notice completed one payment at once, and all effects happened
    twice.

    Here one of them pays. What comes second is refused, and one deal, one voucher and one sale follow.
    """
    tea.order("o1", "Li", "1 x coat @ 200.00", voucher=voucher)
    market.store(database)
    pay = {"order": "o1", "amount": 190_00}
    notices = [event(f"notice{n}", "order.paid", **pay) for n in range(4)]
    answers, document = at_once(database, notices)
    assert answers == {"applied": 1, "wrong_state": 3}
    assert document["vouchers"][voucher]["used_by"] == "tea/o1"
    for kind in ("order.confirmed", "order.received"):
        answers, document = at_once(database, [event(f"{kind}{n}", kind, order="o1") for n in range(4)])
        assert answers == {"applied": 1, "wrong_state": 3}
    earned = [code for code, one in document["vouchers"].items() if one["order"] == "tea/o1"]
    assert len(earned) == 1
    assert document["sales"]["tea/coat"]["total"] == 1
    assert document["shops"]["tea"]["sales"] == 200_00
