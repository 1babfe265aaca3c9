"""Any cutting of a stream into batches, on both databases, gives exactly what the independent model says."""

import pytest

from pinback.rules.records import Policy
from tests.model.oracle import run
from tests.model.streams import generate
from tests.support.settling import fold_stream, settle_stream, without_details

pytestmark = pytest.mark.slow

POLICIES: tuple[Policy, ...] = ("any", "threshold")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_every_cutting_is_what_the_model_says(database: str, policy: Policy, batch: int) -> None:
    stream = generate(batch, 300, policy=policy)
    expected_decisions, expected_state = run(stream, policy)
    decisions, state = settle_stream(stream, using=database, policy=policy, batch=batch)
    assert without_details(decisions) == expected_decisions
    assert state == expected_state


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("seed", range(4))
def test_the_rules_alone_are_what_the_model_says(policy: Policy, seed: int) -> None:
    stream = generate(seed, 600, policy=policy)
    expected_decisions, expected_state = run(stream, policy)
    decisions, state = fold_stream(stream, policy)
    assert without_details(decisions) == expected_decisions
    assert state == expected_state
