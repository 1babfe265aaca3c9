"""`settle` and `settle_within`: all or nothing, guarded, in few statements whatever the size of the batch."""

import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import DatabaseError, connections, transaction

from pinback.kit.driver import Asked, changed_at_once, fetched_at_once
from pinback.rules.decisions import written
from pinback.settlement import tables
from pinback.settlement.actions import MOST_EVENTS, Incoming, settle, settle_within
from pinback.settlement.audit import audit
from pinback.settlement.dialects import LostRace, postgres
from pinback.settlement.document import state_document
from pinback.settlement.policy import OtherPolicy, fix_policy
from pinback.settlement.tables import Table
from tests.model.streams import generate
from tests.support.interleaving import between_reading_and_writing
from tests.support.rows import everything, failing_at, run_sql
from tests.support.settling import fold_stream, incoming, settle_stream
from tests.support.steady import steady_stream

WRITTEN = (
    "shop",
    "event",
    "posting",
    "campaign",
    "voucher",
    "order",
    "line",
    "refund",
    "debt",
    "productsales",
    "productmonth",
)


def halves() -> tuple[list[Incoming], list[Incoming]]:
    """A stream that touches every table, cut in two; somebody is in debt at that moment."""
    events = incoming(steady_stream(28, 700))
    return events[:360], events[360:]


# --- all or nothing ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("table", WRITTEN)
def test_a_batch_that_fails_in_any_table_leaves_nothing(database: str, table: str) -> None:
    first, second = halves()
    settle(first, using=database)
    before = everything(database)
    with failing_at(database, f"settlement_{table}"):
        with pytest.raises(DatabaseError, match="the test refuses this row"):
            settle(second, using=database)
        assert everything(database) == before
    assert not connections[database].in_atomic_block
    settle(second, using=database)
    assert b"".join(state_document(database)) == fold_stream(steady_stream(28, 700))[1]
    assert list(audit(using=database)) == []


def test_an_empty_batch_is_nothing(database: str) -> None:
    assert settle([], using=database) == []
    with transaction.atomic(using=database):
        assert settle_within([], using=database) == []
    assert all(not rows for table, rows in everything(database).items() if table != "settlement_setting")


def test_refused_events_write_nothing(database: str) -> None:
    settle([], using=database)
    before = everything(database)
    stream = b'nothing\n{"id":"a","type":"order.shipped","at":"2026-01-01T00:00:00Z","shop":"s","order":"o"}'
    codes = [made[0].code for made in settle(incoming(stream), using=database)]  # type: ignore[union-attr]
    assert codes == ["bad_event", "unknown_order"]
    assert everything(database) == before


@pytest.mark.slow
def test_5000_events_in_one_transaction(database: str) -> None:
    stream = steady_stream(28, 700)
    events = (incoming(stream) * 10)[:MOST_EVENTS]
    decisions = settle(events, using=database)
    assert len(decisions) == MOST_EVENTS
    assert {made[0].type for made in decisions[len(incoming(stream)) :]} == {"event.duplicate"}
    assert b"".join(state_document(database)) == fold_stream(stream)[1]


def test_more_than_5000_events_are_refused(database: str) -> None:
    one = incoming(b'{"id":"a","type":"clock.ticked","at":"2026-01-01T00:00:00Z","shop":"s"}')
    with pytest.raises(ValueError, match=r"5,?000"):
        settle(one * (MOST_EVENTS + 1), using=database)


def test_any_cutting_gives_the_same(database: str) -> None:
    stream = generate(31, 300)
    expected = fold_stream(stream)
    assert settle_stream(stream, using=database, batch=13) == expected


# --- inside a transaction of the caller's -----------------------------------------------------------------


def test_settle_is_durable_or_nothing(database: str) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic(using=database):
        settle(halves()[0], using=database)
    assert run_sql(database, "SELECT count(*) FROM settlement_event") == [(0,)]


def test_settle_within_needs_a_transaction(database: str) -> None:
    with pytest.raises(AssertionError, match="open transaction"):
        settle_within(halves()[0], using=database)


def test_settle_within_is_kept_or_not_as_the_caller_decides(database: str) -> None:
    first, second = halves()
    settle(first, using=database)
    before = everything(database)
    with transaction.atomic(using=database):
        settle_within(second, using=database)
        assert everything(database) != before
        transaction.set_rollback(True, using=database)
    assert everything(database) == before
    with transaction.atomic(using=database):
        decisions = settle_within(second[:100], using=database)
        decisions += settle_within(second[100:], using=database)
    expected, state = fold_stream(steady_stream(28, 700))
    written_decisions = [written(decision) + b"\n" for made in decisions for decision in made]
    assert written_decisions == expected[-len(written_decisions) :]
    assert b"".join(state_document(database)) == state


def test_settle_within_one_event_at_a_time_reaches_further_shops(database: str) -> None:
    stream = steady_stream(28, 700)
    with transaction.atomic(using=database):
        for event in incoming(stream):
            settle_within([event], using=database)
    assert b"".join(state_document(database)) == fold_stream(stream)[1]
    assert list(audit(using=database)) == []


# --- the policy -------------------------------------------------------------------------------------------


def test_another_policy_is_refused_and_changes_nothing(database: str) -> None:
    first, second = halves()
    settle(first, policy="threshold", using=database)
    before = everything(database)
    with pytest.raises(OtherPolicy) as other:
        settle(second, policy="any", using=database)
    assert (other.value.fixed, other.value.wanted) == ("threshold", "any")
    assert everything(database) == before
    assert fix_policy(None, using=database) == "threshold"
    settle(second, using=database)


# --- guards -----------------------------------------------------------------------------------------------

GUARDED: list[tuple[Table, str]] = [
    (table, guard) for table in vars(tables).values() if isinstance(table, Table) for guard in table.guards
]


def test_every_table_that_changes_is_guarded() -> None:
    unguarded = [
        table.name
        for table in vars(tables).values()
        if isinstance(table, Table) and table.changing and not table.guards
    ]
    assert unguarded == []
    assert len(GUARDED) >= 11


# What somebody else does to every row meanwhile, as far as the CHECKs allow: a unit or a fen more or less.
CHANGES = defaultdict(lambda: "CASE WHEN {0} > 0 THEN {0} - 1 ELSE {0} + 1 END", open_refunds="{0} + 1")
ALLOWED = {
    "units_left": "units_left > 0",
    "cash_left_minor": "cash_left_minor > 0",
    "goods_left_minor": "goods_left_minor > 0",
    "postage_left_minor": "postage_left_minor > 0",
    "amount_minor": "amount_minor > 0",
}
STATUSES = {
    "settlement_order": "UPDATE settlement_order SET status ="
    " CASE status WHEN 'paid' THEN 'placed' ELSE 'paid' END",
    "settlement_voucher": "UPDATE settlement_voucher SET status ="
    " CASE status WHEN 'available' THEN 'frozen' ELSE 'available' END",
    "settlement_refund": "UPDATE settlement_refund SET status ="
    " CASE status WHEN 'open' THEN 'closed' ELSE 'open' END",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "guard"), GUARDED, ids=[f"{table.name}.{guard}" for table, guard in GUARDED]
)
def test_a_row_that_changed_behind_loses_the_race(database: str, table: Table, guard: str) -> None:
    first, second = halves()
    settle(first, using=database)
    before = everything(database)
    value, allowed = CHANGES[guard].format(guard), ALLOWED.get(guard, "1 = 1")
    change = f"UPDATE {table.name} SET {guard} = {value} WHERE {allowed}"
    if guard == "status":
        change = STATUSES[table.name]

    def change_behind() -> None:
        run_sql(database, change)

    with between_reading_and_writing(change_behind), pytest.raises(LostRace, match=table.name):
        settle(second, using=database)
    assert everything(database) == before
    settle(second, using=database)
    assert list(audit(using=database)) == []


def test_who_loses_a_race_goes_again_and_sees_what_the_other_did(database: str) -> None:
    first, second = halves()
    settle(first, using=database)
    times = []

    def change_once() -> None:
        times.append(1)
        if len(times) == 1:
            run_sql(database, "UPDATE settlement_order SET open_refunds = open_refunds + 1")

    with between_reading_and_writing(change_once):
        settle(second, using=database)
    assert len(times) == 2
    assert b"".join(state_document(database)) == fold_stream(steady_stream(28, 700))[1]


# --- how many statements ----------------------------------------------------------------------------------


class Counted:
    """Counts what is sent to the database, below Django and below the dialects."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def note(self, sql: object) -> None:
        """A statement is sent."""
        text = sql.decode() if isinstance(sql, bytes) else str(sql)
        if text.split(maxsplit=1)[0].upper() not in ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"):
            self.statements.append(text)


@contextmanager
def counting(alias: str) -> Iterator[Counted]:
    """Count the statements of a connection; `executemany` and COPY are one each."""
    counted = Counted()
    if connections[alias].vendor == "sqlite":
        # SQLite runs a prepared statement for each row of an `executemany`, without a trip: kinds count.
        connections[alias].connection.set_trace_callback(lambda sql: counted.note(without_values(sql)))
        try:
            yield counted
        finally:
            connections[alias].connection.set_trace_callback(None)
            counted.statements = sorted(set(counted.statements))
        return
    execute, copy = psycopg.Cursor.execute, psycopg.Cursor.copy

    def noted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(cursor: Any, sql: Any, *arguments: Any, **options: Any) -> Any:
            counted.note(sql)
            return method(cursor, sql, *arguments, **options)

        return call

    def all_noted(send: Callable[..., Any]) -> Callable[..., Any]:
        def call(wire: Any, asked: Sequence[Asked]) -> Any:
            for statement, _values in asked:
                counted.note(statement.postgres)
            return send(wire, asked)

        return call

    with (
        mock.patch.multiple(psycopg.Cursor, execute=noted(execute), copy=noted(copy)),
        mock.patch.object(postgres, "fetched_at_once", all_noted(fetched_at_once)),
        mock.patch.object(postgres, "changed_at_once", all_noted(changed_at_once)),
    ):
        yield counted


def without_values(sql: str) -> str:
    """A statement as it was prepared: SQLite shows it with its values."""
    return re.sub(r"'(?:[^']|'')*'|\bNULL\b|-?\b\d+\b", "?", sql)


def statements(alias: str, batch: Sequence[Incoming]) -> list[str]:
    """The statements that settling a batch takes."""
    connections[alias].ensure_connection()
    with counting(alias) as counted:
        settle(batch, using=alias)
    return counted.statements


@pytest.mark.slow
def test_the_number_of_statements_does_not_grow_with_the_batch(database: str) -> None:
    events = incoming(steady_stream(33, 1400))
    assert len(events) > 1000
    settle(events[:1], using=database)
    small = statements(database, events[1:101])
    large = statements(database, events[101:1101])
    assert len(large) <= 40, large
    assert len(large) <= len(small) + 10, (small, large)


# --- ids --------------------------------------------------------------------------------------------------


def placed(shop: str, number: int) -> Incoming:
    """An order of a shop."""
    event = {
        "id": f"e{number}",
        "type": "order.placed",
        "at": "2026-11-10T10:00:00Z",
        "shop": shop,
        "order": f"o{number}",
        "buyer": "b",
        "lines": [{"product": "p", "quantity": 1, "unit_price": 1}],
    }
    return incoming(json.dumps(event).encode())[0]


def test_ids_of_a_shops_events_ascend_in_the_order_of_arrival(database: str) -> None:
    for start in range(0, 40, 8):
        settle([placed("s", number) for number in range(start, start + 8)], using=database)
    rows = run_sql(database, "SELECT key FROM settlement_event ORDER BY id")
    assert [key for (key,) in rows] == [f"s/e{number}" for number in range(40)]


def test_ids_ascend_over_threads_whose_clocks_differ(database: str) -> None:
    """A process whose clock is behind still gives later ids to later events of a shop."""
    settle([placed("s", 0)], using=database)
    run_sql(database, "UPDATE settlement_event SET id = id + 1000000000000")
    run_sql(database, "UPDATE settlement_shop SET last_event_id = (SELECT max(id) FROM settlement_event)")

    def work() -> None:
        settle([placed("s", 1), placed("s", 2)], using=database)
        connections[database].close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    rows = run_sql(database, "SELECT key FROM settlement_event ORDER BY id")
    assert [key for (key,) in rows] == ["s/e0", "s/e1", "s/e2"]
