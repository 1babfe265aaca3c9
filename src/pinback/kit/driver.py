"""The short way to the database, for statements that were compiled before.

Django's cursors look at each statement anew, and psycopg's wait for each answer in Python, which costs more
than the answer. Here a statement is made ready once; SQLite's driver is called directly, and PostgreSQL's
library, libpq, through psycopg's own door to it, by statements that the server has prepared. Errors are
Django's, a transaction that is broken takes nothing more, and who watches statements (a wrapper, a log) sees
these too.
"""

import itertools
import re
from collections.abc import Sequence
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
from psycopg.pq.abc import PGresult

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
        transformer: Transformer = Made(wire)
        result = _answered(wire, transformer, statement, values)
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)


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
            return _answered(wire, Made(wire), statement, values).command_tuples or 0
    except Exception:
        if connection.in_atomic_block:
            connection.needs_rollback = True
        raise


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
    """Whether nothing but the statement is to be sent: psycopg begins transactions, and keeps pipelines."""
    begun = wire.autocommit or wire.pgconn.transaction_status != TransactionStatus.IDLE
    return begun and wire.pgconn.pipeline_status == PipelineStatus.OFF


def _answered(
    wire: "psycopg.Connection[Any]", transformer: Transformer, statement: Statement, values: Sequence[Any]
) -> PGresult:
    """What the server says; raises as psycopg does."""
    given: Any = transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
    types = transformer.types or ()
    if not settings.PINBACK_PREPARED_STATEMENTS:
        return _checked(wire, wire.pgconn.exec_params(statement.postgres, given, types))
    names = _names.setdefault(wire, {})
    name = names.get((statement.postgres, types))
    if name is None:
        name = b"pinback_%d" % next(_numbers)
        _checked(wire, wire.pgconn.prepare(name, statement.postgres, types))
        names[statement.postgres, types] = name
    return _checked(wire, wire.pgconn.exec_prepared(name, given))


def _checked(wire: "psycopg.Connection[Any]", result: PGresult) -> PGresult:
    if result.status in _DONE:
        return result
    if wire.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError(result.get_error_message())
    raise error_from_result(result)
