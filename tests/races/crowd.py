"""A crowd that settles at the same moment: threads of this process, or processes with threads of their own.

Each caller has a batch and a connection that is open before the start. What became of its events is the
answer; an error that reached the caller is an answer too.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import OperationalError, connections

from pinback.settlement.actions import settle
from tests.races.market import Event, as_batch, outcome
from tests.support.databases import POSTGRES_URL
from tests.support.pinback import environment
from tests.support.rows import run_sql

Batch = list[Event]
Answer = list[str]
Crowd = Callable[[str, Sequence[Batch]], list[Answer]]

PROCESSES = 4
SECONDS = 120
ADMITTED_IN_SECONDS = 60


def size_for(alias: str, wanted: int = 64) -> int:
    """How many callers may come at once: as many as PostgreSQL lets in, with some left for others."""
    if connections[alias].vendor == "sqlite":
        return wanted
    ((most, taken),) = run_sql(
        alias, "SELECT current_setting('max_connections')::int, (SELECT count(*) FROM pg_stat_activity)"
    )
    return int(max(8, min(wanted, most - taken - 30)))


def by_threads(
    alias: str, batches: Sequence[Batch], *, ready: Callable[[], None] = lambda: None
) -> list[Answer]:
    """Settle each batch in a thread of its own, all at once; `ready` is called when all stand at the line."""
    answers: list[Answer] = [[] for _ in batches]
    line = threading.Barrier(len(batches), action=ready)

    def call(number: int) -> None:
        batch = as_batch(batches[number])
        try:
            connect(alias)
            line.wait(SECONDS)
            answers[number] = [outcome(decisions) for decisions in settle(batch, using=alias)]
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answers[number] = [f"error {type(error).__name__}: {error}"]
            # Who does not come to the line must not let the others wait there.
            line.abort()
        finally:
            connections[alias].close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def connect(alias: str) -> None:
    """Open the connection of this thread. Other tests run beside this one and may hold the last places that
    the server has: whoever is turned away comes again until a place is free.
    """
    until = time.monotonic() + ADMITTED_IN_SECONDS
    while True:
        try:
            connections[alias].ensure_connection()
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def by_processes(alias: str, batches: Sequence[Batch]) -> list[Answer]:
    """Settle each batch in a thread of one of a few processes, all at once."""
    shares = [list(batches[number::PROCESSES]) for number in range(min(PROCESSES, len(batches)))]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.races.process", address_of(alias)],
        input=json.dumps(shares).encode(),
        stdout=subprocess.PIPE,
        env=environment(),
        cwd=Path(__file__).parents[2],
        timeout=SECONDS,
        check=True,
    )
    answers: list[Answer] = [[] for _ in batches]
    for number, share in enumerate(json.loads(ran.stdout)):
        answers[number::PROCESSES] = share
    return answers


def address_of(alias: str) -> str:
    """The address of an alias, for another process."""
    name = connections[alias].settings_dict["NAME"]
    if connections[alias].vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{POSTGRES_URL.rpartition('/')[0]}/{name}"


def _child(share: list[Batch], at_the_line: int, start: int, answers: int) -> None:
    """One process of the crowd: says when it stands at the line, goes when the starter closes its pipe."""

    def ready() -> None:
        os.write(at_the_line, b"!")
        os.read(start, 1)

    made = by_threads("default", share, ready=ready)
    with os.fdopen(answers, "w") as file:
        json.dump(made, file)


def main() -> None:
    """The process that starts the others; it has no connection and no thread when it forks."""
    shares = json.load(sys.stdin)
    line, at_the_line = os.pipe()
    start, starter = os.pipe()
    answers = []
    for share in shares:
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(starter)
            _child(share, at_the_line, start, writing)
            os._exit(0)
        os.close(writing)
        answers.append(reading)
    for _ in shares:
        os.read(line, 1)
    os.close(starter)
    made = []
    for reading in answers:
        with os.fdopen(reading) as file:
            made.append(json.load(file))
    print(json.dumps(made))
