"""Many callers at once on one campaign that runs out: the process's writer beside one transaction per call.

Each caller confirms paid orders, one call after the other; half of them earn the last vouchers. Both ways
are measured in turn, on a fresh database each. `python -m benchmarks.hot_campaign [--full]`.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from benchmarks.databases import KINDS, fresh_database, start_django

start_django()

from django.db import connections  # noqa: E402

from pinback.rules.reading import parse_line  # noqa: E402
from pinback.settlement.actions import Incoming, settle  # noqa: E402
from pinback.settlement.models import Voucher  # noqa: E402
from pinback.settlement.writer import Writer  # noqa: E402

ALIAS = "hot"
Settle = Callable[[list[Incoming]], Any]


def event(kind: str, id_: str, shop: str, at: str, **fields: Any) -> Incoming:
    """One event, parsed."""
    return Incoming(
        1, parse_line(msgspec.json.encode({"id": id_, "type": kind, "at": at, "shop": shop, **fields}))
    )


def prepare(calls: int, shops: int) -> list[Incoming]:
    """Pay that many orders, spread over the shops; the confirmations that are left to be called."""
    before, now = "2026-11-01T10:00:00Z", "2026-11-20T10:00:00Z"
    quantity = max(10, calls // 2 // shops)
    setting: list[Incoming] = []
    for number in range(shops):
        shop = f"s{number}"
        terms = {"threshold": 100, "rebate": 10, "quantity": quantity}
        setting.append(event("campaign.created", "c", shop, before, campaign="c", **terms))
        funding = {"amount": 10 * quantity, "method": "wechat"}
        setting.append(event("campaign.funded", "f", shop, before, campaign="c", **funding))
    confirmations = []
    for number in range(calls):
        shop, order = f"s{number % shops}", f"o{number}"
        lines = [{"product": "p", "quantity": 1, "unit_price": 100}]
        buyer = f"b{number}"
        setting.append(event("order.placed", f"p{number}", shop, now, order=order, buyer=buyer, lines=lines))
        setting.append(event("order.paid", f"q{number}", shop, now, order=order, amount=100))
        confirmations.append(event("order.confirmed", f"k{number}", shop, now, order=order))
    for start in range(0, len(setting), 2000):
        settle(setting[start : start + 2000], using=ALIAS)
    return confirmations


@contextmanager
def way(with_writer: bool) -> Iterator[Settle]:
    """How callers settle: through a writer, or each in a transaction of its own."""
    if not with_writer:
        yield lambda batch: settle(batch, using=ALIAS)
        return
    writer = Writer(using=ALIAS)
    try:
        yield writer.settle
    finally:
        writer.close()


def run(kind: str, callers: int, shops: int, calls: int, *, with_writer: bool) -> tuple[float, float]:
    """(calls a second, p99 in seconds)."""
    with fresh_database(kind, ALIAS), way(with_writer) as settle_one:
        left = iter(prepare(calls, shops))
        lock, start = threading.Lock(), threading.Barrier(callers + 1, timeout=60)
        seconds: list[float] = []

        def call() -> None:
            connections[ALIAS].ensure_connection()
            start.wait()
            while True:
                with lock:
                    incoming = next(left, None)
                if incoming is None:
                    break
                begun = time.perf_counter()
                settle_one([incoming])
                seconds.append(time.perf_counter() - begun)
            connections[ALIAS].close()

        threads = [threading.Thread(target=call) for _ in range(callers)]
        for thread in threads:
            thread.start()
        start.wait()
        begun = time.perf_counter()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - begun
        issued, promised = Voucher.objects.using(ALIAS).count(), max(10, calls // 2 // shops) * shops
        if issued != min(calls, promised):
            raise SystemExit(f"{issued} vouchers were issued, not {promised}: the figures are worthless")
    return calls / took, sorted(seconds)[int(len(seconds) * 0.99)]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--kind", choices=KINDS)
    chosen = parser.parse_args()
    rounds, calls = (5, 3000) if chosen.full else (3, 1000)
    print(
        "| database | callers | shops | writer / apart, calls/s | p99 writer / p99 apart | calls/s | apart |"
    )
    print("|--|--|--|--|--|--|--|")
    for kind in [chosen.kind] if chosen.kind else KINDS:
        for callers, shops in ((64, 1), (16, 1000), (1, 1)):
            pairs = [
                [run(kind, callers, shops, calls, with_writer=with_writer) for with_writer in (True, False)]
                for _ in range(rounds)
            ]
            rate = statistics.median(ours[0] / apart[0] for ours, apart in pairs)
            wait = statistics.median(ours[1] / apart[1] for ours, apart in pairs)
            ours, apart = (statistics.median(pair[way][0] for pair in pairs) for way in (0, 1))
            print(
                f"| {kind} | {callers} | {shops} | {rate:.1f} | {wait:.3f} | {ours:,.0f} | {apart:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
