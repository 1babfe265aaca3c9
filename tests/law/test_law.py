"""The law: refund everything, in any order, and everyone is back where they started; its clauses hold at
every moment on the way. The runs that show it must go deep, which is a test of its own.
"""

from collections import Counter
from functools import cache

import pytest

from pinback.rules.records import Policy
from tests.law import moves
from tests.law.budget import budget
from tests.law.depth import MARGIN, SELDOM, shallow
from tests.law.machines import RunMachine, StoredMachine, machine_of, run

POLICIES: tuple[Policy, ...] = ("any", "threshold")

RULES = budget(100, steps=80)
STORED = budget(60, steps=60)
SHALLOW = budget(20, steps=80)


@cache
def outcome(policy: Policy) -> Counter[str] | BaseException:
    """What the runs through the rules reached, or what broke; a process makes them once for all its tests."""
    try:
        return run(machine_of(RunMachine, policy=policy), RULES)
    except BaseException as broken:  # noqa: BLE001 - the test raises it
        return broken


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.slow
def test_refund_everything_and_everyone_is_back_where_they_started(policy: Policy) -> None:
    found = outcome(policy)
    if isinstance(found, BaseException):
        raise found
    assert found["undone"] > 0


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.slow
def test_the_runs_go_deep(policy: Policy) -> None:
    found = outcome(policy)
    assert isinstance(found, Counter), "the law is broken"
    assert shallow(found, RULES.max_examples / MARGIN) == []


@pytest.mark.slow
def test_the_runs_reach_what_is_seldom() -> None:
    found = sum(
        (reached for policy in POLICIES if isinstance(reached := outcome(policy), Counter)), Counter()
    )
    assert shallow(found, RULES.max_examples, SELDOM) == []


@pytest.mark.slow
def test_a_generator_that_stays_shallow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "usable", lambda story, buyer: [])
    found = run(machine_of(RunMachine, clauses={}, end={}), SHALLOW)
    seldom = {line.partition(": ")[0] for line in shallow(found, SHALLOW.max_examples)}
    assert {"debt arises", "chain of 2", "used at another shop", "voucher locked > used"} <= seldom


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.slow
def test_the_law_in_a_database(policy: Policy, database: str) -> None:
    reached = run(machine_of(StoredMachine, policy=policy, alias=database), STORED)
    assert reached["stored"] > STORED.max_examples // 3
    assert reached["power lost"] > STORED.max_examples // 6
    assert reached["undone"] > 2
    assert reached["debt arises"] > 10
    assert reached["rebate not_eligible buyer_in_debt"] > 2
    assert reached["rebate not_eligible buyer_in_debt"] > 2
