"""The short way to the database, for statements that were compiled before.

Django's cursors look at each statement anew, and psycopg's wait for each answer in Python, which costs more
than the answer. Here a statement is made ready once; SQLite's driver is called directly, and PostgreSQL's
library, libpq, through psycopg's own door to it, by statements that the server has prepared. Errors are
Django's, a transaction that is broken takes nothing more, and who watches statements (a wrapper, a log) sees
these too.

Several statements at once go to PostgreSQL by `fetched_at_once` and `changed_at_once`, in libpq's pipeline:
one way to the server and back, and a tenth of what psycopg's own pipeline takes.
"""

import itertools
import re
import select
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.abc import Transformer
from psycopg.adapt import PyFormat
from psycopg.adapt import Transformer as Made
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

Row = tuple[Any, ...]

_MARK = re.compile(r"(?<!%)%s")
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

_numbers = itertools.count(1)
_names: WeakKeyDictionary[Any, dict[tuple[bytes, tuple[int, ...]], bytes]] = WeakKeyDictionary()
"""By connection, the statements that its server has prepared, by their text and the types of their values.
They are there until the connection ends: psycopg, which would let go of all of them, prepares none of its own
(Django's `prepare_threshold` is None).
"""


class Statement(NamedTuple):
    """A statement as Django writes it, and as SQLite or PostgreSQL take it."""

    django: str
    sqlite: str
    postgres: bytes


@lru_cache(maxsize=1_000)
def ready(sql: str) -> Statement:
    """Make a statement ready; `%s` stands for a value."""
    marks = itertools.count(1)
    numbered = _MARK.sub(lambda _mark: f"${next(marks)}", sql).replace("%%", "%")
    return Statement(sql, _MARK.sub("?", sql).replace("%%", "%"), numbered.encode())


def fetched(connection: Any, statement: Statement, values: Sequence[Any]) -> list[Row]:
    """The rows of a query."""
    if _is_watched(connection):
        return cast(list[Row], _fetched_by_django(connection, statement, values))
    wire = connection.connection
    with connection.wrap_database_errors:
        if connection.vendor == "sqlite":
            rows: list[Row] = wire.execute(statement.sqlite, values).fetchall()
            return rows
        if not _is_straight(wire):
            return psycopg.Cursor(wire).execute(statement.django.encode(), values).fetchall()
        return _rows(wire, _answered(wire, statement, values))


def changed(connection: Any, statement: Statement, values: Sequence[Any]) -> int:
    """How many rows a statement wrote. One that fails leaves the transaction to be taken back."""
    try:
        if _is_watched(connection):
            return _changed_by_django(connection, statement, values)
        wire = connection.connection
        with connection.wrap_database_errors:
            if connection.vendor == "sqlite":
                return int(wire.execute(statement.sqlite, values).rowcount)
            if not _is_straight(wire):
                return psycopg.Cursor(wire).execute(statement.django.encode(), values).rowcount
            return _answered(wire, statement, values).command_tuples or 0
    except Exception:
        if connection.in_atomic_block:
            connection.needs_rollback = True
        raise


Asked = tuple[Statement, Sequence[Any]]
_BEGIN = ready("BEGIN")


def fetched_at_once(wire: "psycopg.Connection[Any]", asked: Sequence[Asked]) -> list[list[Row]]:
    """The rows of several queries, asked of PostgreSQL together. Raises psycopg's errors."""
    return [_rows(wire, result) for result in _piped(wire, asked)]


def changed_at_once(wire: "psycopg.Connection[Any]", asked: Sequence[Asked]) -> list[int]:
    """How many rows each of several statements wrote; sent to PostgreSQL together. Raises as above."""
    return [result.command_tuples or 0 for result in _piped(wire, asked)]


def _is_watched(connection: Any) -> bool:
    connection.validate_no_broken_transaction()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    return bool(connection.execute_wrappers or connection.queries_logged)


def _fetched_by_django(connection: BaseDatabaseWrapper, statement: Statement, values: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement.django, values)
        return cursor.fetchall()


def _changed_by_django(connection: BaseDatabaseWrapper, statement: Statement, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement.django, values)
        return int(cursor.rowcount)


def _is_straight(wire: "psycopg.Connection[Any]") -> bool:
    """Whether psycopg is not needed: it keeps pipelines, and begins transactions of a kind of their own."""
    is_alone = wire.pgconn.pipeline_status == PipelineStatus.OFF
    return is_alone and (not _is_to_begin(wire) or _begins_as_usual(wire))


def _is_to_begin(wire: "psycopg.Connection[Any]") -> bool:
    return not wire.autocommit and wire.pgconn.transaction_status == TransactionStatus.IDLE


def _begins_as_usual(wire: "psycopg.Connection[Any]") -> bool:
    return (wire.isolation_level, wire.read_only, wire.deferrable) == (None, None, None)


class _Bound(NamedTuple):
    """A statement with its values as libpq takes them, and the name it was prepared by, if it was."""

    name: bytes | None
    text: bytes
    values: Any
    types: tuple[int, ...]


def _bound(wire: "psycopg.Connection[Any]", statement: Statement, values: Sequence[Any]) -> _Bound:
    transformer: Transformer = Made(wire)
    given = transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
    types = transformer.types or ()
    if not settings.PINBACK_PREPARED_STATEMENTS:
        return _Bound(None, statement.postgres, given, types)
    names = _names.setdefault(wire, {})
    name = names.get((statement.postgres, types))
    if name is None:
        name = b"pinback_%d" % next(_numbers)
        _checked(wire, wire.pgconn.prepare(name, statement.postgres, types))
        names[statement.postgres, types] = name
    return _Bound(name, statement.postgres, given, types)


def _answered(wire: "psycopg.Connection[Any]", statement: Statement, values: Sequence[Any]) -> PGresult:
    """What the server says; raises as psycopg does. A transaction is begun where psycopg would begin it."""
    if _is_to_begin(wire):
        _checked(wire, wire.pgconn.exec_(b"BEGIN"))
    bound = _bound(wire, statement, values)
    if bound.name is None:
        return _checked(wire, wire.pgconn.exec_params(bound.text, bound.values, bound.types))
    return _checked(wire, wire.pgconn.exec_prepared(bound.name, bound.values))


def _rows(wire: "psycopg.Connection[Any]", result: PGresult) -> list[Row]:
    transformer: Transformer = Made(wire)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


def _piped(wire: "psycopg.Connection[Any]", asked: Sequence[Asked]) -> list[PGresult]:
    """What the server says to all of them. After one that failed the others were not carried out."""
    if not asked:
        return []
    begins = _is_to_begin(wire)
    assert not begins or _begins_as_usual(wire), "a transaction of another kind"
    bound = [_bound(wire, *each) for each in ([(_BEGIN, ()), *asked] if begins else asked)]
    server = wire.pgconn
    server.enter_pipeline_mode()
    try:
        for name, text, values, types in bound:
            if name is None:
                server.send_query_params(text, values, types)
            else:
                server.send_query_prepared(name, values)
        server.pipeline_sync()
        # A result and the end of it for each, and one for all.
        said = [_next_result(server) for _time in range(2 * len(bound) + 1)]
        server.exit_pipeline_mode()
    except BaseException:
        # In the middle of answers: nobody could tell which is whose.
        wire.close()
        raise
    return [_checked(wire, cast(PGresult, result)) for result in said[:-1:2]][begins:]


def _next_result(server: PGconn) -> PGresult | None:
    """Wait for a result and let other threads go on meanwhile, as libpq itself would not; what is not sent
    yet is sent while answers come in.
    """
    while server.is_busy():
        unsent = server.flush()
        looking = select.poll()
        looking.register(server.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
        looking.poll()
        server.consume_input()
    return server.get_result()


def _checked(wire: "psycopg.Connection[Any]", result: PGresult) -> PGresult:
    if result.status in _DONE:
        return result
    if wire.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError(result.get_error_message())
    raise error_from_result(result)
