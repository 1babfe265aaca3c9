"""`pinback settle` is killed with SIGKILL at random moments, and started again until all is settled."""

import random
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crashes.aftermath import check_after, check_between
from tests.crashes.conftest import KILLS
from tests.support.databases import private_database
from tests.support.pinback import start_pinback

pytestmark = pytest.mark.slow


def kill_once(address: str, events: Path, dice: random.Random) -> bool:
    """Start it and kill it; whether it had not come to its end before."""
    batch = dice.choice(("1", "3", "10", "50"))
    process = start_pinback("settle", events, "--database", address, "--decisions", "-", "--batch", batch)
    assert process.stdout is not None
    if dice.random() < 0.2:
        # Somewhere in the beginning: imports, the connection, the tables.
        time.sleep(dice.uniform(0.1, 0.7))
    else:
        process.stdout.read(1)
        time.sleep(dice.expovariate(10))
    process.kill()
    process.communicate(timeout=60)
    return process.returncode != 0


def test_killed_at_random_moments(kind: str, events: Path, tmp_path: Path) -> None:
    dice = random.Random(2026)
    kills, rounds = 0, 0
    while kills < KILLS:
        rounds += 1
        with ExitStack() as stack:
            address = stack.enter_context(private_database(kind, tmp_path))
            settled = 0
            # No two of many kills in a row may stand still for ever: a run that ends is the end of a round.
            while kills < KILLS and kill_once(address, events, dice):
                kills += 1
                now = check_between(address)
                assert now >= settled, "what was settled is gone"
                settled = now
            check_after(address, events)
    assert rounds <= KILLS
