"""A whole PostgreSQL server is killed while `pinback settle` commits: nothing is half, nothing is lost."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.aftermath import check_after, check_between, check_line, check_undisturbed
from tests.crashes.conftest import DEATHS
from tests.crashes.server import Server, folder_for_a_server, running
from tests.support.pinback import start_pinback

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that the test may kill."""
    with folder_for_a_server() as folder, running(folder) as server:
        yield server


def test_a_server_that_is_killed_during_commits(server: Server, events: Path) -> None:
    dice, killed, settled = random.Random(99), 0, 0
    for number in range(DEATHS):
        process = start_pinback(
            *("settle", events, "--database", server.address, "--decisions", "-", "--batch", "2"),
            env={"PINBACK_RECONNECT_SECONDS": "0"},
        )
        assert process.stdout is not None
        process.stdout.read(1)
        time.sleep(dice.uniform(0, 0.3))
        if number % 2:
            server.stop_at_once()
        else:
            server.kill()
        killed += check_line(process)
        server.start()
        now = check_between(server.address)
        assert now >= settled, "what was committed is gone"
        settled = now
    assert killed
    check_after(server.address, events)


def test_a_run_waits_for_a_server_that_restarts(server: Server, events: Path, tmp_path: Path) -> None:
    """Killed or stopped, several times: the run goes on where it was, and nothing is told twice or lost."""
    dice, decisions, restarts = random.Random(5), tmp_path / "decisions", 0
    process = start_pinback(
        "settle", events, "--database", server.address, "--decisions", decisions, "--batch", "2"
    )
    server.wait_for_client()
    while process.poll() is None and restarts < DEATHS:
        time.sleep(dice.uniform(0, 0.6))
        (server.kill if restarts % 2 else server.stop_at_once)()
        time.sleep(dice.uniform(0, 0.5))
        server.start()
        restarts += 1
    assert restarts
    check_undisturbed(process, decisions, events)
    check_after(server.address, events)
