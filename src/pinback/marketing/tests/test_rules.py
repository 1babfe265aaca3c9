"""What a campaign has to offer, both sides of each boundary; what can become of a payout."""

from itertools import product

import pytest

from pinback.marketing.rules import (
    PAYOUT_EVENTS,
    PAYOUT_STATES,
    SPEC,
    Standard,
    Terms,
    examples,
    is_looser,
    payout_after,
    strictest,
    unmet,
)
from pinback.rules.campaign import wrong_terms

EDGES = (0, 1, 99, 100, 1_999, 2_000, 2_001)


@pytest.mark.parametrize(
    ("terms", "code", "field"),
    [
        (Terms(2_000, 99, 10), "rebate_too_low", "rebate_minor"),
        (Terms(2_000, 2_001, 10), "rebate_too_high", "rebate_minor"),
        (Terms(2_000, 100, 9), "too_few_vouchers", "quantity"),
        (Terms(0, 100, 10), "threshold_too_low", "threshold_minor"),
        (Terms(2_000, 100, 10, 0), "bad_valid_days", "valid_days"),
        (Terms(2_000, 100, 10, 366), "bad_valid_days", "valid_days"),
        (Terms(10**12, 10**12, 10), "fee_too_high", "quantity"),
    ],
)
def test_the_floor(terms: Terms, code: str, field: str) -> None:
    found = {one.code: one.field for one in unmet(terms, SPEC)}
    assert found[code] == field


def test_five_percent_is_enough_and_rounds_up() -> None:
    assert not unmet(Terms(2_000, 100, 10), SPEC)
    assert unmet(Terms(2_001, 100, 10), SPEC)
    assert not unmet(Terms(2_001, 101, 10), SPEC)
    assert (SPEC.least_rebate_minor(1), SPEC.least_rebate_minor(20), SPEC.least_rebate_minor(21)) == (1, 1, 2)


def test_the_floor_is_exactly_what_settlement_takes() -> None:
    for threshold, rebate, quantity, days in product(EDGES, EDGES, (9, 10, 11), (0, 1, 365, 366)):
        terms = Terms(threshold, rebate, quantity, days)
        assert bool(unmet(terms, SPEC)) == (wrong_terms(*terms) is not None), terms


def test_the_strictest_of_each_holds() -> None:
    one, other = Standard(8, 10, 500, 30), Standard(5, 50, 1, 60)
    assert strictest([one, other]) == Standard(8, 50, 500, 30)
    assert strictest([]) == SPEC
    assert is_looser(other, one)
    assert not is_looser(Standard(8, 10, 500, 30), one)


def test_examples_are_around_the_threshold() -> None:
    assert [one.rebate_minor for one in examples(Terms(1, 1, 10))] == [1, 1]
    assert examples(Terms(0, 1, 10)) == []


def test_a_payout_is_decided_once() -> None:
    moves = {(state, event): payout_after(state, event) for state in PAYOUT_STATES for event in PAYOUT_EVENTS}
    assert {move: after for move, after in moves.items() if after} == {
        ("requested", "paid"): "paid",
        ("requested", "refused"): "refused",
        ("requested", "withdrawn"): "withdrawn",
    }
