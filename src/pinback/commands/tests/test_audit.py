"""`pinback audit`: exit code 0 and a line, or 1 and each difference. What it finds is settlement's."""

import os
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from tests.support.databases import alias_of, private_database
from tests.support.pinback import call_pinback, run_pinback, start_pinback

pytestmark = pytest.mark.slow


def tamper(address: str, sql: str) -> None:
    """Change a row behind Pinback's back."""
    with alias_of(address) as alias, connections[alias].cursor() as cursor:
        cursor.execute(sql)


def test_an_empty_database_is_clean(address: str) -> None:
    ran = call_pinback("audit", database=address)
    assert (ran.code, ran.out, ran.err) == (0, b"clean: 0 events give exactly what is stored\n", "")


def test_a_difference_is_named_with_table_key_and_column(address: str, events: Path) -> None:
    number = events.read_bytes().count(b"\n")
    assert call_pinback("settle", events, database=address).code == 0
    clean = call_pinback("audit", database=address)
    assert clean.out == f"clean: {number} events give exactly what is stored\n".encode()
    tamper(address, "UPDATE settlement_shop SET marketing_minor = marketing_minor + 7")
    ran = call_pinback("audit", database=address)
    assert ran.code == 1
    assert ran.out.startswith(b"shop ")
    assert b" marketing_minor: stored " in ran.out
    assert b" balance: stored " in ran.out
    differences = len(ran.out.splitlines())
    assert ran.err == f"{differences} differences in {number} events\n"


def test_its_reader_may_go_away(sqlite: str, events: Path) -> None:
    assert call_pinback("settle", events, database=sqlite).code == 0
    tamper(sqlite, "DELETE FROM settlement_order")
    pipe, end = os.pipe()
    os.close(pipe)
    ran = run_pinback("audit", "--database", sqlite, stdout=end)
    os.close(end)
    assert ran.code == 141
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) <= 1


@pytest.mark.parametrize("words", [("audit", "--database", ":memory:"), ("version",)])
def test_its_output_may_be_full(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = run_pinback(*words, stdout=full)
    assert (ran.code, ran.line) == (2, "cannot go on: No space left on device")


@pytest.mark.postgres
def test_a_connection_that_is_cut_is_told(postgres_alias: str, events: Path, tmp_path: Path) -> None:
    with private_database("postgres", tmp_path) as address:
        assert call_pinback("settle", events, database=address).code == 0
        with psycopg.connect(address) as holder, psycopg.connect(address, autocommit=True) as other:
            # The audit waits for this lock, and is cut off while it waits.
            holder.execute("LOCK TABLE settlement_voucher")
            process = start_pinback("audit", "--database", address)
            cut = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            while not other.execute(cut).fetchall():
                assert process.poll() is None
                time.sleep(0.02)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (2, b"")
        assert err.decode().startswith("pinback: cannot use the database: ")
        assert len(err.splitlines()) == 1
