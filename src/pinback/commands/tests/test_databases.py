"""Databases that cannot be used: each command says so in one line and ends with 2."""

import os
import socket
import sqlite3
import urllib.parse
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.postgresql.schema import DatabaseSchemaEditor

from tests.support.databases import POSTGRES_URL, maintenance, private_database
from tests.support.pinback import call_pinback, run_pinback, without_powers

pytestmark = pytest.mark.slow

UNUSABLE = (
    "the database address must be :memory:, sqlite:///path or postgresql://user:password@host:port/name, "
    "with special characters percent-encoded"
)


@pytest.mark.parametrize("url", ["what", "postgresql://["])
def test_an_address_that_is_none(url: str) -> None:
    ran = run_pinback("audit", "--database", url)
    assert (ran.code, ran.line) == (2, UNUSABLE)


def test_a_wrong_address_of_the_environment_may_hold_a_password(tmp_path: Path) -> None:
    ran = run_pinback("migrate", env={"DATABASE_URL": "postgres//me:secret@host/name"}, cwd=tmp_path)
    assert (ran.code, ran.line) == (2, UNUSABLE)


@pytest.mark.parametrize(
    "url", ["sqlite:///a%00b", "sqlite:///x?mode=ro", "postgresql://127.0.0.1/" + "x" * 70]
)
def test_an_address_that_the_driver_makes_no_sense_of(url: str) -> None:
    ran = run_pinback("audit", "--database", url)
    assert ran.code == 2
    assert ran.line.startswith("cannot use the database: ")


def test_no_server_answers(events: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"postgresql://postgres:secret@127.0.0.1:{taken.getsockname()[1]}/shop"
        ran = run_pinback("settle", events, "--database", address)
    assert ran.code == 2
    assert ran.line.startswith("cannot use the database: ")
    assert "refused" in ran.line
    assert "secret" not in ran.line


@pytest.mark.postgres
def test_a_database_that_cannot_store_every_text(postgres_alias: str, events: Path) -> None:
    name = f"pinback_latin_{os.getpid()}"
    url = urllib.parse.urlsplit(POSTGRES_URL)._replace(path=f"/{name}").geturl()
    with maintenance() as server:
        locale = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 {locale}".encode())
        try:
            ran = call_pinback("settle", events, database=url)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    assert (ran.code, ran.line) == (2, "the database's encoding is LATIN1; it must be UTF8")


@pytest.mark.postgres
def test_the_server_has_no_such_database(postgres_alias: str) -> None:
    url = urllib.parse.urlsplit(POSTGRES_URL)._replace(path="/pinback_is_not_there").geturl()
    ran = run_pinback("audit", "--database", url)
    assert ran.code == 2
    assert 'database "pinback_is_not_there" does not exist' in ran.line


@pytest.mark.parametrize("command", ["settle", "audit", "migrate", "import-orders"])
@pytest.mark.parametrize(
    "content", [b"no database\n", bytes(range(256)) * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database(command: str, content: bytes, events: Path, tmp_path: Path) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    words: dict[str, tuple[str | Path, ...]] = {
        "settle": ("settle", events),
        "import-orders": ("import-orders", events, "--mapping", events, "--shop", "s"),
    }
    ran = call_pinback(*words.get(command, (command,)), database=f"sqlite:///{file}")
    assert ran.code == 2
    assert ran.line.startswith("cannot use the database: ")
    assert file.read_bytes() == content


def test_a_folder_is_no_database(tmp_path: Path, events: Path) -> None:
    for url in (f"sqlite:///{tmp_path}", f"sqlite:///{tmp_path}/missing/file"):
        ran = call_pinback("settle", events, database=url)
        assert (ran.code, ran.line) == (2, "cannot use the database: unable to open database file")


@pytest.mark.parametrize("command", ["settle", "audit", "migrate"])
def test_a_database_of_a_newer_pinback(address: str, command: str, events: Path) -> None:
    assert call_pinback("migrate", database=address).code == 0
    note = (
        "INSERT INTO django_migrations (app, name, applied) VALUES ('settlement', '9999_later', '2030-01-01')"
    )
    if address.startswith("sqlite"):
        with sqlite3.connect(address.removeprefix("sqlite:///")) as file:
            file.execute(note)
        file.close()
    else:
        with psycopg.connect(address) as connection:
            connection.execute(note.encode())
    words = (command, events) if command == "settle" else (command,)
    ran = call_pinback(*words, database=address)
    assert (ran.code, ran.line) == (
        2,
        "this database was made by a newer Pinback; use that one, or another database",
    )


@pytest.mark.parametrize(("command", "empty"), [("settle", False), ("migrate", True)])
def test_a_file_that_may_not_be_written(tmp_path: Path, events: Path, command: str, empty: bool) -> None:
    file = tmp_path / "db"
    file.touch()
    if not empty:
        assert call_pinback("migrate", database=f"sqlite:///{file}").code == 0
    file.chmod(0o400)
    tmp_path.chmod(0o500)
    words = (command, events) if command == "settle" else (command,)
    try:
        ran = run_pinback(*words, "--database", f"sqlite:///{file}", before=without_powers())
    finally:
        tmp_path.chmod(0o700)
    assert ran.code == 2
    assert "database" in ran.line


def test_a_database_without_its_tables(sqlite: str, events: Path) -> None:
    with sqlite3.connect(sqlite.removeprefix("sqlite:///")) as file:
        file.execute("DROP TABLE settlement_order")
    file.close()
    for words in (("settle", events), ("audit",)):
        ran = call_pinback(*words, database=sqlite)
        assert ran.code == 2
        assert "no such table: settlement_order" in ran.line


def test_a_damaged_database(sqlite: str, events: Path) -> None:
    assert call_pinback("settle", events, database=sqlite).code == 0
    file = Path(sqlite.removeprefix("sqlite:///"))
    content = file.read_bytes()
    middle = len(content) // 2
    file.write_bytes(content[:8192] + b"\xa5" * (middle - 8192) + content[middle:])
    for words in (("settle", events), ("audit",), ("settle", events, "--state", "-")):
        ran = call_pinback(*words, database=sqlite)
        assert ran.code in (1, 2)
        assert "fault of Pinback" not in ran.err
        assert "Traceback" not in ran.err


HUNG_UP = "consuming input failed: server closed the connection unexpectedly"
REFUSED = "connection failed: Connection refused"


@pytest.mark.postgres
@pytest.mark.usefixtures("postgres_alias")
@pytest.mark.parametrize(
    ("said", "code"),
    [((HUNG_UP,), 0), ((HUNG_UP, REFUSED, REFUSED), 0), ((REFUSED,), 2)],
    ids=["hung up", "hung up, then down", "never there"],
)
def test_a_server_that_goes_away_as_a_command_begins(
    tmp_path: Path, said: tuple[str, ...], code: int
) -> None:
    left = list(said)
    connect = DatabaseWrapper.get_new_connection

    def connected(self: DatabaseWrapper, parameters: dict[str, Any]) -> Any:
        if left:
            raise OperationalError(left.pop(0))
        return connect(self, parameters)

    with (
        private_database("postgres", tmp_path, migrated=True) as address,
        mock.patch.object(DatabaseWrapper, "get_new_connection", connected),
    ):
        ran = call_pinback("migrate", database=address)
    assert (ran.code, left) == (code, [])


@pytest.mark.postgres
@pytest.mark.usefixtures("postgres_alias")
def test_a_server_that_goes_away_during_the_last_statements_of_a_migration(tmp_path: Path) -> None:
    """Django leaves its transaction open there; what begins again must not find itself inside of it."""
    finish = DatabaseSchemaEditor.__exit__
    killed: list[int] = []

    def killing(self: DatabaseSchemaEditor, *what: Any) -> None:
        if self.deferred_sql and not killed:
            killed.append(self.connection.connection.info.backend_pid)
            with maintenance() as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", killed)
        finish(self, *what)

    with (
        private_database("postgres", tmp_path) as address,
        mock.patch.object(DatabaseSchemaEditor, "__exit__", killing),
    ):
        ran = call_pinback("migrate", database=address)
        assert (ran.code, len(killed)) == (0, 1), ran.line
        assert call_pinback("audit", database=address).code == 0
