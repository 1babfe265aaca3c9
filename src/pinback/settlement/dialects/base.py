"""What the dialects share: the verbs, and the check that every guarded write hit its rows."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from pinback.settlement.tables import Row, Table


class LostRace(Exception):
    """A guarded write found fewer rows than it meant to change: somebody else was there first."""


class Dialect(ABC):
    """Bulk reads and writes over one open connection, past the ORM."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        connection.ensure_connection()
        self.connection = connection

    @abstractmethod
    def fetch(self, sql: str, *values: Any) -> list[Row]:
        """Run a query; `?` stands for a value, `[]` after a column name for "is one of" the listed values."""

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
    def lock_shops(self, names: Sequence[str]) -> list[Row]:
        """The rows of these shops in the order of their names, locked until the transaction ends."""

    @abstractmethod
    def sorted_by(self, column: str) -> str:
        """An ORDER BY clause by code point."""

    def select(self, table: Table, column: str, values: Sequence[Any], condition: str = "") -> list[Row]:
        """The rows of `table` whose `column` is one of `values`."""
        if not values:
            return []
        return self.fetch(
            f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {column}[] {condition}", values
        )

    @staticmethod
    def check(changed: int, meant: int, table: str) -> None:
        """Raise LostRace unless as many rows changed as were meant to."""
        if changed != meant:
            raise LostRace(f"{table}: {changed} of {meant} rows were as they had been read")
