"""The two tables: each pair of state and event, and that money is never forgotten."""

import pytest

from pinback.payments.rules import (
    OUT_EVENTS,
    OUT_MOVES,
    OUT_STATES,
    PAYMENT_EVENTS,
    PAYMENT_MOVES,
    PAYMENT_STATES,
    number_of,
    out_after,
    payment_after,
    sending_of,
    wait_seconds,
)

_MONEY_IN = ("taken", "too_late", "not_needed", "wrong_amount")


@pytest.mark.parametrize("state", PAYMENT_STATES)
@pytest.mark.parametrize("event", PAYMENT_EVENTS)
def test_each_pair_of_a_payment(state: str, event: str) -> None:
    after = payment_after(state, event)
    assert after is None or after in PAYMENT_STATES
    came_in = state in ("succeeded", "late", "unneeded", "mismatched")
    if came_in:
        assert after is None, "money that came in stays where it was put"
    if event in _MONEY_IN and not came_in:
        assert after is not None, "money that comes in is always noted"


@pytest.mark.parametrize("state", OUT_STATES)
@pytest.mark.parametrize("event", OUT_EVENTS)
def test_each_pair_of_money_out(state: str, event: str) -> None:
    after = out_after(state, event)
    assert after is None or after in OUT_STATES
    if state == "confirmed":
        assert after in (None, "bounced")
    if event in ("retried", "paid_by_hand"):
        assert (after is not None) == (state in ("failed", "bounced"))


def test_the_tables_name_known_states_and_events_only() -> None:
    assert {state for state, _ in PAYMENT_MOVES} <= set(PAYMENT_STATES)
    assert {event for _, event in PAYMENT_MOVES} == set(PAYMENT_EVENTS)
    assert {state for state, _ in OUT_MOVES} <= set(OUT_STATES)
    assert {event for _, event in OUT_MOVES} == set(OUT_EVENTS)


def test_waits_grow_to_an_hour() -> None:
    assert [wait_seconds(tries) for tries in (0, 1, 2, 3, 8, 100)] == [30, 30, 60, 120, 3600, 3600]
    assert wait_seconds(1, jitter=100) == 37


def test_a_number_tells_its_sending() -> None:
    assert number_of("01k9x7m2v3q4r", 2) == "r01k9x7m2v3q4r002"
    assert sending_of("r01k9x7m2v3q4r002") == ("r01k9x7m2v3q4r", 2)
    assert sending_of("002") is None
    assert sending_of("refund-made-elsewhere") is None
