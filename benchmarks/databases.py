"""Fresh databases to measure on: a file of SQLite in a temporary folder, a database of the PostgreSQL at
hand.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

POSTGRES_URL = os.environ.get("PINBACK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
KINDS = ("sqlite", "postgres")


def start_django() -> None:
    """Django with an in-memory default; measured databases get aliases of their own."""
    os.environ["DATABASE_URL"] = ":memory:"
    os.environ["DJANGO_SETTINGS_MODULE"] = "pinback.config.settings"
    import django

    django.setup()


@contextmanager
def fresh_database(kind: str, alias: str) -> Iterator[str]:
    """The URL of a migrated database of that kind, known to Django under `alias`, gone afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="pinback-bench-") as folder:
            url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
            with _known(url, alias):
                yield url
        return
    name = f"pinback_bench_{os.getpid()}_{alias}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
    url = urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}"))
    try:
        with _known(url, alias):
            yield url
    finally:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@contextmanager
def _known(url: str, alias: str) -> Iterator[None]:
    from django.core.management import call_command
    from django.db import connections

    from pinback.config.databases import database

    settings = database(url, home=Path.cwd(), statement_timeout_ms=0, lock_timeout_ms=30_000)
    connections.settings[alias] = {**connections.settings["default"], **settings}
    call_command("migrate", database=alias, verbosity=0)
    try:
        yield
    finally:
        connections[alias].close()
        del connections[alias], connections.settings[alias]
