"""The PostgreSQL backend of a settling process is ended, at random moments and in the middle of commits."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.crashes.aftermath import check_after, check_between, check_line, check_undisturbed
from tests.crashes.conftest import KILLS
from tests.support.databases import private_database, when_admitted
from tests.support.pinback import start_pinback

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@pytest.fixture
def postgres(postgres_alias: str, tmp_path: Path) -> Iterator[str]:
    """The address of a PostgreSQL database with its tables in place."""
    with private_database("postgres", tmp_path, migrated=True) as url:
        yield url


def ended_now_and_then(other: "psycopg.Connection[tuple[int]]", dice: random.Random) -> bool:
    """End it at a random moment, whatever it does."""
    time.sleep(dice.uniform(0, 0.1))
    return bool(other.execute(END).fetchall())


def ended_in_commit(other: "psycopg.Connection[tuple[int]]", dice: random.Random) -> bool:
    """End it if it commits just now."""
    return bool(other.execute(f"{END} AND state = 'active' AND query ILIKE 'COMMIT%'").fetchall())


MOST = KILLS // 5
MOMENTS = [ended_now_and_then, ended_in_commit]


@pytest.mark.parametrize("end", MOMENTS)
def test_a_connection_that_is_ended_is_made_anew(
    postgres: str, events: Path, tmp_path: Path, end: Callable[..., bool]
) -> None:
    """However often that happens, the run goes on, and answers as if it had not happened."""
    dice, ended, decisions = random.Random(7), 0, tmp_path / "decisions"
    process = start_pinback(
        "settle", events, "--database", postgres, "--decisions", decisions, "--batch", "2"
    )
    with when_admitted(lambda: psycopg.connect(postgres, autocommit=True)) as other:
        while process.poll() is None and ended < MOST:
            ended += end(other, dice)
    assert ended
    check_undisturbed(process, decisions, events)
    check_after(postgres, events)


@pytest.mark.parametrize("end", MOMENTS)
def test_without_patience_it_is_told_and_the_next_run_continues(
    postgres: str, events: Path, end: Callable[..., bool]
) -> None:
    dice, stopped = random.Random(7), 0
    with when_admitted(lambda: psycopg.connect(postgres, autocommit=True)) as other:
        for _ in range(5):
            process = start_pinback(
                *("settle", events, "--database", postgres, "--batch", "2"),
                env={"PINBACK_RECONNECT_SECONDS": "0"},
            )
            while process.poll() is None and not end(other, dice):
                pass
            stopped += check_line(process)
            check_between(postgres)
    assert stopped
    check_after(postgres, events)
