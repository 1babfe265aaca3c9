"""PostgreSQL: COPY for many new rows, arrays through `unnest` for everything else, row locks on the shops.

The shop's row is the lock: a transaction writes only rows of shops that it has locked, in the order of
their names, so two transactions on one shop take turns and those on different shops do not meet.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

import msgspec
import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

from pinback.kit.driver import Asked, changed_at_once, fetched_at_once, ready
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
_encoder = msgspec.json.Encoder()


def _understood(json: bytes) -> bytes:
    """PostgreSQL reads the escaped quotes and backslashes of JSON, but not what JSON makes of control
    characters: no id, code, status or content holds one.
    """
    if b"\\" in json:
        rest = json.replace(b"\\\\", b"")
        assert rest.count(b"\\") == rest.count(b'\\"'), "a text with a control character"
    return json


def array(values: Sequence[object]) -> str:
    """A list as PostgreSQL writes arrays: one text parameter, many times quicker to send than a list of
    values. But for the brackets it is JSON.
    """
    return "{" + _understood(_encoder.encode(values))[1:-1].decode() + "}"


def copied(rows: Sequence[Row]) -> bytes:
    """Rows as `_copy` sends them: JSON without the brackets, a row a line, is CSV. No text holds a line
    break of its own, for JSON escapes it.
    """
    return _understood(_encoder.encode_lines(rows))[1:-2].replace(b"]\n[", b"\n") + b"\n"


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
    columns = ", ".join(table.columns)
    return f"COPY {table.name} ({columns}) FROM STDIN (FORMAT csv, NULL 'null', ESCAPE E'\\\\')"


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

_WITH_VOUCHERS = (
    "name IN (SELECT name FROM settlement_shop WHERE name[]"
    " UNION SELECT split_part(voucher_code, '/', 1) FROM settlement_order"
    " WHERE key[] AND voucher_code IS NOT NULL"
    " UNION SELECT split_part(v.holder_key, '/', 1) FROM settlement_order o"
    " JOIN settlement_voucher v ON v.code = o.earned_code WHERE o.key[] AND v.status = 'locked')"
)
"""Shops by name, those that funded the vouchers of orders, and those whose orders hold what they earned: as
far as the events of an order reach (`gathering`).
"""


class Postgres(Dialect):
    """See `Dialect`."""

    _few: list[tuple[Asked, int, str | None]] | None = None
    """The writes of few events, each with its number of rows, and the table if all have to be found: they go
    out at once, in the end.
    """
    _unchecked: "list[tuple[psycopg.Cursor[Row], int, str]] | None" = None
    _later: list[tuple[Table, Sequence[Row]]]
    """Few new rows wait for company, for each statement is a way to the server and back."""
    _copying: tuple[str, psycopg.Copy, ExitStack] | None = None
    """The COPY that is under way: the server takes in its rows while those of the next table are made."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__(connection)
        self._later = []

    def _cursor(self) -> "psycopg.Cursor[Row]":
        # The driver's plain cursor binds on the server; Django's does not.
        cursor: psycopg.Cursor[Row] = psycopg.Cursor(self.connection.connection)
        return cursor

    def execute(self, sql: str, values: Sequence[Any]) -> "psycopg.Cursor[Row]":
        """Run one statement; `%s` stands for a value."""
        with self.connection.wrap_database_errors:
            self._end_copy()
            return self._cursor().execute(sql.encode(), values)

    def copy(self, sql: str, rows: bytes) -> None:
        """Send rows; the COPY stays open for more of them until something else is to be done."""
        with self.connection.wrap_database_errors:
            if self._copying is None or self._copying[0] != sql:
                self._end_copy()
                stack = ExitStack()
                self._copying = sql, stack.enter_context(self._cursor().copy(sql.encode())), stack
            self._copying[1].write(rows)

    def _end_copy(self) -> None:
        if self._copying is not None:
            stack, self._copying = self._copying[2], None
            stack.close()

    @contextmanager
    def _copies_ended(self) -> Iterator[None]:
        """No COPY stays open behind this, whatever happens."""
        with ExitStack() as abandoned:
            abandoned.push(self._give_up_copy)
            yield
            self._end_copy()

    def _give_up_copy(self, *error: Any) -> None:
        if self._copying is not None:
            stack, self._copying = self._copying[2], None
            stack.__exit__(*error)

    def _write(self, sql: str, rows: Sequence[Row], *, checked: str | None = None) -> None:
        """Write rows, of few events later; of a `checked` table each has to be found."""
        values = [array(column) for column in zip(*rows, strict=True)]
        if self._few is not None:
            self._few.append(((ready(sql), values), len(rows), checked))
            return
        cursor = self.execute(sql, values)
        if checked is None:
            return
        if self._unchecked is None:
            self.check(cursor.rowcount, len(rows), checked)
        else:
            self._unchecked.append((cursor, len(rows), checked))

    def fetch_all(self, *queries: Query | None) -> list[list[Row]]:
        asked = [query for query in queries if query is not None]
        with self.connection.wrap_database_errors:
            self._end_copy()
            prepared = [(ready(_placeholders(*query)), _parameters(query[1])) for query in asked]
            answers = iter(fetched_at_once(self.connection.connection, prepared))
        return [[] if query is None else next(answers) for query in queries]

    @contextmanager
    def writing(self, rows: int) -> Iterator[None]:
        # Few rows go out together and their counts are looked at in the end. COPY cannot be part of that.
        if rows < _COPY_FROM:
            few = self._few = []
            try:
                yield
            finally:
                self._few = None
            self._send(few)
        else:
            with self.connection.wrap_database_errors, self._copies_ended():
                yield
                if self._later:
                    with self.together():
                        pass

    def _send(self, few: Sequence[tuple[Asked, int, str | None]]) -> None:
        with self.connection.wrap_database_errors:
            counts = changed_at_once(self.connection.connection, [asked for asked, _meant, _checked in few])
        for changed, (_asked, meant, checked) in zip(counts, few, strict=True):
            if checked is not None:
                self.check(changed, meant, checked)

    @contextmanager
    def together(self) -> Iterator[None]:
        if self._few is not None or self._unchecked is not None:
            yield
            return
        with self.connection.wrap_database_errors:
            self._end_copy()
            with self.connection.connection.pipeline():
                unchecked = self._unchecked = []
                try:
                    while self._later:
                        self.insert(*self._later.pop())
                    yield
                finally:
                    self._unchecked = None
        for cursor, meant, table in unchecked:
            self.check(cursor.rowcount, meant, table)

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
        if not rows:
            return
        if self._few is not None or self._unchecked is not None:
            self._write(_insert(table), rows)
        elif len(rows) >= _COPY_FROM:
            self.copy(_copy(table), copied(rows))
        else:
            self._later.append((table, rows))

    def update(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self._write(_update(table), rows, checked=table.name)

    def add(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        if rows:
            self._write(_add(table, column), rows)

    def subtract(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        if rows:
            self._write(_subtract(table, column), rows, checked=table.name)

    def credit_shops(self, rows: Sequence[Row]) -> None:
        if rows:
            self._write(_CREDIT_SHOPS, rows, checked="settlement_shop")

    def turn(self, *, alone: bool) -> Query | None:
        if not self.locks:
            return None
        how = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        return f"SELECT {how}({_TURN})", ()

    def shops_locked(self, names: Sequence[str], orders: Sequence[str] = ()) -> Query:
        columns = ", ".join(SHOPS.columns)
        order = 'ORDER BY name COLLATE "C"'
        held = "FOR UPDATE" if self.locks else ""
        which, values = (_WITH_VOUCHERS, (names, orders, orders)) if orders else ("name[]", (names,))
        return f"SELECT {columns} FROM settlement_shop WHERE {which} {order} {held}", values

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
