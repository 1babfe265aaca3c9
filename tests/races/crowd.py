"""A crowd that settles at the same moment: threads of this process, or processes with threads of their own.

Each caller has a batch and a connection that is open before the start. What became of its events is the
answer; an error that reached the caller is an answer too. Nobody waits for somebody who will not come: who
cannot connect tries again, and who has to give up breaks the line for all, at once.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

from pinback.settlement.actions import settle
from tests.races.market import Event, as_batch, outcome
from tests.support.databases import POSTGRES_URL, when_admitted
from tests.support.pinback import environment
from tests.support.rows import run_sql

Batch = list[Event]
Answer = list[str]
Crowd = Callable[[str, Sequence[Batch]], list[Answer]]

PROCESSES = 4
SECONDS = 120
LEFT_FOR_OTHERS = 30
"""Connections that a crowd does not take: other tests, and people, use the same server."""

AT_THE_LINE, BROKEN = b"!", b"?"


def size_for(alias: str, wanted: int = 64) -> int:
    """How many callers may come at once: as many as PostgreSQL lets in, with some left for others."""
    if connections[alias].vendor == "sqlite":
        return wanted
    clients = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    ((most, taken),) = run_sql(alias, f"SELECT current_setting('max_connections')::int, ({clients})")
    return int(max(8, min(wanted, most - taken - LEFT_FOR_OTHERS)))


def by_threads(
    alias: str, batches: Sequence[Batch], *, ready: Callable[[], None] = lambda: None
) -> list[Answer]:
    """Settle each batch in a thread of its own, all at once; `ready` is called when all stand at the line."""
    answers: list[Answer] = [[] for _ in batches]
    line = threading.Barrier(len(batches), action=ready)

    def call(number: int) -> None:
        batch = as_batch(batches[number])
        try:
            with _or_broken(line):
                when_admitted(connections[alias].ensure_connection, patience_seconds=SECONDS / 2)
            line.wait(SECONDS)
            answers[number] = [outcome(decisions) for decisions in settle(batch, using=alias)]
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answers[number] = [f"error {type(error).__name__}: {error}"]
        finally:
            connections[alias].close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    return answers


@contextmanager
def _or_broken(line: threading.Barrier) -> Iterator[None]:
    """Who fails in this does not come to the line, so the others must not wait there."""
    try:
        yield
    except BaseException:
        line.abort()
        raise


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


def _child(share: list[Batch], start: int, answers: int) -> None:
    """One process of the crowd: says when it stands at the line, goes when the starter closes its pipe."""
    told = False

    def ready() -> None:
        nonlocal told
        told = True
        os.write(answers, AT_THE_LINE)
        os.read(start, 1)

    made = by_threads("default", share, ready=ready)
    if not told:
        os.write(answers, BROKEN)
    with os.fdopen(answers, "w") as file:
        json.dump(made, file)


def main() -> None:
    """The process that starts the others; it has no connection and no thread when it forks."""
    shares = json.load(sys.stdin)
    start, starter = os.pipe()
    answers = []
    for share in shares:
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(starter)
            _child(share, start, writing)
            os._exit(0)
        os.close(writing)
        answers.append(reading)
    # A child says where it is; one that died says nothing, and its pipe ends. Nobody is waited for in vain.
    for reading in answers:
        os.read(reading, 1)
    os.close(starter)
    made = []
    for reading in answers:
        with os.fdopen(reading) as file:
            made.append(json.load(file))
    print(json.dumps(made))
