"""The law: refund everything, in any order, and everyone is back where they started; and its clauses at every
moment on the way. The runs that prove it must go deep, which is itself a test.
"""

from collections import Counter
from functools import cache

import pytest

from pinback.rules.records import Policy
from tests.law.budget import budget
from tests.law.machines import RunMachine, StoredMachine, run

POLICIES: tuple[Policy, ...] = ("any", "threshold")

RULES = budget(100, steps=80)
STORED = budget(12, steps=60)


@cache
def outcome(policy: Policy) -> Counter[str] | BaseException:
    """What the runs through the rules reached, or what broke; they are made once for all tests of a process."""

    class Machine(RunMachine):
        """Under one policy."""

    Machine.policy = policy
    try:
        return run(Machine, RULES)
    except BaseException as broken:  # noqa: BLE001 - it is raised by the test
        return broken


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.xdist_group("law")
def test_refund_everything_and_everyone_is_back_where_they_started(policy: Policy) -> None:
    found = outcome(policy)
    if isinstance(found, BaseException):
        raise found
    assert found["undone"] > 50


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.slow
def test_the_law_in_a_database(policy: Policy, database: str) -> None:
    class Machine(StoredMachine):
        """Under one policy, in one database."""

    Machine.policy, Machine.alias = policy, database
    reached = run(Machine, STORED)
    assert reached["stored"] > 20
    assert reached["power lost"] > 10
    assert reached["undone"] > 0
