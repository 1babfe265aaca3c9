"""The guards, and how a control switches them off, so that it is seen what each of them is there for.

Three things stand between two callers who want the same: the shop's row is locked before anything is read
(on SQLite, the transaction begins as the only writer; a tick goes alone), an update looks at how many rows
were still as they had been read, and unique keys. A control lets all callers read before any of them writes;
the lock would not allow that.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from django.db import connections, transaction

from pinback.kit.driver import Asked, Statement, fetched_at_once
from pinback.settlement.dialects import Dialect, LostRace, postgres
from tests.support.interleaving import between_reading_and_writing
from tests.support.rows import run_sql

_FOR_UPDATE = re.compile(rb"\bFOR (NO KEY )?UPDATE\b")
_ALONE = re.compile(rb"\bpg_advisory_xact_lock\b")
SECONDS = 20


@contextmanager
def without_locks(alias: str, callers: int) -> Iterator[None]:
    """Nobody locks what they read in their first try, and all have read before the first of them writes."""
    line = threading.Barrier(callers)
    tried = threading.local()

    def wait_for_the_others() -> None:
        # What was read is read in another transaction than the one that writes; SQLite knows no other way.
        sqlite = connections[alias].connection if connections[alias].vendor == "sqlite" else None
        if sqlite is not None:
            sqlite.execute("COMMIT")
        if not getattr(tried, "once", False):
            tried.once = True
            line.wait(SECONDS)
        if sqlite is not None:
            sqlite.execute("BEGIN IMMEDIATE")

    with ExitStack() as stack:
        stack.enter_context(between_reading_and_writing(wait_for_the_others))
        if connections[alias].vendor == "sqlite":
            options = connections.settings[alias]["OPTIONS"]
            stack.enter_context(mock.patch.dict(options, transaction_mode="DEFERRED"))
        else:
            stack.enter_context(_without_locks_of_rows(tried))
        yield


@contextmanager
def _without_locks_of_rows(tried: threading.local) -> Iterator[None]:
    def fetched_without(wire: Any, asked: Sequence[Asked]) -> Any:
        if not getattr(tried, "once", False):
            asked = [(_unlocked(statement), values) for statement, values in asked]
        return fetched_at_once(wire, asked)

    with mock.patch.object(postgres, "fetched_at_once", fetched_without):
        yield


def _unlocked(statement: Statement) -> Statement:
    text = _ALONE.sub(b"pg_advisory_xact_lock_shared", _FOR_UPDATE.sub(b"", statement.postgres))
    return statement._replace(postgres=text)


@contextmanager
def without_looking() -> Iterator[None]:
    """Nobody looks at how many rows an update changed."""
    with mock.patch.object(Dialect, "check", staticmethod(lambda changed, meant, table: None)):
        yield


@contextmanager
def unguarded(alias: str, callers: int) -> Iterator[None]:
    """No locks, and nobody looks at what an update did. Unique keys and CHECKs are still there."""
    with without_locks(alias, callers), without_looking():
        yield


@contextmanager
def counting_lost_races() -> Iterator[list[str]]:
    """The tables in which an update noticed that somebody else had been there."""
    lost: list[str] = []
    check = Dialect.check

    def noticed(changed: int, meant: int, table: str) -> None:
        try:
            check(changed, meant, table)
        except LostRace:
            lost.append(table)
            raise

    with mock.patch.object(Dialect, "check", staticmethod(noticed)):
        yield lost


def without_constraints(alias: str, table: str) -> None:
    """Put a table of the same rows, without keys and CHECKs, in its place; for a private database."""
    with transaction.atomic(using=alias):
        run_sql(alias, f"CREATE TABLE plain AS SELECT * FROM {table}")
        run_sql(alias, f"DROP TABLE {table}")
        run_sql(alias, f"ALTER TABLE plain RENAME TO {table}")
