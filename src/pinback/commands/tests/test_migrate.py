"""`pinback migrate`: the tables are made once, wholly or not at all, whoever makes them at the same time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from django.db.migrations.executor import MigrationExecutor

from tests.support.pinback import call_pinback, run_pinback, start_pinback


@pytest.mark.slow
def test_it_names_what_it_did(address: str) -> None:
    done = run_pinback("migrate", "--database", address)
    assert done.code == 0
    assert b"settlement.0001_initial" in done.out
    again = call_pinback("migrate", database=address)
    assert (again.code, again.out) == (0, b"nothing to do\n")


@pytest.mark.slow
def test_several_at_once_do_it_once(address: str) -> None:
    processes = [start_pinback("migrate", "--database", address) for _ in range(3)]
    said = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")
        said.append(out)
    assert said.count(b"nothing to do\n") == 2
    assert sum(b"settlement.0001_initial" in one for one in said) == 1


@contextmanager
def dying_after_the_tables() -> Iterator[None]:
    """The process ends when the tables are made and before it is noted that they are."""
    with mock.patch.object(MigrationExecutor, "record_migration", side_effect=KeyboardInterrupt):
        yield


def test_half_of_it_is_nothing(address: str) -> None:
    with dying_after_the_tables():
        assert call_pinback("migrate", database=address).code == 130
    done = call_pinback("migrate", database=address)
    assert done.code == 0
    assert b"settlement.0001_initial" in done.out
    assert call_pinback("audit", database=address).code == 0


def test_foreign_tables_in_the_way_are_told(sqlite: str) -> None:
    with sqlite3.connect(sqlite.removeprefix("sqlite:///")) as file:
        file.execute("DELETE FROM django_migrations")
    file.close()
    ran = call_pinback("migrate", database=sqlite)
    assert ran.code == 2
    assert "already exists" in ran.line
