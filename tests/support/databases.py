"""Databases that a test has for itself: a new SQLite file or a new PostgreSQL database, gone after the test.

Processes reach one by its address, the test itself by an alias. The aliases `sqlite` and `postgres` of the
root `conftest` are shared and quicker; these are for tests that start processes or take a database apart.
"""

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management import call_command
from django.db import connections

from pinback.config.databases import database

POSTGRES_URL = os.environ.get("PINBACK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
_numbers = itertools.count(1)


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
    with _maintenance() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
    try:
        url = urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}"))
        if migrated:
            with alias_of(url) as alias:
                call_command("migrate", database=alias, verbosity=0)
        yield url
    finally:
        with _maintenance() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@contextmanager
def alias_of(url: str, *, timeout_ms: int = 30_000) -> Iterator[str]:
    """An alias for the database at `url`, in this process."""
    alias = f"private{next(_numbers)}"
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
    before = connections.settings["default"]
    settings = database(url, home=Path.cwd(), statement_timeout_ms=0, lock_timeout_ms=30_000)
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
    path = Path(tempfile.gettempdir()) / f"pinback-migrated-{os.getpid()}.sqlite3"
    path.unlink(missing_ok=True)
    atexit.register(path.unlink, missing_ok=True)
    with alias_of(f"sqlite:///{path}") as alias:
        call_command("migrate", database=alias, verbosity=0)
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def _maintenance() -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(POSTGRES_URL, autocommit=True)
