"""Databases that a test has for itself: a new SQLite file or a new PostgreSQL database, gone after the test.

Processes reach one by its address, the test itself by an alias. The aliases `sqlite` and `postgres` of the
root `conftest` are shared and quicker; these are for tests that start processes or take a database apart.
"""

import atexit
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management import call_command
from django.db import OperationalError, connections

from pinback.config.databases import database

POSTGRES_URL = os.environ.get("PINBACK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
_numbers = itertools.count(1)

_PASSING = ("too many clients", "connection slots are reserved", "is starting up", "timeout expired")
"""What a server says to who may come again in a moment; it gives no code before it lets one in."""

_PATIENCE_SECONDS = 60
Got = TypeVar("Got")


def when_admitted(connect: Callable[[], Got], *, patience_seconds: float = _PATIENCE_SECONDS) -> Got:
    """Connect, again and again while the server is full: other tests use it at the same time."""
    until = time.monotonic() + patience_seconds
    while True:
        try:
            return connect()
        except (OperationalError, psycopg.OperationalError) as error:
            if time.monotonic() > until or not any(words in str(error) for words in _PASSING):
                raise
        time.sleep(0.05)


@contextmanager
def private_database(kind: str, folder: Path, *, migrated: bool = False) -> Iterator[str]:
    """The address of a database that nobody else knows: empty, or with its tables in place."""
    number = next(_numbers)
    if kind == "sqlite":
        path = folder / f"private{number}.sqlite3"
        if migrated:
            shutil.copy(_migrated_file(), path)
        yield f"sqlite:///{path}"
        return
    name = f"pinback_private_{os.getpid()}_{number}"
    _create_postgres(name, like=_migrated_postgres() if migrated else "template0")
    try:
        yield _postgres_address(name)
    finally:
        _drop_postgres(name)


@contextmanager
def alias_of(url: str, *, name: str = "", timeout_ms: int = 30_000) -> Iterator[str]:
    """An alias for the database at `url`, in this process; of that name if one is given."""
    alias = name or f"private{next(_numbers)}"
    settings = database(url, home=Path.cwd(), statement_timeout_ms=0, lock_timeout_ms=timeout_ms)
    connections.settings[alias] = {**connections.settings["default"], **settings}
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


@contextmanager
def default_is(url: str) -> Iterator[None]:
    """Within this the alias `default`, which the commands use, is the database at `url`."""
    settings = database(url, home=Path.cwd(), statement_timeout_ms=0, lock_timeout_ms=30_000)
    with default_has(settings):
        yield


@contextmanager
def default_has(settings: Mapping[str, Any]) -> Iterator[None]:
    """Within this the alias `default` has these settings, in all threads."""
    before = connections.settings["default"]
    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = {**before, **settings}
    try:
        yield
    finally:
        connections["default"].close()
        del connections["default"]
        connections.settings["default"] = before


@cache
def _migrated_file() -> Path:
    """A SQLite file with its tables in place, to be copied: migrating takes a hundred times as long."""
    path = Path(tempfile.gettempdir()) / f"pinback-migrated-{os.getpid()}.sqlite3"
    path.unlink(missing_ok=True)
    atexit.register(path.unlink, missing_ok=True)
    with alias_of(f"sqlite:///{path}") as alias:
        call_command("migrate", database=alias, verbosity=0)
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@cache
def _migrated_postgres() -> str:
    """The same on PostgreSQL: the name of a database that others are made like. Nobody stays in it."""
    name = f"pinback_migrated_{os.getpid()}"
    _drop_postgres(name)
    _create_postgres(name, like="template0")
    atexit.register(_drop_postgres_of, os.getpid(), name)
    with alias_of(_postgres_address(name)) as alias:
        call_command("migrate", database=alias, verbosity=0)
    return name


def _postgres_address(name: str) -> str:
    return urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}"))


def _create_postgres(name: str, *, like: str) -> None:
    with maintenance() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'.encode())


def _drop_postgres(name: str) -> None:
    """Whoever is connected to it."""
    with maintenance() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _drop_postgres_of(process: int, name: str) -> None:
    """Not in a fork, whose end is not the end of the tests."""
    if os.getpid() == process:
        _drop_postgres(name)


def maintenance() -> "psycopg.Connection[tuple[object, ...]]":
    """A connection to the test server, in no transaction and in none of the databases of tests."""
    return when_admitted(lambda: psycopg.connect(POSTGRES_URL, autocommit=True))


@contextmanager
def the_only_crowd() -> Iterator[None]:
    """Within this no other crowd is on the PostgreSQL server, whichever run of the tests it belongs to.

    Two crowds that connect together could each hold what the other waits for.
    """
    with maintenance() as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('the only crowd'))")
        yield
