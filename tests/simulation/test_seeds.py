"""Worlds from fixed seeds live, are audited at every answer, are undone, and agree with the model."""

import os
import subprocess
import sys

import pytest

from pinback.rules.records import Policy
from simulation.engines import DatabaseEngine, RulesEngine
from simulation.report import tell
from simulation.run import Run, Settings, Summary
from simulation.tally import LIVELY

pytestmark = pytest.mark.slow

POLICIES: tuple[Policy, ...] = ("any", "threshold")


def lived(seed: int, days: int = 60, policy: Policy = "any") -> Summary:
    """A world on the rules alone, without the model."""
    return Run(Settings(seed, days, policy=policy), RulesEngine(policy)).live(model=False)


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_world_lives_on_the_rules(seed: int) -> None:
    """A lively one: it reaches everything that this is about."""
    summary = lived(seed, 60, POLICIES[seed % 2])
    assert summary.lines > 2_000
    assert [name for name in LIVELY if not summary.counts[name]] == []


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_model_answers_the_same(seed: int) -> None:
    policy = POLICIES[seed % 2]
    Run(Settings(seed, 20, policy=policy), RulesEngine(policy)).live()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_world_lives_on_a_database(database: str, seed: int) -> None:
    policy = POLICIES[seed % 2]
    stored = Run(Settings(seed, 16, policy=policy), DatabaseEngine(database, policy)).live(model=False)
    assert stored.lines > 400
    assert stored == lived(seed, 16, policy)


@pytest.mark.parametrize("seed", [3, 4])
def test_workers_that_meet_settle_as_one_would(database: str, seed: int) -> None:
    policy = POLICIES[seed % 2]
    summary = Run(Settings(seed, 12, workers=3, policy=policy), DatabaseEngine(database, policy)).live()
    assert summary.lines > 300


def test_the_same_seed_is_the_same_world_to_the_byte() -> None:
    code = (
        "from simulation.run import Run, Settings; from simulation.engines import RulesEngine;"
        "print(Run(Settings(5, 10), RulesEngine()).live(model=False).digest)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {lived(5, 10).digest + "\n"}


def test_another_seed_is_another_world() -> None:
    assert lived(1, 8).digest != lived(2, 8).digest


def test_the_summary_tells_what_happened() -> None:
    settings = Settings(1, 30)
    told = tell(settings, "rules", lived(1, 30), 1.0)
    for word in ("seed 1 on rules", "cash in ¥", "hunters: ¥", "vouchers issued", "schemes tried", "nibble"):
        assert word in told
