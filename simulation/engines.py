"""The settlement engines that a world can live on: the rules in memory, or a database with its real tables.

An engine takes batches of numbered lines and answers with decisions as their readers see them. The auditor
never comes here; it gets the lines and the answers.
"""

import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import msgspec

from pinback.rules import settle as rules
from pinback.rules.decisions import Decision, written
from pinback.rules.document import state_document
from pinback.rules.reading import parse_line
from pinback.rules.records import Policy
from pinback.rules.state import State
from simulation.auditing.records import Fault, Fields

Batch = Sequence[tuple[int, bytes]]

BACKENDS = ("rules", "sqlite", "postgres")
_numbers = itertools.count(1)
POSTGRES_URL = os.environ.get("PINBACK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


class Engine(Protocol):
    """What a world needs of a settlement engine."""

    def settle(self, batch: Batch) -> list[list[Fields]]:
        """Settle a batch in one go; the decisions of each line."""

    def log_order(self, keys: Sequence[str]) -> dict[str, int]:
        """Where in the event log these events (`shop/id`) stand, as far as they were applied."""

    def document(self) -> bytes:
        """The state document, as its bytes."""

    def differences(self) -> list[str]:
        """What the product's own audit finds."""

    def leave(self) -> None:
        """Let go of what the present thread holds."""


def shown(decisions: Sequence[Decision]) -> list[Fields]:
    """Decisions as their readers see them: the written lines, read."""
    return [msgspec.json.decode(written(decision)) for decision in decisions]


def ask(engine: Engine, batch: Batch) -> list[list[Fields]]:
    """The answers to a batch. Raises Fault (`engine`) whatever the engine raises."""
    try:
        return engine.settle(batch)
    except Exception as error:
        raise Fault("engine", f"{type(error).__name__}: {error}") from error


class RulesEngine:
    """The rules alone, in memory."""

    def __init__(self, policy: Policy = "any") -> None:
        self._state = State(policy)

    def settle(self, batch: Batch) -> list[list[Fields]]:
        """One event after the other."""
        answers = [shown(rules.settle(self._state, parse_line(line), number)) for number, line in batch]
        self._state.postings.clear()
        return answers

    def log_order(self, keys: Sequence[str]) -> dict[str, int]:
        """The order in which they were applied."""
        places = {key: place for place, key in enumerate(self._state.events)}
        return {key: places[key] for key in keys if key in places}

    def document(self) -> bytes:
        """The document of the state."""
        return state_document(self._state)

    def differences(self) -> list[str]:
        """There are no tables that could differ."""
        return []

    def leave(self) -> None:
        """Nothing is held."""


class DatabaseEngine:
    """`settle` over a database, one transaction a batch."""

    def __init__(self, alias: str, policy: Policy = "any") -> None:
        self._alias = alias
        self._policy = policy

    def settle(self, batch: Batch) -> list[list[Fields]]:
        """As a caller of the product does it."""
        from pinback.settlement.actions import Incoming, settle

        incoming = [Incoming(number, parse_line(line)) for number, line in batch]
        return [shown(made) for made in settle(incoming, policy=self._policy, using=self._alias)]

    def log_order(self, keys: Sequence[str]) -> dict[str, int]:
        """The order of their ids in the event log."""
        from pinback.settlement.models import Event

        rows = (
            Event.objects.using(self._alias)
            .filter(key__in=list(keys))
            .order_by("id")
            .values_list("key", flat=True)
        )
        return {key: place for place, key in enumerate(rows)}

    def document(self) -> bytes:
        """The stored state's document."""
        from pinback.settlement.document import state_document as stored_document

        return b"".join(stored_document(self._alias))

    def differences(self) -> list[str]:
        """What differs between the tables and the event log."""
        from pinback.settlement.audit import audit

        return [str(difference) for difference in audit(using=self._alias)]

    def leave(self) -> None:
        """Close the thread's connection."""
        from django.db import connections

        connections[self._alias].close()


@contextmanager
def engine_for(backend: str, policy: Policy = "any") -> Iterator[Engine]:
    """An engine with an empty database of its own, which is dropped afterwards."""
    if backend == "rules":
        yield RulesEngine(policy)
    elif backend == "sqlite":
        with tempfile.TemporaryDirectory(prefix="pinback-simulation-") as folder:
            yield from _opened(f"sqlite:///{Path(folder) / 'world.sqlite3'}", policy)
    else:
        with _postgres_database() as url:
            yield from _opened(url, policy)


def _opened(url: str, policy: Policy) -> Iterator[Engine]:
    """A database of its own under an alias of its own, so that one process can live through many worlds."""
    os.environ.setdefault("DATABASE_URL", ":memory:")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinback.config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from pinback.config.databases import database

    alias = f"world{next(_numbers)}"
    settings = database(url, home=Path.cwd(), statement_timeout_ms=0, lock_timeout_ms=30_000)
    connections.settings[alias] = {**connections.settings["default"], **settings}
    call_command("migrate", database=alias, verbosity=0)
    engine = DatabaseEngine(alias, policy)
    try:
        yield engine
    finally:
        engine.leave()
        del connections.settings[alias]


@contextmanager
def _postgres_database() -> Iterator[str]:
    # Django is set up by now; this module may be imported before it is.
    from tests.support.databases import maintenance

    name = f"pinback_simulation_{os.getpid()}"
    with maintenance() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
    try:
        yield urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}"))
    finally:
        with maintenance() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
