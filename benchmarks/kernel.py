"""The kernel against the limit of its database: `settle` beside a replay of exactly the rows that it wrote.

The replay sends the recorded statements with their prepared values into a database of the same make, with
the same number of commits: no reads, no rules, no values to build. `python -m benchmarks.kernel [--full]`.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any
from unittest.mock import patch

from benchmarks.databases import KINDS, fresh_database, start_django

start_django()

from django.db import connections, transaction  # noqa: E402
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402

from benchmarks.workload import Day, incoming  # noqa: E402
from pinback.settlement.actions import Incoming, settle  # noqa: E402
from pinback.settlement.dialects import dialect_of  # noqa: E402
from pinback.settlement.dialects.postgres import Postgres  # noqa: E402
from pinback.settlement.dialects.sqlite import SQLite  # noqa: E402

Statement = tuple[str, str, Any]
MANY = 1_000_000

_kept: list[list[Statement]] = []
"""The statements of every recorded transaction that change something."""


class RecordingSQLite(SQLite):
    """Writes down what it sends."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__(connection)
        _kept.append([])

    def many(self, sql: str, rows: Sequence[Any]) -> int:
        _kept[-1].append(("many", sql, rows))
        return super().many(sql, rows)


class RecordingPostgres(Postgres):
    """Writes down what it sends."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__(connection)
        _kept.append([])

    def execute(self, sql: str, values: Sequence[Any]) -> Any:
        if not sql.startswith("SELECT"):
            _kept[-1].append(("execute", sql, values))
        return super().execute(sql, values)

    def copy(self, sql: str, rows: bytes) -> None:
        _kept[-1].append(("copy", sql, rows))
        super().copy(sql, rows)


RECORDING = {"sqlite": RecordingSQLite, "postgresql": RecordingPostgres}


def record(kind: str, opening: list[Incoming], events: list[Incoming], batch: int) -> list[list[Statement]]:
    """The statements of every transaction that settling this stream writes; those of the opening come
    first, as one.
    """
    _kept.clear()
    with patch.dict("pinback.settlement.dialects._DIALECTS", RECORDING), fresh_database(kind, "recorded"):
        _settle_in(opening, 1000, "recorded")
        opened = len(_kept)
        _settle_in(events, batch, "recorded")
    return [list(chain.from_iterable(_kept[:opened])), *(kept for kept in _kept[opened:] if kept)]


def _settle_in(events: list[Incoming], batch: int, alias: str) -> None:
    for start in range(0, len(events), batch):
        settle(events[start : start + batch], using=alias)


def replay(transactions: list[list[Statement]], alias: str) -> None:
    """Send the recorded statements again, with as few waits as the database's driver allows: rows by COPY
    one table after the other, then everything else without waiting for the answers.
    """
    connection = connections[alias]
    for statements in transactions:
        with transaction.atomic(alias), (dialect := dialect_of(connection)).writing(MANY):
            copies = [statement for statement in statements if statement[0] == "copy"]
            others = [statement for statement in statements if statement[0] != "copy"]
            for how, sql, values in copies:
                getattr(dialect, how)(sql, values)
            with dialect.together():
                for how, sql, values in others:
                    getattr(dialect, how)(sql, values)


def timed(work: Callable[[], None]) -> float:
    """Seconds that a work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(kind: str, batch: int, count: int, rounds: int) -> tuple[float, float, float]:
    """(median of the ratios limit time / settle time, events/s of settle, events/s of the limit)."""
    day = Day(7)
    opening, events = incoming(day.opening()), incoming(day.events(count))
    transactions = record(kind, opening, events, batch)
    ratios, ours, limits = [], [], []
    for _ in range(rounds):
        with fresh_database(kind, "limit"):
            replay(transactions[:1], "limit")
            limit = timed(lambda: replay(transactions[1:], "limit"))
        with fresh_database(kind, "kernel"):
            _settle_in(opening, 1000, "kernel")
            settled = timed(lambda: _settle_in(events, batch, "kernel"))
        ratios.append(limit / settled)
        ours.append(count / settled)
        limits.append(count / limit)
    return statistics.median(ratios), statistics.median(ours), statistics.median(limits)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--batch", type=int)
    chosen = parser.parse_args()
    rounds = 5 if chosen.full else 3
    print("| database | batch | settle / limit | settle, events/s | limit, events/s |\n|--|--|--|--|--|")
    for kind in [chosen.kind] if chosen.kind else KINDS:
        for batch in [chosen.batch] if chosen.batch else (1, 100, 1000, 5000):
            count = min(2_000 * batch, 60_000 if chosen.full else 30_000)
            ratio, ours, limit = measure(kind, batch, count, rounds)
            print(f"| {kind} | {batch} | {ratio:.2f} | {ours:,.0f} | {limit:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
