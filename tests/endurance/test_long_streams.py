"""A long stream is many short transactions: nothing piles up meanwhile, and nothing is left afterwards."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from pinback.settlement.actions import settle
from pinback.settlement.audit import audit
from pinback.settlement.document import state_document
from tests.races.market import as_batch, check_quiet, deal
from tests.support.databases import alias_of, private_database, when_admitted
from tests.support.pinback import start_pinback
from tests.support.rows import run_sql
from tests.support.settling import incoming
from tests.support.steady import steady_stream

pytestmark = pytest.mark.slow

BATCH = 20
# The checkpoint comes after 8,000 pages of 4 KiB; above that only what one transaction adds.
MOST_WAL = 36 * 2**20


WAITING = (
    "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8"
    " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Some thousand events, all of which are applied: 700 transactions and more."""
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"".join(moved(n) for n in range(14)))
    return path


def moved(number: int) -> bytes:
    """A stretch of orders in a shop of its own."""
    found = [event for n in range(350) for event in deal(f"shop{number}", f"o{n}", f"b{n}")]
    return b"".join(json.dumps(event).encode() + b"\n" for event in found)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[str]:
    """The address of a SQLite file with its tables in place."""
    with private_database("sqlite", tmp_path, migrated=True) as url:
        yield url


def largest_wal(sqlite: str, events: Path) -> int:
    """Settle the stream in a process; the largest size of SQLite's log meanwhile."""
    wal, largest = Path(sqlite.removeprefix("sqlite:///") + "-wal"), 0
    process = start_pinback("settle", events, "--database", sqlite, "--batch", str(BATCH))
    while process.poll() is None:
        largest = max(largest, wal.stat().st_size if wal.exists() else 0)
        time.sleep(0.005)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert b" 0 duplicates, 0 refused" in err
    return largest


def test_the_log_of_sqlite_does_not_grow_with_the_stream(sqlite: str, events: Path) -> None:
    largest = largest_wal(sqlite, events)
    assert 0 < largest < MOST_WAL
    with alias_of(sqlite) as alias:
        check_quiet(alias)


def test_a_transaction_that_stays_open_would_let_it_grow(sqlite: str, events: Path) -> None:
    """The control: somebody reads and does not end, so that the log cannot begin again."""
    with closing(sqlite3.connect(sqlite.removeprefix("sqlite:///"), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM settlement_event").fetchall()
        assert largest_wal(sqlite, events) > MOST_WAL


@pytest.mark.postgres
def test_no_transaction_of_a_stream_is_long(postgres_alias: str, tmp_path: Path, events: Path) -> None:
    longest, looks, began = 0.0, 0, time.monotonic()
    with private_database("postgres", tmp_path, migrated=True) as url:
        process = start_pinback("settle", events, "--database", url, "--batch", str(BATCH))
        with when_admitted(lambda: psycopg.connect(url, autocommit=True)) as other:
            while process.poll() is None:
                row = other.execute(WAITING).fetchone()
                assert row is not None
                longest, looks = max(longest, row[0]), looks + 1
                time.sleep(0.02)
        _, err = process.communicate()
        assert process.returncode == 0, err
        assert looks > 20
        # A transaction for the whole stream would be as old as the run; one of a batch takes milliseconds.
        assert longest < (time.monotonic() - began) / 2
        with alias_of(url) as alias:
            check_quiet(alias)


# --- readers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [state_document, lambda alias: audit(using=alias)], ids=["state", "audit"])
def test_a_reader_that_goes_away_leaves_nothing(database: str, read: object) -> None:
    settle(incoming(steady_stream(11, 400)), using=database)
    run_sql(database, "UPDATE settlement_shop SET marketing_minor = marketing_minor + 1")
    assert callable(read)
    reading = read(database)
    next(reading)
    reading.close()
    check_quiet(database)
    if connections[database].vendor == "postgresql":
        assert run_sql(database, "SELECT count(*) FROM pg_cursors WHERE name LIKE 'pinback%%'") == [(0,)]


@pytest.mark.parametrize("read", [state_document, lambda alias: audit(using=alias)], ids=["state", "audit"])
def test_a_reader_that_takes_its_time_holds_up_nobody(
    sqlite: str, postgres_alias: str, tmp_path: Path, read: object
) -> None:
    """Neither a shop that settles nor, on SQLite, the only writer that there is."""
    assert callable(read)
    with private_database("postgres", tmp_path, migrated=True) as postgres:
        for url in (sqlite, postgres):
            with alias_of(url) as reader, alias_of(url, timeout_ms=500) as writer:
                settle(incoming(steady_stream(11, 400)), using=reader)
                run_sql(reader, "UPDATE settlement_shop SET marketing_minor = marketing_minor + 1")
                reading = read(reader)
                next(reading)
                made = settle(as_batch(deal("other", "o", "b")), using=writer)
                assert [decisions[0].type for decisions in made] == ["event.applied"] * 3
                reading.close()
