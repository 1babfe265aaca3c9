"""Two sorted streams of rows, one stored and one expected, told apart row by row and column by column."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from pinback.settlement.tables import Row


class Difference(NamedTuple):
    """Something that is stored otherwise than the event log gives it.

    `column` is `row` where a whole row is missing (`stored` None) or should not be there (`expected` None).
    """

    table: str
    key: str
    column: str
    stored: object
    expected: object

    def __str__(self) -> str:
        where = f"{self.table} {self.key} {self.column}"
        return f"{where}: stored {self.stored}, the event log gives {self.expected}"


class Comparison:
    """Compares stored rows with expected ones, both in the order of their keys.

    `key` takes a row to what it is sorted by, `columns` names its columns. A row that `forgiven` accepts
    may be stored without being expected.
    """

    def __init__(
        self,
        table: str,
        columns: Iterable[str],
        stored: Iterator[Row],
        *,
        key: Callable[[Row], Any],
        forgiven: Callable[[Row], bool] | None = None,
    ) -> None:
        self._table = table
        self._columns = tuple(columns)
        self._rows = stored
        self._key = key
        self._forgiven = forgiven
        self._row = next(stored, None)

    def all(self, expected: Iterable[Row]) -> Iterator[Difference]:
        """Compare with all that is expected, then whatever else is stored."""
        for row in expected:
            yield from self.next(row)
        yield from self.rest()

    def next(self, expected: Row) -> Iterator[Difference]:
        """Compare with the next expected row; what is stored before it should not be there."""
        key = self._key(expected)
        while self._row is not None and self._key(self._row) < key:
            yield from self._too_many()
        if self._row is None or self._key(self._row) != key:
            yield Difference(self._table, _shown(key), "row", None, "a row")
            return
        yield from differ(self._table, _shown(key), self._columns, self._row, expected)
        self._row = next(self._rows, None)

    def rest(self) -> Iterator[Difference]:
        """What is stored behind the last expected row."""
        while self._row is not None:
            yield from self._too_many()

    def _too_many(self) -> Iterator[Difference]:
        row = self._row
        assert row is not None
        if self._forgiven is None or not self._forgiven(row):
            yield Difference(self._table, _shown(self._key(row)), "row", "a row", None)
        self._row = next(self._rows, None)


def differ(table: str, key: str, columns: Iterable[str], stored: Row, expected: Row) -> Iterator[Difference]:
    """The columns in which two rows differ."""
    for column, found, wanted in zip(columns, stored, expected, strict=True):
        if found != wanted:
            yield Difference(table, key, column, found, wanted)


def _shown(key: Any) -> str:
    return " ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
