"""PostgreSQL: COPY for many new rows, arrays through `unnest` for everything else, row locks on the shops.

The shop's row is the lock: a transaction writes only rows of shops that it has locked, in the order of
their names, so two transactions on one shop take turns and those on different shops do not meet.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import psycopg

from pinback.settlement.dialects.base import Dialect, Query
from pinback.settlement.tables import SHOPS, Row, Table

_TYPES = {
    "BigIntegerField": "bigint",
    "IntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "PositiveIntegerField": "integer",
    "ForeignKey": "bigint",
    "CharField": "text",
    "TextField": "text",
}
_COPY_FROM = 40
"""From this many rows on, COPY is quicker than arrays (its start costs more than a statement)."""

_TURN = 6_512_020
"""The advisory lock of this database that every settling transaction holds, most of them together."""

_cursor_numbers = itertools.count(1)
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_ARRAY_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})


def _copied(value: object) -> str:
    if value is None:
        return "\\N"
    return value.translate(_COPY_ESCAPES) if isinstance(value, str) else str(value)


def _listed(value: object) -> str:
    if value is None:
        return "NULL"
    return f'"{value.translate(_ARRAY_ESCAPES)}"' if isinstance(value, str) else str(value)


def array(values: Iterable[object]) -> str:
    """A list as PostgreSQL writes arrays: one text parameter, many times quicker to send than a list of
    values.
    """
    return "{" + ",".join([_listed(value) for value in values]) + "}"


def _arrays(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(f"%s::{_TYPES[table.internal_types[column]]}[]" for column in columns)


@lru_cache(maxsize=64)
def _insert(table: Table) -> str:
    arrays = _arrays(table, table.columns)
    return f"INSERT INTO {table.name} ({', '.join(table.columns)}) SELECT * FROM unnest({arrays})"


@lru_cache(maxsize=64)
def _update(table: Table) -> str:
    given = (*table.changing, *table.keys, *(f"old_{guard}" for guard in table.guards))
    arrays = _arrays(table, (*table.changing, *table.keys, *table.guards))
    sets = ", ".join(f"{column} = v.{column}" for column in table.changing)
    where = " AND ".join(
        [f"t.{key} = v.{key}" for key in table.keys]
        + [f"t.{guard} = v.old_{guard}" for guard in table.guards]
    )
    return f"UPDATE {table.name} t SET {sets} FROM unnest({arrays}) v({', '.join(given)}) WHERE {where}"


@lru_cache(maxsize=64)
def _copy(table: Table) -> str:
    return f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"


@lru_cache(maxsize=64)
def _add(table: Table, column: str) -> str:
    return (
        f"{_insert(table)} ON CONFLICT ({', '.join(table.keys)})"
        f" DO UPDATE SET {column} = {table.name}.{column} + excluded.{column}"
    )


@lru_cache(maxsize=64)
def _subtract(table: Table, column: str) -> str:
    arrays, keys = _arrays(table, (column, *table.keys)), ", ".join(table.keys)
    where = " AND ".join(f"t.{key} = v.{key}" for key in table.keys)
    return (
        f"UPDATE {table.name} t SET {column} = t.{column} + v.more"
        f" FROM unnest({arrays}) v(more, {keys}) WHERE {where}"
    )


_CREDIT_SHOPS = (
    "UPDATE settlement_shop t SET issued = v.issued, marketing_minor = t.marketing_minor + v.marketing,"
    " sales_minor = t.sales_minor + v.sales, completed_orders = t.completed_orders + v.completed,"
    " latest_at = greatest(t.latest_at, v.latest_at), last_event_id = v.last_event_id"
    " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],"
    " %s::bigint[]) v(issued, marketing, sales, completed, latest_at, last_event_id, id) WHERE t.id = v.id"
)


class Postgres(Dialect):
    """See `Dialect`."""

    _unchecked: "list[tuple[psycopg.Cursor[Row], int, str]] | None" = None

    def _cursor(self) -> "psycopg.Cursor[Row]":
        # The driver's plain cursor binds on the server and prepares what it sees often; Django's does not.
        cursor: psycopg.Cursor[Row] = psycopg.Cursor(self.connection.connection)
        return cursor

    def execute(self, sql: str, values: Sequence[Any]) -> "psycopg.Cursor[Row]":
        """Run one statement; `%s` stands for a value."""
        with self.connection.wrap_database_errors:
            return self._cursor().execute(sql.encode(), values)

    def copy(self, sql: str, text: str) -> None:
        """Send rows in COPY's text format."""
        with self.connection.wrap_database_errors, self._cursor().copy(sql.encode()) as copy:
            copy.write(text)

    def _write(self, sql: str, rows: Sequence[Row]) -> "psycopg.Cursor[Row]":
        return self.execute(sql, [array(column) for column in zip(*rows, strict=True)])

    def _write_checked(self, sql: str, rows: Sequence[Row], table: str) -> None:
        cursor = self._write(sql, rows)
        if self._unchecked is None:
            self.check(cursor.rowcount, len(rows), table)
        else:
            self._unchecked.append((cursor, len(rows), table))

    def fetch_all(self, *queries: Query | None) -> list[list[Row]]:
        asked = [query for query in queries if query is not None]
        with self.connection.wrap_database_errors, self._pipeline(len(asked) > 1):
            cursors = [self.execute(_placeholders(*query), _parameters(query[1])) for query in asked]
            answers = iter([cursor.fetchall() for cursor in cursors])
        return [[] if query is None else next(answers) for query in queries]

    def _pipeline(self, wanted: bool) -> AbstractContextManager[object]:
        return self.connection.connection.pipeline() if wanted else nullcontext()

    @contextmanager
    def writing(self, rows: int) -> Iterator[None]:
        # Few rows go out together and their counts are looked at in the end. COPY cannot be part of that.
        together = rows < _COPY_FROM
        with self.connection.wrap_database_errors, self._pipeline(together):
            self._unchecked = [] if together else None
            yield
        for cursor, meant, table in self._unchecked or ():
            self.check(cursor.rowcount, meant, table)
        self._unchecked = None

    def stream(self, sql: str, *values: Any) -> Iterator[Row]:
        name = f"pinback_{next(_cursor_numbers)}"
        with (
            self.connection.wrap_database_errors,
            psycopg.ServerCursor(self.connection.connection, name) as cursor,
        ):
            cursor.itersize = 5_000
            yield from cursor.execute(_placeholders(sql, values).encode(), _parameters(values))

    def snapshot(self) -> None:
        self.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", ())
        self.unhurried()

    def unhurried(self) -> None:
        """Take the time that it takes, in this transaction: what reads or rebuilds everything is as slow as
        everything is large, and waits for whoever reads its output.
        """
        self.execute("SET LOCAL statement_timeout = 0", ())
        self.execute("SET LOCAL idle_in_transaction_session_timeout = 0", ())

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if len(rows) >= _COPY_FROM and self._unchecked is None:
            self.copy(
                _copy(table), "".join(["\t".join([_copied(value) for value in row]) + "\n" for row in rows])
            )
        elif rows:
            self._write(_insert(table), rows)

    def update(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self._write_checked(_update(table), rows, table.name)

    def add(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        if rows:
            self._write(_add(table, column), rows)

    def subtract(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        if rows:
            self._write_checked(_subtract(table, column), rows, table.name)

    def credit_shops(self, rows: Sequence[Row]) -> None:
        if rows:
            self._write_checked(_CREDIT_SHOPS, rows, "settlement_shop")

    def turn(self, *, alone: bool) -> Query | None:
        how = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        return f"SELECT {how}({_TURN})", ()

    def shops_locked(self, names: Sequence[str]) -> Query:
        columns = ", ".join(SHOPS.columns)
        order = 'ORDER BY name COLLATE "C"'
        return f"SELECT {columns} FROM settlement_shop WHERE name[] {order} FOR UPDATE", (names,)

    def sorted_by(self, column: str) -> str:
        return f'ORDER BY {column} COLLATE "C"'


def _placeholders(sql: str, values: Sequence[Any]) -> str:
    for value in values:
        if isinstance(value, (list, tuple)):
            kind = "bigint" if value and isinstance(value[0], int) else "text"
            sql = sql.replace("[]", f" = ANY(%s::{kind}[ ])", 1)
    return sql.replace("?", "%s")


def _parameters(values: Sequence[Any]) -> list[Any]:
    return [array(value) if isinstance(value, (list, tuple)) else value for value in values]
