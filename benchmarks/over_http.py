"""Whole orders over HTTP beside django-oscar's in process: orders a second, in turn, in one run.

Pinback: a buyer's order through the API of `pinback serve` (granian, one worker, its timers inside): quoted,
placed with the best voucher, paid by the notice of the sandbox's provider. Oscar: `benchmarks.peer_oscar`,
without HTTP. Then what a refund takes over HTTP, 32 callers after the last ten vouchers, the memory of the
server, and the size of what is installed. The CPU time is that of the process that serves, or of oscar's,
without the database's server: on a busy machine it says more than the rates. Each part ends by itself, by its
number of orders or its time.

`python -m benchmarks.over_http [--full]`; oscar is in `.venv/peer` (`make bench`), or left out.
"""

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks.calling import Caller
from benchmarks.databases import KINDS, POSTGRES_URL
from benchmarks.served import HOT_SHOP, LEFT, PORT, SHOP, cpu_ms, most_mib, serving, staged

PEER = Path(".venv/peer/bin/python")
HOT_CALLERS = 32
STEPS = ("quote", "place", "pay", "notice", "ask", "agree")
_MOST_SECONDS = 30.0
_MOST_MIB_A_WORKER = 150
_MOST_MIB_INSTALLED = 200
HOME = {"recipient": "Ann", "phone": "+8613800138000", "region": "杭州 西湖", "street": "1 Tea Road"}


ALL_BACK = {"kind": "refund_only", "scope": "whole", "reason": "changed_mind"}


class Round(NamedTuple):
    """What some callers at once reached: orders a second, CPU time of an order in ms, and how long each kind
    of request took, in s.
    """

    orders_a_second: float
    cpu_ms: float
    seconds: dict[str, list[float]]


@contextmanager
def empty_database(kind: str, name: str) -> Iterator[str]:
    """The address of a database without tables, gone afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="pinback-bench-") as folder:
            yield f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        return
    whole = f"pinback_bench_{name}"
    drop = f'DROP DATABASE IF EXISTS "{whole}" WITH (FORCE)'.encode()
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(f'CREATE DATABASE "{whole}" TEMPLATE template0'.encode())
    try:
        yield urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{whole}"))
    finally:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
            connection.execute(drop)


def buy(caller: Caller, goods: dict[str, str]) -> str:
    """One order from the quote to paid; its id."""
    wish = {
        "product": goods["product"],
        "lines": [{"sku": goods["sku"], "quantity": 1}],
        "kind": "solo",
        "voucher": "best",
    }
    caller.post("quote", "/quotes", wish)
    order: str = caller.post("place", "/orders", {**wish, "address": HOME})["order"]
    payment = caller.post("pay", f"/orders/{order}/payment", {"method": "wechat"})
    number = payment["to_client"]["number"]
    paid = caller.post("notice", f"/sandbox/payments/{number}", {"outcome": "paid"})
    assert paid["status"] == "succeeded", paid
    return order


def at_once(callers: Sequence[Caller], orders: int, work: Callable[[Caller], None], server: int) -> Round:
    """Let each caller do its share of so many works, all at once; `server` is who spends CPU time on it."""
    share, troubles = orders // len(callers), list[BaseException]()
    line = threading.Barrier(len(callers) + 1)
    done = [0] * len(callers)

    def call(place: int) -> None:
        try:
            line.wait()
            until = time.perf_counter() + _MOST_SECONDS
            while done[place] < share and time.perf_counter() < until:
                work(callers[place])
                done[place] += 1
        except BaseException as error:  # noqa: BLE001 - told below
            troubles.append(error)

    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(callers))]
    for caller in callers:
        caller.seconds.clear()
    for thread in threads:
        thread.start()
    line.wait()
    begun, begun_cpu = time.perf_counter(), cpu_ms(server)
    for thread in threads:
        thread.join()
    seconds, spent = time.perf_counter() - begun, cpu_ms(server) - begun_cpu
    if troubles:
        raise troubles[0]
    took = {step: [one for caller in callers for one in caller.seconds.get(step, ())] for step in STEPS}
    return Round(sum(done) / seconds, spent / max(1, sum(done)), took)


def measure(kind: str, counts: dict[int, int], rounds: int) -> None:
    """Print the rows of one kind of database."""
    with tempfile.TemporaryDirectory(prefix="pinback-home-") as home, empty_database(kind, "http") as url:
        cast = staged(url, HOT_CALLERS, home)
        with serving(url, home) as worker:
            for callers, orders in counts.items():
                _compare(kind, cast, callers, orders, rounds, worker)
            _refunds(kind, cast, max(counts), worker)
            _last_vouchers(kind, cast, worker)
            print(
                f"\n{kind}: the server took {most_mib(worker):.0f} MiB at most ({_MOST_MIB_A_WORKER} allowed)"
            )


@contextmanager
def _connected(secrets: Sequence[str]) -> Iterator[list[Caller]]:
    callers = [Caller(PORT, secret) for secret in secrets]
    try:
        yield callers
    finally:
        for caller in callers:
            caller.close()


def _compare(kind: str, cast: dict[str, Any], callers: int, orders: int, rounds: int, server: int) -> None:
    goods = cast["products"][SHOP]
    ours, theirs = list[Round](), list[Round]()
    for _round in range(rounds):
        # Connected anew: the server hangs up on who says nothing while oscar is measured.
        with _connected(cast["buyers"][:callers]) as connected:
            at_once(connected, callers, lambda caller: _bought(caller, goods), server)
            ours.append(at_once(connected, orders, lambda caller: _bought(caller, goods), server))
        theirs.append(oscars(kind, orders, callers))
    pairs = list(zip(ours, theirs, strict=True))
    ratio = statistics.median(one.orders_a_second / other.orders_a_second for one, other in pairs)
    rate, peer = (statistics.median(one.orders_a_second for one in measured) for measured in (ours, theirs))
    cpu, peers_cpu = (statistics.median(one.cpu_ms for one in measured) for measured in (ours, theirs))
    print(
        f"| {kind} | {callers} | {ratio:.1f} | {rate:.1f} | {peer:.1f} | {peers_cpu / cpu:.1f} | {cpu:.0f} | "
        f"{peers_cpu:.0f} | {rate * 4:.0f} | {_p99(ours[-1])} |",
        flush=True,
    )


def _bought(caller: Caller, goods: dict[str, str]) -> None:
    buy(caller, goods)


def _p99(round_: Round) -> str:
    worst = {step: sorted(took)[int(len(took) * 0.99)] for step, took in round_.seconds.items() if took}
    return ", ".join(f"{step} {seconds * 1000:.0f}" for step, seconds in worst.items())


def oscars(kind: str, orders: int, callers: int) -> Round:
    """The same of django-oscar on a fresh database; endless where it is not installed."""
    if not PEER.exists():
        return Round(math.inf, math.inf, {})
    with empty_database(kind, "oscar") as url:
        address = url.removeprefix("sqlite:///") if kind == "sqlite" else url
        words = [str(PEER), "-W", "ignore", "benchmarks/peer_oscar.py", address, str(orders), str(callers)]
        ran = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    told = json.loads(ran.stdout.splitlines()[-1])
    return Round(told["orders_a_second"], told["cpu_ms"], {})


def _refunds(kind: str, cast: dict[str, Any], callers: int, server: int) -> None:
    """Place, pay, confirm and refund: the buyer asks for everything back, the shop agrees, the money goes."""
    goods = cast["products"][SHOP]
    with _connected(cast["buyers"][:callers]) as connected, _connected([cast["owner"]] * callers) as owners:
        owner_of = dict(zip(map(id, connected), owners, strict=True))

        def refund(caller: Caller) -> None:
            order = buy(caller, goods)
            asked = caller.post("ask", f"/orders/{order}/cases", ALL_BACK)
            owner = owner_of[id(caller)]
            owner.post("agree", f"/cases/{asked['case']}/agree")
            caller.seconds["agree"].extend(owner.seconds.pop("agree"))

        told = at_once(connected, callers * 6, refund, server)
    print(
        f"\n{kind}, {callers} callers, each order refunded: {told.orders_a_second * 6:.0f} requests/s; "
        f"p99 in ms: {_p99(told)}"
    )


def _last_vouchers(kind: str, cast: dict[str, Any], server: int) -> None:
    """Many callers at once buy what earns one of the last vouchers; exactly those are given out."""
    goods = cast["products"][HOT_SHOP]
    with _connected(cast["buyers"][:HOT_CALLERS]) as connected:
        at_once(connected, HOT_CALLERS * 2, lambda caller: _bought(caller, goods), server)
    with _connected([cast["owner"]]) as (owner,):
        shown = owner.get("campaign", f"/shops/{HOT_SHOP}/campaigns/{goods['campaign']}")
    assert shown["issued"] == LEFT, shown
    print(f"\n{kind}: {HOT_CALLERS} callers after the last {LEFT} vouchers got exactly {shown['issued']}")


def installed_mib() -> float:
    """The size of the packages that Pinback runs with, as installed, and of itself, without its tests."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", Path("requirements/base.txt").read_text(), re.MULTILINE)
    files = {path for name in names for path in _files_of(name)}
    own = Path("src/pinback")
    files |= {path for path in own.rglob("*") if path.is_file() and "tests" not in path.parts}
    return sum(path.stat().st_size for path in files) / 2**20


def _files_of(name: str) -> Iterator[Path]:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        # For another system than this one.
        return
    for entry in found.files or ():
        path = Path(str(found.locate_file(entry)))
        if path.is_file():
            yield path
            yield from (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--kind", choices=KINDS)
    chosen = parser.parse_args()
    if not PEER.exists():
        print(f"{PEER} is not here: no ratios; `make bench` installs it", file=sys.stderr)
    counts = {1: 200, 16: 800} if chosen.full else {1: 30, 16: 96}
    print(
        "| database | callers | ratio | Pinback, orders/s | oscar, orders/s | ratio of CPU "
        "| Pinback, CPU ms | oscar, CPU ms | requests/s | p99, ms |\n|--|--|--|--|--|--|--|--|--|--|",
        flush=True,
    )
    for kind in [chosen.kind] if chosen.kind else KINDS:
        measure(kind, counts, 5 if chosen.full else 3)
    print(f"\ninstalled: {installed_mib():.0f} MiB ({_MOST_MIB_INSTALLED} allowed)")


if __name__ == "__main__":
    main()
