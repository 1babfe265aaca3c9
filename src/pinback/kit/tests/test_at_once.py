"""Several statements sent to PostgreSQL at once: each is answered, other threads go on, errors are told."""

from threading import Thread
from typing import Any

import psycopg
import pytest
from django.db import connections
from psycopg.pq import TransactionStatus

from pinback.kit.driver import changed_at_once, fetched_at_once, ready

_KEY = 20_261_126
_LOCK = ready("SELECT pg_try_advisory_xact_lock(%s)")
_WAIT = ready("SELECT pg_advisory_xact_lock(%s)")
_TEXT = ready("SELECT %s::text")


@pytest.fixture
def wires(postgres_database: str) -> Any:
    """Two connections to one database."""
    wrapper = connections[postgres_database]
    wrapper.ensure_connection()
    told = wrapper.get_connection_params() | {"prepare_threshold": None}
    told.pop("cursor_factory", None)
    told.pop("context", None)
    with psycopg.connect(**told) as first, psycopg.connect(**told) as second:
        yield first, second


def test_each_is_answered_in_a_transaction_that_is_begun_with_them(wires: Any) -> None:
    wire, _other = wires
    answers = fetched_at_once(wire, [(_TEXT, ["a"]), (_TEXT, ["it's %s ?"]), (_TEXT, ["a"])])
    assert answers == [[("a",)], [("it's %s ?",)], [("a",)]]
    assert wire.pgconn.transaction_status == TransactionStatus.INTRANS
    make = ready("CREATE TEMP TABLE many (n integer)")
    fill = ready("INSERT INTO many SELECT generate_series(1, %s::int)")
    changed_at_once(wire, [(make, [])])
    assert changed_at_once(wire, [(fill, [3]), (fill, [5])]) == [3, 5]


def test_who_waits_for_a_lock_lets_the_threads_go_on_that_hold_it(wires: Any) -> None:
    """libpq itself would wait without letting go of Python; the lock would run out of time."""
    holder, other = wires
    assert fetched_at_once(holder, [(_LOCK, [_KEY])]) == [[(True,)]]
    got: list[Any] = []
    thread = Thread(target=lambda: got.append(fetched_at_once(other, [(_WAIT, [_KEY]), (_TEXT, ["b"])])))
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    assert got == []
    holder.rollback()
    thread.join(20)
    assert [one for (_lock, one) in got] == [[("b",)]]


def test_more_than_fits_on_the_way_in_both_directions(wires: Any) -> None:
    long = "x" * 2_000_000
    answers = fetched_at_once(wires[0], [(_TEXT, [long])] * 8)
    assert {len(row[0]) for rows in answers for row in rows} == {len(long)}


def test_the_first_error_is_told_and_the_connection_goes_on(wires: Any) -> None:
    wire, _other = wires
    divide = ready("SELECT 1 / %s::int")
    with pytest.raises(psycopg.errors.DivisionByZero):
        fetched_at_once(wire, [(divide, [1]), (divide, [0]), (_TEXT, ["a"])])
    assert wire.pgconn.transaction_status == TransactionStatus.INERROR
    wire.rollback()
    assert fetched_at_once(wire, [(divide, [1]), (_TEXT, ["a"])]) == [[(1,)], [("a",)]]
