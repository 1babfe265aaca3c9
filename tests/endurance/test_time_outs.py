"""What is stuck ends by itself, with one clear line; what takes long because it is large does not."""

import ast
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, transaction

from pinback.config import databases
from pinback.settlement.actions import settle
from pinback.settlement.moment import one_moment
from tests.races.market import as_batch, check_quiet, deal
from tests.support.databases import alias_of, private_database, when_admitted
from tests.support.interleaving import between_reading_and_writing
from tests.support.pinback import call_pinback, environment, run_pinback, start_pinback
from tests.support.rows import run_sql
from tests.support.steady import steady_stream

SLOW = (
    "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN PERFORM pg_sleep(60); RETURN NEW; END$$;"
    " CREATE TRIGGER slow BEFORE INSERT ON settlement_posting EXECUTE FUNCTION slow()"
)


@pytest.fixture
def postgres(postgres_alias: str, tmp_path: Path) -> Iterator[str]:
    """The address of a PostgreSQL database with its tables in place."""
    with private_database("postgres", tmp_path, migrated=True) as url:
        yield url


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A file of some hundred events."""
    path = tmp_path / "events.ndjson"
    path.write_bytes(steady_stream(11, 400))
    return path


@pytest.mark.postgres
@pytest.mark.slow
def test_a_statement_that_is_stuck_is_ended_and_told(postgres: str, events: Path) -> None:
    with when_admitted(lambda: psycopg.connect(postgres, autocommit=True)) as other:
        other.execute(SLOW)
        ran = run_pinback(
            *("settle", events, "--database", postgres), env={"PINBACK_STATEMENT_TIMEOUT_MS": "500"}
        )
        assert ran.code == 2
        assert "canceling statement due to statement timeout" in ran.line
        other.execute("DROP FUNCTION slow CASCADE")
    assert run_pinback("settle", events, "--database", postgres).code == 0


@pytest.mark.postgres
@pytest.mark.slow
def test_a_lock_that_somebody_keeps_is_told(postgres: str, events: Path) -> None:
    assert run_pinback("settle", events, "--database", postgres).code == 0
    with when_admitted(lambda: psycopg.connect(postgres)) as holder:
        holder.execute("SELECT 1 FROM settlement_shop FOR UPDATE")
        ran = run_pinback(*("settle", events, "--database", postgres), env={"PINBACK_LOCK_TIMEOUT_MS": "500"})
    assert ran.code == 2
    assert "canceling statement due to lock timeout" in ran.line
    with alias_of(postgres) as alias:
        check_quiet(alias)


def test_the_only_writer_of_sqlite_that_keeps_its_lock_is_told(
    tmp_path: Path, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_SQLITE_TIMEOUT_SECONDS", 0.3)
    with private_database("sqlite", tmp_path, migrated=True) as url:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            ran = call_pinback("settle", events, database=url)
        assert ran.code == 2
        assert "database is locked" in ran.line
        assert call_pinback("settle", events, database=url).code == 0


@pytest.mark.postgres
@pytest.mark.slow
def test_who_holds_locks_and_does_nothing_is_put_out(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_IDLE_IN_TRANSACTION_MS", 500)
    with alias_of(postgres) as stuck, alias_of(postgres) as other:
        settle(as_batch(deal("s", "o", "b")), using=other)
        with suppress(DatabaseError), transaction.atomic(using=stuck):
            run_sql(stuck, "SELECT 1 FROM settlement_shop FOR UPDATE")
            made = settle(as_batch(deal("s", "p", "b")), using=other)
            assert [decisions[0].type for decisions in made] == ["event.applied"] * 3
            run_sql(stuck, "SELECT 1")
            pytest.fail("its transaction is open still")


@pytest.mark.postgres
@pytest.mark.slow
def test_a_settling_process_that_was_suspended_goes_again(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was put out meanwhile; nothing of its transaction is left, so that it can be done once more."""
    monkeypatch.setattr(databases, "_IDLE_IN_TRANSACTION_MS", 300)
    naps = iter([1.2])
    with alias_of(postgres) as alias, between_reading_and_writing(lambda: time.sleep(next(naps, 0))):
        made = settle(as_batch(deal("s", "o", "b")), using=alias)
        assert [decisions[0].type for decisions in made] == ["event.applied"] * 3
        assert next(naps, None) is None


@pytest.mark.postgres
def test_what_reads_everything_takes_its_time(postgres_database: str) -> None:
    names = ("statement_timeout", "idle_in_transaction_session_timeout")
    limits = "SELECT " + ", ".join(f"current_setting('{name}')" for name in names)
    before = run_sql(postgres_database, limits)
    with one_moment(postgres_database):
        assert run_sql(postgres_database, limits) == [("0", "0")]
    assert run_sql(postgres_database, limits) == before


@pytest.mark.postgres
@pytest.mark.slow
def test_a_migration_takes_its_time(postgres_alias: str, tmp_path: Path, events: Path) -> None:
    """And it waits for whoever migrates just now, however long that takes."""
    env = {"PINBACK_STATEMENT_TIMEOUT_MS": "2000", "PINBACK_LOCK_TIMEOUT_MS": "300"}
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with private_database("postgres", tmp_path) as url:
        with when_admitted(lambda: psycopg.connect(url)) as other:
            other.execute("SELECT pg_advisory_xact_lock(hashtext('pinback migrate'))")
            process = start_pinback("migrate", "--database", url, env=env)
            while not other.execute(waiting).fetchall():
                assert process.poll() is None
                time.sleep(0.05)
            time.sleep(2.5)
            assert process.poll() is None
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err


@pytest.mark.postgres
def test_without_a_word_of_ours_there_are_limits(postgres: str) -> None:
    code = (
        "import django; django.setup(); from django.db import connection; cursor = connection.cursor();"
        "cursor.execute(\"SELECT name, setting::int FROM pg_settings WHERE name LIKE '%timeout%'\");"
        "print(dict(cursor.fetchall()))"
    )
    env = environment({"DATABASE_URL": postgres, "DJANGO_SETTINGS_MODULE": "pinback.config.settings"})
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    found = ast.literal_eval(ran.stdout.decode())
    assert found["statement_timeout"] == 60_000
    assert found["lock_timeout"] == 30_000
    assert found["idle_in_transaction_session_timeout"] == 60_000
