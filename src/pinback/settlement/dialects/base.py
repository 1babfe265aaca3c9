"""What the dialects share: the verbs, and the check that every guarded write hit its rows."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from pinback.kit.transactions import is_snapshot
from pinback.settlement.tables import Row, Table

Query = tuple[str, tuple[Any, ...]]
"""A query and its values: `?` stands for a value, `[]` after a column for "is one of" the values of a list.
"""


class LostRace(Exception):
    """A guarded write found fewer rows than it meant to change: somebody else was there first."""


class Dialect(ABC):
    """Bulk reads and writes over one open connection, past the ORM."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        connection.ensure_connection()
        self.connection = connection
        self.locks = not is_snapshot()

    @abstractmethod
    def fetch_all(self, *queries: Query | None) -> list[list[Row]]:
        """The rows of several queries, asked in their order and at once where the database can;
        none for None.
        """

    @abstractmethod
    def stream(self, sql: str, *values: Any) -> Iterator[Row]:
        """Like `fetch`, a row at a time, in memory that does not grow with their number."""

    @abstractmethod
    def snapshot(self) -> None:
        """Let all reads of the transaction that just began see one moment."""

    @abstractmethod
    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert new rows."""

    @abstractmethod
    def update(self, table: Table, rows: Sequence[Row]) -> None:
        """Update rows, each (new values of `changing`, keys, old values of `guards`)."""

    @abstractmethod
    def add(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        """Insert rows, or add their `column` to the row that is there already."""

    @abstractmethod
    def subtract(self, table: Table, column: str, rows: Sequence[Row]) -> None:
        """Take `column` off rows that must be there, each (amount to add, below 0; keys)."""

    @abstractmethod
    def credit_shops(self, rows: Sequence[Row]) -> None:
        """Update shops, each (issued, more marketing, more sales, more completed, latest_at, last_event_id,
        id).
        """

    @abstractmethod
    def turn(self, *, alone: bool) -> Query | None:
        """Asks for a turn beside the other transactions, or for one `alone`; None where there is only ever
        one, or nothing is written.
        """

    @abstractmethod
    def shops_locked(self, names: Sequence[str], orders: Sequence[str] = ()) -> Query:
        """Asks for these shops in the order of their names, locked until the transaction ends, unless it only
        reads. Where shops are locked one by one, with them those that the vouchers of `orders` reach, by key.
        """

    @abstractmethod
    def writing(self, rows: int) -> AbstractContextManager[None]:
        """Around the writes of a transaction, of about that many rows: what can be sent together is."""

    @abstractmethod
    def together(self) -> AbstractContextManager[None]:
        """Around updates and additions: sent without waiting for the answers, which are looked at in the
        end.
        """

    @abstractmethod
    def sorted_by(self, column: str) -> str:
        """An ORDER BY clause by code point."""

    def fetch(self, sql: str, *values: Any) -> list[Row]:
        """The rows of one query."""
        return self.fetch_all((sql, values))[0]

    @staticmethod
    def where(table: Table, column: str, values: Sequence[Any], condition: str = "") -> Query | None:
        """Asks for the rows of `table` whose `column` is one of `values`; None if there are no values."""
        if not values:
            return None
        return f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {column}[] {condition}", (values,)

    @staticmethod
    def check(changed: int, meant: int, table: str) -> None:
        """Raise LostRace unless as many rows changed as were meant to."""
        if changed != meant:
            raise LostRace(f"{table}: {changed} of {meant} rows were as they had been read")
