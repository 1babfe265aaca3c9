"""`pinback settle` is killed with SIGKILL at random moments, and started again until all is settled."""

import os
import random
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.crashes.aftermath import check_after, check_between
from tests.crashes.conftest import KILLS
from tests.crashes.process import Starter, starter
from tests.support.databases import private_database
from tests.support.pinback import start_pinback

pytestmark = pytest.mark.slow
BATCHES = ("1", "3", "10", "50")
LONGEST_SECONDS = 0.25


def kill_once(starting: Starter, events: Path, dice: random.Random) -> bool:
    """Start it and kill it; whether it had not come to its end before."""
    child = starting.start("settle", events, "--batch", dice.choice(BATCHES))
    # From the first look at the database to somewhere in the stream.
    time.sleep(dice.uniform(0, LONGEST_SECONDS))
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return starting.ended() == -signal.SIGKILL


def test_killed_a_few_hundred_times(kind: str, events: Path, tmp_path: Path) -> None:
    """After each kill the tables are what the log gives; what was settled stays; in the end all is there."""
    dice = random.Random(2026)
    kills, rounds = 0, 0
    while kills < KILLS:
        rounds += 1
        with ExitStack() as stack:
            address = stack.enter_context(private_database(kind, tmp_path))
            starting = stack.enter_context(starter(address))
            settled = 0
            # A run that comes to its end is the end of a round.
            while kills < KILLS and kill_once(starting, events, dice):
                kills += 1
                now = check_between(address)
                assert now >= settled, "what was settled is gone"
                settled = now
            check_after(address, events)
    assert rounds < KILLS


def test_killed_from_its_first_moment(kind: str, events: Path, tmp_path: Path) -> None:
    """The whole process, a few times: imports, the connection, the making of the tables."""
    dice = random.Random(17)
    with private_database(kind, tmp_path) as address:
        for _ in range(8):
            process = start_pinback("settle", events, "--database", address, "--batch", "3")
            time.sleep(dice.uniform(0.1, 0.9))
            process.kill()
            process.communicate(timeout=60)
            check_between(address)
        check_after(address, events)
