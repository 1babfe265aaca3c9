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

from benchmarks.databases import KINDS, fresh_database, start_django

start_django()

from django.db import connections, transaction  # noqa: E402

from benchmarks.workload import Day, incoming  # noqa: E402
from pinback.settlement import actions, dialects  # noqa: E402
from pinback.settlement.actions import Incoming, settle  # noqa: E402

Statement = tuple[str, str, Any]


class Recorder:
    """Writes down the statements of a dialect that change something, a list for each transaction."""

    def __init__(self) -> None:
        self.transactions: list[list[Statement]] = []

    def dialect_of(self, connection: Any) -> Any:
        """In the place of `dialects.dialect_of`."""
        dialect = dialects.dialect_of(connection)
        kept: list[Statement] = []
        self.transactions.append(kept)
        if connection.vendor == "sqlite":
            many = dialect.many
            dialect.many = lambda sql, rows: (kept.append(("many", sql, rows)), many(sql, rows))[1]
        else:
            execute, copy = dialect.execute, dialect.copy

            def keep_execute(sql: str, values: Sequence[Any]) -> Any:
                if not sql.startswith("SELECT"):
                    kept.append(("execute", sql, values))
                return execute(sql, values)

            dialect.execute = keep_execute
            dialect.copy = lambda sql, text: (kept.append(("copy", sql, text)), copy(sql, text))[1]
        return dialect


def record(kind: str, opening: list[Incoming], events: list[Incoming], batch: int) -> list[list[Statement]]:
    """The statements of every transaction that settling this stream writes."""
    recorder = Recorder()
    original, actions.dialect_of = actions.dialect_of, recorder.dialect_of
    try:
        with fresh_database(kind, "recorded") as _:
            _settle_in(opening, 1000, "recorded")
            opened = len(recorder.transactions)
            _settle_in(events, batch, "recorded")
    finally:
        actions.dialect_of = original
    return [list(chain.from_iterable(recorder.transactions[:opened])), *recorder.transactions[opened:]]


def _settle_in(events: list[Incoming], batch: int, alias: str) -> None:
    for start in range(0, len(events), batch):
        settle(events[start : start + batch], using=alias)


def replay(transactions: list[list[Statement]], alias: str) -> None:
    """Send the recorded statements again."""
    connection = connections[alias]
    for statements in transactions:
        with transaction.atomic(alias):
            dialect = dialects.dialect_of(connection)
            for how, sql, values in statements:
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
