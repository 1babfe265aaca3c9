"""SQLite: `executemany` on the driver's own cursor; lists of keys travel as one JSON parameter.

A transaction begins IMMEDIATE (settings), so it is the only writer from its first statement on.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

import msgspec

from pinback.settlement.dialects.base import Dialect, Query
from pinback.settlement.tables import SHOPS, Row, Table

_encoder = msgspec.json.Encoder()


@lru_cache(maxsize=64)
def _update(table: Table) -> str:
    sets = ", ".join(f"{column} = ?" for column in table.changing)
    where = " AND ".join(f"{column} = ?" for column in (*table.keys, *table.guards))
    return f"UPDATE {table.name} SET {sets} WHERE {where}"


class SQLite(Dialect):
    """See `Dialect`."""

    def _execute(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        listed = [_encoder.encode(v).decode() if isinstance(v, (list, tuple)) else v for v in values]
        with self.connection.wrap_database_errors:
            cursor: sqlite3.Cursor = self.connection.connection.cursor()
            return cursor.execute(sql.replace("[]", " IN (SELECT value FROM json_each(?))"), listed)

    def many(self, sql: str, rows: Sequence[Row]) -> int:
        """Run one statement for each row; returns how many rows of the table it changed."""
        with self.connection.wrap_database_errors:
            cursor: sqlite3.Cursor = self.connection.connection.cursor()
            return cursor.executemany(sql, rows).rowcount

    def fetch_all(self, *queries: Query | None) -> list[list[Row]]:
        return [[] if query is None else self._execute(*query).fetchall() for query in queries]

    def stream(self, sql: str, *values: Any) -> Iterator[Row]:
        yield from self._execute(sql, values)

    def snapshot(self) -> None:
        """A transaction of SQLite always does."""

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            marks = ", ".join("?" * len(table.columns))
            self.many(f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})", rows)

    def update(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self.check(self.many(_update(table), rows), len(rows), table.name)

    def add(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        if rows:
            marks = ", ".join("?" * len(table.columns))
            self.many(
                f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})"
                f" ON CONFLICT ({', '.join(table.keys)})"
                f" DO UPDATE SET {column} = {column} + excluded.{column}",
                rows,
            )

    def subtract(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        if rows:
            where = " AND ".join(f"{key} = ?" for key in table.keys)
            sql = f"UPDATE {table.name} SET {column} = {column} + ? WHERE {where}"
            self.check(self.many(sql, rows), len(rows), table.name)

    def credit_shops(self, rows: Sequence[Row]) -> None:
        if rows:
            sql = (
                "UPDATE settlement_shop SET issued = ?, marketing_minor = marketing_minor + ?,"
                " sales_minor = sales_minor + ?, completed_orders = completed_orders + ?,"
                " latest_at = max(coalesce(latest_at, 0), ?), last_event_id = ? WHERE id = ?"
            )
            self.check(self.many(sql, rows), len(rows), "settlement_shop")

    def turn(self, *, alone: bool) -> Query | None:  # noqa: ARG002 - there is only ever one writer
        return None

    def shops_locked(self, names: Sequence[str], orders: Sequence[str] = ()) -> Query:  # noqa: ARG002
        return f"SELECT {', '.join(SHOPS.columns)} FROM settlement_shop WHERE name[] ORDER BY name", (names,)

    def writing(self, rows: int) -> AbstractContextManager[None]:  # noqa: ARG002 - nothing travels
        return nullcontext()

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def sorted_by(self, column: str) -> str:
        return f"ORDER BY {column}"
