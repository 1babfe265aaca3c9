"""One event a transaction on PostgreSQL: `settle` beside pgbench, which sends the same statements.

The statements that `settle` sends for the life of an order (placed, paid, confirmed, shipped, received) are
written down with their values, and with what of them travels together. pgbench runs them as a script,
prepared and pipelined likewise, for another order each time: whatever of an order's number stands in a value
is replaced on the server. Each client has a shop of its own; clients of `settle` are processes.
`python -m benchmarks.single [--full]`.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.databases import fresh_database, start_django

start_django()

import msgspec  # noqa: E402
from django.db import connections  # noqa: E402

from pinback.kit.driver import Asked, changed_at_once, fetched_at_once  # noqa: E402
from pinback.rules.reading import parse_line  # noqa: E402
from pinback.settlement.actions import Incoming, settle  # noqa: E402
from pinback.settlement.dialects import postgres  # noqa: E402

ALIAS = "single"
FIRST_SHOP, ORDER = 8880, 777001
"""Digits that stand for a shop and an order, in names and in ids, and for nothing else."""

_BEFORE, _AT = "2026-11-01T16:00:00Z", "2026-11-11T16:00:00Z"
_script: list[str] = []


def event(kind: str, id_: str, shop: int, *, at: str = _AT, **fields: Any) -> Incoming:
    """One event of a shop, parsed."""
    line = {"id": id_, "type": kind, "at": at, "shop": f"sh{shop}", **fields}
    return Incoming(1, parse_line(msgspec.json.encode(line)))


def life(shop: int, order: int) -> list[Incoming]:
    """The events of an order of two lines; a campaign runs, but the order does not reach its threshold."""
    of = {"order": f"o{order}"}
    lines = [{"product": f"p{n}", "quantity": n, "unit_price": 500} for n in (1, 2)]
    return [
        event("order.placed", f"a{order}", shop, **of, buyer=f"b{order}", lines=lines),
        event("order.paid", f"b{order}", shop, **of, amount=1500),
        event("order.confirmed", f"c{order}", shop, **of),
        event("order.shipped", f"d{order}", shop, **of),
        event("order.received", f"e{order}", shop, **of),
    ]


def open_shops(count: int) -> None:
    """The shops of all clients, their ids as in their names, each with a campaign."""
    for shop in range(FIRST_SHOP, FIRST_SHOP + count):
        with patch("pinback.settlement.actions.take_ids", lambda *_, **__: [shop]):  # noqa: B023
            settle([event("shop.opened", "s", shop, at=_BEFORE)], using=ALIAS)
        of: dict[str, Any] = {"at": _BEFORE, "campaign": "c"}
        terms: dict[str, Any] = {"threshold": 9000, "rebate": 900, "quantity": 10}
        settle([event("campaign.created", "t", shop, **of, **terms)], using=ALIAS)
        settle([event("campaign.funded", "f", shop, **of, amount=9000, method="wechat")], using=ALIAS)


def recorded(send: Callable[[Any, Sequence[Asked]], Any]) -> Callable[[Any, Sequence[Asked]], Any]:
    """Writes down what is sent at once, as pgbench reads it."""

    def sending(wire: Any, asked: Sequence[Asked]) -> Any:
        begins = _script[-1:] == [r"\begin"]
        _script[-1 if begins else len(_script) :] = [r"\startpipeline", *(["BEGIN;"] if begins else [])]
        for statement, values in asked:
            parts = iter(values)
            _script.append(re.sub("%s", lambda _: _value(next(parts)), statement.django) + ";")  # noqa: B023
        _script.append(r"\endpipeline")
        return send(wire, asked)

    return sending


def _value(value: object) -> str:
    """A value in the script, with the order's and the shop's digits replaced by those of the client.
    pgbench would take a colon in it for a variable.
    """
    text = str(value).replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a")
    literal = f"E'{text}'"
    for digits, variable in ((str(ORDER), ":order"), (str(FIRST_SHOP), ":shop")):
        if digits in text:
            literal = f"replace({literal}, '{digits}', {variable}::text)"
    return literal


def script() -> str:
    """The pgbench script of one order's life."""
    settle(life(FIRST_SHOP, ORDER - 1), using=ALIAS)
    _script.clear()
    numbers = iter(range(5))
    with (
        patch.object(postgres, "fetched_at_once", recorded(fetched_at_once)),
        patch.object(postgres, "changed_at_once", recorded(changed_at_once)),
        patch("pinback.settlement.actions.take_ids", lambda *_, **__: [ORDER * 10 + next(numbers)]),
    ):
        for incoming in life(FIRST_SHOP, ORDER):
            _script.append(r"\begin")
            settle([incoming], using=ALIAS)
            _script.append("COMMIT;")
    head = [
        r"\set number :number + 1",
        r"\set order 100000 + 200000 * :client_id + :number",
        rf"\set shop {FIRST_SHOP} + :client_id",
    ]
    return "\n".join([*head, *_script, ""])


def by_pgbench(program: str, url: str, path: Path, clients: int, seconds: int) -> float:
    """Events a second of pgbench."""
    command = [program, "--no-vacuum", "--protocol=prepared", "--file", str(path), "--time", str(seconds)]
    command += ["--client", str(clients), "--jobs", str(min(clients, 2)), "--define", "number=0", url]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    if "number of failed transactions: 0 " not in ran.stdout:
        raise SystemExit(f"pgbench: transactions failed\n{ran.stdout}")
    found = re.search(r"tps = ([0-9.]+)", ran.stdout)
    assert found is not None, ran.stdout
    return 5 * float(found[1])


def by_settle(url: str, clients: int, seconds: int) -> float:
    """Events a second of processes that settle one event after the other."""
    command = [sys.executable, "-m", "benchmarks.single", "--client"]
    running = [
        subprocess.Popen([*command, str(number), url, str(seconds)], stdout=subprocess.PIPE)
        for number in range(clients)
    ]
    return sum(float(process.communicate()[0]) for process in running)


def client(number: int, url: str, seconds: int) -> None:
    """One process: settle whole lives for so long; prints the events a second."""
    from pinback.config.databases import database

    settings = database(url, home=Path.cwd(), statement_timeout_ms=0, lock_timeout_ms=30_000)
    connections.settings[ALIAS] = {**connections.settings["default"], **settings}
    # Another order than those that pgbench makes.
    orders = iter(range(time.time_ns() // 1000, 10**18))
    for warm in range(2):
        done, end = 0, time.perf_counter() + (seconds if warm else 0.5)
        begun = time.perf_counter()
        while time.perf_counter() < end:
            for incoming in life(FIRST_SHOP + number, next(orders)):
                settle([incoming], using=ALIAS)
                done += 1
    print(done / (time.perf_counter() - begun))


def pgbench() -> str:
    """Where pgbench is."""
    found = shutil.which("pgbench")
    if found is None:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
        if not installed:
            raise SystemExit("pgbench is not installed: it comes with PostgreSQL")
        found = str(installed[-1])
    return found


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--client", nargs=3)
    chosen = parser.parse_args()
    if chosen.client:
        client(int(chosen.client[0]), chosen.client[1], int(chosen.client[2]))
        return
    rounds, seconds = (5, 10) if chosen.full else (3, 4)
    print("| clients | settle / pgbench | settle, events/s | pgbench, events/s |\n|--|--|--|--|", flush=True)
    for clients in (1, 4):
        pairs = []
        for turn in range(rounds):
            with fresh_database("postgres", ALIAS) as url, tempfile.TemporaryDirectory() as folder:
                open_shops(clients)
                path = Path(folder) / "life.sql"
                path.write_text(script())
                connections[ALIAS].close()
                ours = by_settle(url, clients, seconds) if turn % 2 else 0.0
                theirs = by_pgbench(pgbench(), url, path, clients, seconds)
                pairs.append((ours or by_settle(url, clients, seconds), theirs))
        ratio = statistics.median(own / other for own, other in pairs)
        ours, theirs = (statistics.median(pair[way] for pair in pairs) for way in (0, 1))
        print(f"| {clients} | {ratio:.2f} | {ours:,.0f} | {theirs:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
