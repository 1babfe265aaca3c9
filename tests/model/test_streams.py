"""Generated streams are the same for the same seed, go deep, and the model keeps the law of the
specification on them."""

from __future__ import annotations

import pytest

from tests.model.law import try_law
from tests.model.oracle import POLICIES, run
from tests.model.streams import generate
from tests.model.survey import survey

CODES = (
    "bad_event", "event_conflict", "unknown_campaign", "unknown_order", "unknown_refund", "already_exists",
    "bad_terms", "amount_mismatch", "wrong_state", "voucher_unavailable", "voucher_too_large", "whole_only",
    "over_refund", "not_owed",
)  # fmt: skip
TYPES = (
    "event.applied", "event.duplicate", "event.refused", "campaign.scheduled", "refund.settled",
    "rebate.decided", "order.closed", "voucher.issued", "voucher.changed", "campaign.ended", "debt.changed",
)  # fmt: skip
REASONS = ("refunded", "buyer_in_debt", "no_campaign", "below_threshold")


def test_same_seed_same_bytes() -> None:
    assert generate(7, 200) == generate(7, 200)
    assert generate(7, 200) != generate(8, 200)


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_every_kind_of_answer_comes_up(policy: str) -> None:
    counts = survey(range(4), 1500, policy)
    wanted = [*TYPES, *(f"refused {code}" for code in CODES)]
    wanted += [f"rebate not_eligible {reason}" for reason in REASONS]
    wanted += ["rebate issued None", "rebate pending refund_open", "campaign exhausted", "campaign stopped"]
    assert [label for label in wanted if not counts[label]] == []


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("seed", range(6))
def test_law(policy: str, seed: int) -> None:
    try_law(seed, 300, policy)


def test_refused_lines_change_nothing() -> None:
    data = generate(3, 400, hostile=0.5)
    answers, state = run(data)
    refused = {
        number for number, line in enumerate(data.split(b"\n"), start=1) if is_refused(answers, number)
    }
    kept = b"\n".join(
        b"" if number in refused else line for number, line in enumerate(data.split(b"\n"), start=1)
    )
    assert len(refused) > 100
    assert run(kept)[1] == state


def is_refused(answers: list[bytes], number: int) -> bool:
    """Whether one of the answers refuses the line."""
    return any(f'"line":{number},'.encode() in answer for answer in answers)
