"""The PostgreSQL backend of a settling process is ended, at random moments and in the middle of commits."""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.crashes.aftermath import check_after, check_between
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


def check_line(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it was stopped: it says so in one line, with what to do, and ends with 2."""
    _, err = process.communicate(timeout=60)
    if process.returncode == 0:
        return False
    assert process.returncode == 2, err
    line = err.decode()
    assert len(line.splitlines()) == 1, line
    assert line.startswith(("pinback: the database failed after ", "pinback: cannot use the database: ")), (
        line
    )
    assert "Traceback" not in line
    if "failed after" in line:
        assert line.endswith("; run the same command again to continue\n"), line
    return True


@pytest.mark.parametrize("moment", ["any", "commit"])
def test_a_connection_that_is_ended_is_told_and_the_next_run_continues(
    postgres: str, events: Path, moment: str
) -> None:
    dice, ended = random.Random(7), 0
    with when_admitted(lambda: psycopg.connect(postgres, autocommit=True)) as other:
        for _ in range(max(5, KILLS // 5)):
            process = start_pinback(
                "settle", events, "--database", postgres, "--decisions", "-", "--batch", "2"
            )
            assert process.stdout is not None
            process.stdout.read(1)
            if moment == "any":
                time.sleep(dice.uniform(0, 0.2))
                other.execute(END)
            else:
                committing = f"{END} AND state = 'active' AND query ILIKE 'COMMIT%'"
                while process.poll() is None and not other.execute(committing).fetchall():
                    pass
            if not check_line(process):
                break
            ended += 1
            check_between(postgres)
    assert ended
    check_after(postgres, events)
