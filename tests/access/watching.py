"""Sees what a request did to the tables, and takes it back: every request finds the same world."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from re import compile as pattern
from typing import Any

from django.apps import apps
from django.db import connection, transaction

_WRITE = pattern(r"""(?i)^\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?""")

Rows = dict[Any, Any]


def table_names() -> list[str]:
    """Pinback's tables."""
    return sorted(
        model._meta.db_table for model in apps.get_models() if model.__module__.startswith("pinback.")
    )


def rows_of(table: str) -> Rows:
    """The rows of a table by the first column, which is its key; those of one key together."""
    found: dict[Any, list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        for row in cursor.fetchall():
            found.setdefault(row[0], []).append(repr(row))
    return {key: sorted(rows) for key, rows in found.items()}


@dataclass
class Watch:
    """What was there before, and what became of it. `changed`: by table, rows that were there and are other
    ones now, as they were; `added`: tables with rows that were not.
    """

    before: dict[str, Rows]
    written: set[str] = field(default_factory=set)
    changed: dict[str, list[str]] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """See a statement pass; a wrapper of Django's `execute_wrapper`."""
        if _WRITE.match(sql):
            self.written.update(_WRITE.findall(sql))
        elif not sql.lstrip()[:6].upper().startswith("SELECT"):
            # Bulk writes hide their table behind COPY or WITH: any that is named may be meant.
            self.written.update(table for table in self.before if table in sql)
        return execute(sql, params, many, context)

    def compare(self, tables: set[str]) -> None:
        """Compare those tables with what they were."""
        for table in tables & set(self.before):
            now, was = rows_of(table), self.before[table]
            others = [repr(row) for key, row in was.items() if now.get(key) != row]
            if others:
                self.changed[table] = others
            if now.keys() - was.keys():
                self.added.add(table)

    def touched(self) -> set[str]:
        """The tables in which anything is another now."""
        return self.changed.keys() | self.added

    def touched_beside(self, id_: int) -> set[str]:
        """The tables with changed rows that do not name somebody's id."""
        return {table for table, rows in self.changed.items() if any(str(id_) not in row for row in rows)}


def snapshot() -> dict[str, Rows]:
    """All rows of all tables."""
    return {table: rows_of(table) for table in table_names()}


@contextmanager
def watched(before: dict[str, Rows]) -> Iterator[Watch]:
    """See what the block does to the tables, then take it back."""
    watch = Watch(before)
    savepoint = transaction.savepoint()
    assert savepoint is not None
    try:
        with connection.execute_wrapper(watch):
            yield watch
        connection.needs_rollback = False
        watch.compare(set(watch.written))
    finally:
        connection.needs_rollback = False
        transaction.savepoint_rollback(savepoint)
        connection.run_on_commit.clear()
