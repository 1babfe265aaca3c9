"""PostgreSQL: COPY for many new rows, arrays through `unnest` for everything else, row locks on the shops.

The shop's row is the lock: a transaction writes only rows of shops that it has locked, in the order of
their names, so two transactions on one shop take turns and those on different shops do not meet.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import psycopg

from pinback.settlement.dialects.base import Dialect
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

_cursor_numbers = itertools.count(1)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _cell(value: object) -> str:
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)


def _arrays(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(f"%s::{_TYPES[table.internal_types[column]]}[]" for column in columns)


@lru_cache(maxsize=64)
def _insert(table: Table) -> str:
    return (
        f"INSERT INTO {table.name} ({', '.join(table.columns)}) SELECT * FROM unnest({_arrays(table, table.columns)})"
    )


@lru_cache(maxsize=64)
def _update(table: Table) -> str:
    given = (*table.changing, *table.keys, *(f"old_{guard}" for guard in table.guards))
    arrays = _arrays(table, (*table.changing, *table.keys, *table.guards))
    sets = ", ".join(f"{column} = v.{column}" for column in table.changing)
    where = " AND ".join(
        [f"t.{key} = v.{key}" for key in table.keys] + [f"t.{guard} = v.old_{guard}" for guard in table.guards]
    )
    return f"UPDATE {table.name} t SET {sets} FROM unnest({arrays}) v({', '.join(given)}) WHERE {where}"


class Postgres(Dialect):
    """See `Dialect`."""

    def _cursor(self) -> "psycopg.Cursor[Row]":
        # The driver's plain cursor binds on the server and prepares what it sees often; Django's does not.
        cursor: psycopg.Cursor[Row] = psycopg.Cursor(self.connection.connection)
        return cursor

    def _execute(self, sql: str, values: Sequence[Any]) -> "psycopg.Cursor[Row]":
        with self.connection.wrap_database_errors:
            return self._cursor().execute(sql.encode(), values)

    def fetch(self, sql: str, *values: Any) -> list[Row]:
        return self._execute(_placeholders(sql), _listed(values)).fetchall()

    def stream(self, sql: str, *values: Any) -> Iterator[Row]:
        name = f"pinback_{next(_cursor_numbers)}"
        with (
            self.connection.wrap_database_errors,
            psycopg.ServerCursor(self.connection.connection, name) as cursor,
        ):
            cursor.itersize = 5_000
            yield from cursor.execute(_placeholders(sql).encode(), _listed(values))

    def snapshot(self) -> None:
        self._execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", ())

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if not rows:
            return
        if len(rows) < _COPY_FROM:
            self._execute(_insert(table), _columns(rows))
            return
        text = "".join(["\t".join([_cell(value) for value in row]) + "\n" for row in rows])
        with self.connection.wrap_database_errors:
            with self._cursor().copy(f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN".encode()) as copy:
                copy.write(text)

    def update(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self.check(self._execute(_update(table), _columns(rows)).rowcount, len(rows), table.name)

    def add(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        if rows:
            self._execute(
                f"{_insert(table)} ON CONFLICT ({', '.join(table.keys)})"
                f" DO UPDATE SET {column} = {table.name}.{column} + excluded.{column}",
                _columns(rows),
            )

    def subtract(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        if rows:
            where = " AND ".join(f"t.{key} = v.{key}" for key in table.keys)
            sql = (
                f"UPDATE {table.name} t SET {column} = t.{column} + v.more"
                f" FROM unnest({_arrays(table, (column, *table.keys))}) v(more, {', '.join(table.keys)}) WHERE {where}"
            )
            self.check(self._execute(sql, _columns(rows)).rowcount, len(rows), table.name)

    def credit_shops(self, rows: Sequence[Row]) -> None:
        if rows:
            sql = (
                "UPDATE settlement_shop t SET issued = v.issued, marketing_minor = t.marketing_minor + v.marketing,"
                " sales_minor = t.sales_minor + v.sales, completed_orders = t.completed_orders + v.completed,"
                " latest_at = greatest(t.latest_at, v.latest_at), last_event_id = v.last_event_id"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],"
                " %s::bigint[]) v(issued, marketing, sales, completed, latest_at, last_event_id, id) WHERE t.id = v.id"
            )
            self.check(self._execute(sql, _columns(rows)).rowcount, len(rows), "settlement_shop")

    def lock_shops(self, names: Sequence[str]) -> list[Row]:
        columns = ", ".join(SHOPS.columns)
        return self.fetch(
            f'SELECT {columns} FROM settlement_shop WHERE name[] ORDER BY name COLLATE "C" FOR UPDATE', list(names)
        )

    def sorted_by(self, column: str) -> str:
        return f'ORDER BY {column} COLLATE "C"'


def _placeholders(sql: str) -> str:
    return sql.replace("[]", " = ANY(%s)").replace("?", "%s")


def _listed(values: Sequence[Any]) -> list[Any]:
    return [list(value) if isinstance(value, (tuple, set)) else value for value in values]


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
