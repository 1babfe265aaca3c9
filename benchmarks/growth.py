"""With many orders in the tables beside none: the same stream, settled in turn into both.

The tables are filled with what settling really writes: a day is settled once, and its rows are copied again
and again under other keys and earlier ids, until there are as many orders as asked for, with their lines,
events, postings, vouchers and refunds. `python -m benchmarks.growth [--full] [--orders N]`.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence

from benchmarks.databases import KINDS, fresh_database, start_django

start_django()

from django.db import connections, transaction  # noqa: E402

from benchmarks.workload import Day, incoming  # noqa: E402
from pinback.settlement import tables  # noqa: E402
from pinback.settlement.actions import Incoming, settle  # noqa: E402
from pinback.settlement.tables import Table  # noqa: E402

SEED = 7
TEMPLATE_EVENTS = 100_000
BATCHES = (1, 1000, 5000)

OTHERWISE: tuple[tuple[Table, str, dict[str, str]], ...] = (
    (tables.EVENTS, "id", {"key": "replace(key, '/e', '/k{copy}e')"}),
    (tables.POSTINGS, "event_id", {}),
    (tables.ORDERS, "id", {"key": "replace(key, '/o', '/k{copy}o')"}),
    (tables.LINES, "order_id", {}),
    (
        tables.VOUCHERS,
        "id",
        {
            "code": "replace(code, '/c/', '/k{copy}c/')",
            "serial": "serial + 1000000 * {copy}",
            "source_key": "replace(source_key, '/o', '/k{copy}o')",
        },
    ),
    (
        tables.REFUNDS,
        "id",
        {
            "key": "replace(key, '/r', '/k{copy}r')",
            "order_key": "replace(order_key, '/o', '/k{copy}o')",
        },
    ),
)
"""Of each table that grows with the orders the column of its id, and what a copy has otherwise."""


def settle_all(events: list[Incoming], batch: int, alias: str) -> float:
    """Settle a stream; events a second."""
    begun = time.perf_counter()
    for start in range(0, len(events), batch):
        settle(events[start : start + batch], using=alias)
    return len(events) / (time.perf_counter() - begun)


def fill(alias: str, orders: int) -> int:
    """Settle the template and copy it until there are that many orders; returns how many there are."""
    day = Day(SEED)
    settle_all(incoming(day.opening()), 1000, alias)
    settle_all(incoming(day.events(TEMPLATE_EVENTS)), 5000, alias)
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM settlement_event")
        first, last = cursor.fetchone()
        cursor.execute("SELECT count(*), min(id) FROM settlement_order")
        made, first_order = cursor.fetchone()
        if connections[alias].vendor == "postgresql":
            cursor.execute("SET synchronous_commit = off")
        copies = max(0, round(orders / made) - 1)
        for copy in range(1, copies + 1):
            with transaction.atomic(alias):
                for sql in _copying(copy, copy * (last - first + 1), first_order):
                    cursor.execute(sql)
    _settle_down(alias)
    filled: int = made * (copies + 1)
    return filled


def _copying(copy: int, earlier: int, first: int) -> Iterator[str]:
    """The statements that copy the rows of the template, which begin with the id `first`."""
    for table, id_, others in OTHERWISE:
        given = {id_: f"{id_} - {earlier}", **others}
        values = ", ".join(given.get(column, column) for column in table.columns).format(copy=copy)
        columns = ", ".join(table.columns)
        source = f"SELECT {values} FROM {table.name} WHERE {id_} >= {first}"  # noqa: S608 - our own names
        yield f"INSERT INTO {table.name} ({columns}) {source}"


def _settle_down(alias: str) -> None:
    """What a database does by itself in the course of time."""
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
            cursor.execute("SET synchronous_commit = on")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def stream(turn: int, count: int) -> list[Incoming]:
    """A day's events for the shops of the template, the same for a turn, of orders that are new in it."""
    day = Day(SEED + turn)
    for _ in day.opening():
        pass
    day.number = day.orders = turn * 10_000_000
    day.at += 86_400
    return incoming(day.events(count))


def measure(kind: str, orders: int, rounds: int, events: int, batches: Sequence[int]) -> None:
    """Print a row for each size of batch."""
    with fresh_database(kind, "many"):
        filled = fill("many", orders)
        for place, batch in enumerate(batches):
            pairs = []
            for turn in range(1, rounds + 1):
                events_now = stream(turn + 100 * place, min(events, 2000 * batch))
                with fresh_database(kind, "none"):
                    settle_all(incoming(Day(SEED).opening()), 1000, "none")
                    none = settle_all(events_now, batch, "none")
                pairs.append((settle_all(events_now, batch, "many"), none))
            ratio = statistics.median(many / none for many, none in pairs)
            many, none = (statistics.median(pair[way] for pair in pairs) for way in (0, 1))
            print(f"| {kind} | {filled:,} | {batch} | {ratio:.2f} | {many:,.0f} | {none:,.0f} |", flush=True)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--orders", type=int)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--batch", type=int, action="append")
    chosen = parser.parse_args()
    rounds, events = (5, 50_000) if chosen.full else (3, 20_000)
    orders = chosen.orders or (5_000_000 if chosen.full else 100_000)
    print("| database | orders | batch | many / none | with many, events/s | with none, events/s |")
    print("|--|--|--|--|--|--|", flush=True)
    for kind in [chosen.kind] if chosen.kind else KINDS:
        measure(kind, orders, rounds, events, chosen.batch or BATCHES)


if __name__ == "__main__":
    main()
