"""The history of what has states: a row for each change, in the transaction of the change, in its order."""

from datetime import UTC, datetime

import pytest

from pinback.kit.history import changes_of, note_change
from pinback.kit.models import Change
from pinback.kit.transactions import durable

NOON = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)


class _Refused(Exception):
    """Something went wrong after the change."""


def test_changes_are_told_in_their_order_and_of_their_thing_alone(market: str) -> None:
    for before, after in (("placed", "paid"), ("paid", "shipped"), ("shipped", "received")):
        note_change("order", 1, before=before, after=after, now=NOON)
    note_change("order", 2, before="placed", after="paid", now=NOON)
    note_change("parcel", 1, before="shipped", after="lost", now=NOON)
    assert [change.after for change in changes_of("order", 1)] == ["paid", "shipped", "received"]


def test_it_keeps_who_did_it_and_a_timer_is_nobody(market: str) -> None:
    note_change("shop", 1, before="open", after="suspended", now=NOON, person_id=7, note="counterfeits")
    note_change("group", 1, before="forming", after="failed", now=NOON)
    assert changes_of("shop", 1).get().person_id == 7
    assert changes_of("group", 1).get().person_id is None


def test_a_long_note_is_cut_rather_than_refused(market: str) -> None:
    note_change("shop", 1, before="open", after="suspended", now=NOON, note="真" * 900)
    assert changes_of("shop", 1).get().note == "真" * 500


def test_a_change_that_is_taken_back_leaves_no_history(open_market: str) -> None:
    @durable
    def change_and_fail() -> None:
        note_change("shop", 1, before="open", after="suspended", now=NOON)
        raise _Refused

    with pytest.raises(_Refused):
        change_and_fail()
    assert not Change.objects.exists()


def test_there_is_no_history_without_a_transaction(open_market: str) -> None:
    with pytest.raises(AssertionError, match="transaction"):
        note_change("shop", 1, before="open", after="suspended", now=NOON)
