"""The table of a case's states, pair by pair, and what may not be said with compensation."""

from itertools import product

import pytest

from pinback.desk.models import CASE_STATES
from pinback.desk.rules import CASE, CLOSED, TURN, after, is_done, on_deadline, speaks_of_reviews

EVENTS = sorted({event for _state, event in CASE})
EXPECTED = {
    "waiting_for_shop": "agree agree_return get_stuck refuse withdraw",
    "waiting_for_return": "lapse send_back withdraw",
    "returning": "confirm_return get_stuck refuse",
    "refused": "agree agree_return escalate lapse withdraw",
    "with_operator": "decide_for_buyer decide_for_shop withdraw",
    "refunding": "arrive get_stuck",
}


@pytest.mark.parametrize(("state", "event"), list(product(CASE_STATES, EVENTS)))
def test_every_pair(state: str, event: str) -> None:
    target = after(state, event)
    assert (target is not None) == (event in EXPECTED.get(state, "").split())
    assert target is None or target in CASE_STATES


def test_a_closed_case_has_no_way_on_and_an_open_one_has() -> None:
    starts = {state for state, _event in CASE}
    assert starts == set(CASE_STATES) - CLOSED


@pytest.mark.parametrize("kind", ["refund_only", "return_and_refund"])
def test_what_a_deadline_means_is_in_the_table(kind: str) -> None:
    for state in TURN:
        event = on_deadline(state, kind)
        assert event is not None
        assert after(state, event) is not None
    assert {on_deadline(state, kind) for state in set(CASE_STATES) - set(TURN)} == {None}


def test_the_same_click_again_is_known() -> None:
    assert is_done("refunding", "agree")
    assert is_done("refunded", "agree")
    assert not is_done("withdrawn", "agree")
    assert not is_done("refused", "escalate")


@pytest.mark.parametrize(
    "text", ["for a Five-Star  rating", "5 STAR please", "给好评返现", "请追评", "change your REVIEW"]
)
def test_money_for_reviews_is_seen(text: str) -> None:
    assert speaks_of_reviews(text)


@pytest.mark.parametrize("text", ["Sorry for the delay", "包裹晚到，非常抱歉"])
def test_an_apology_is_none(text: str) -> None:
    assert not speaks_of_reviews(text)
