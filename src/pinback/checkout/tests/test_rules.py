"""The voucher that serves a buyer best, what is missing to a rebate, and what happens next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinback.checkout.rules import (
    Candidate,
    Threshold,
    best_voucher,
    deduction,
    missing_to,
    next_step,
    rebate_of,
)

OFFERS = [Threshold(5_000, 500), Threshold(9_000, 2_000)]


def wallet(*amounts: int) -> list[Candidate]:
    """Vouchers of these amounts, the first one expiring last."""
    return [Candidate(f"v{amount}", amount, 100 - number) for number, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("goods", "amounts", "best"),
    [
        (4_000, (500, 1_000), "v1000"),
        # As much as the goods: at least 1 fen has to be paid.
        (1_000, (1_000, 500), "v500"),
        (500, (500,), None),
        # It would save 1,000 and cost a rebate of 2,000 - 500.
        (9_500, (1_000,), None),
        (9_500, (1_000, 400), "v400"),
        # It saves more than the rebate it costs.
        (9_500, (3_000,), "v3000"),
        (4_000, (), None),
    ],
)
def test_the_best_voucher(goods: int, amounts: tuple[int, ...], best: str | None) -> None:
    assert best_voucher(goods, wallet(*amounts), OFFERS) == best


def test_of_two_alike_the_one_that_expires_first() -> None:
    alike = [Candidate("late", 500, 20), Candidate("soon", 500, 10)]
    assert best_voucher(4_000, alike, []) == "soon"


def test_the_rebate_and_what_is_missing_to_a_better_one() -> None:
    assert [rebate_of(cash, OFFERS) for cash in (4_999, 5_000, 8_999, 9_000)] == [0, 500, 500, 2_000]
    assert missing_to(4_990, OFFERS) == (10, 500)
    assert missing_to(5_000, OFFERS) == (4_000, 2_000)
    assert missing_to(9_000, OFFERS) is None
    # A higher threshold that gives no more is no reason to buy more.
    assert missing_to(5_000, [Threshold(5_000, 500), Threshold(6_000, 500)]) is None


@pytest.mark.parametrize(
    ("status", "is_refund_under_way", "step"),
    [
        ("placed", False, "pay"),
        ("cancelled", True, "closed"),
        ("paid", False, "wait_for_group"),
        ("paid", True, "wait_for_refund"),
        ("confirmed", False, "wait_for_shipping"),
        ("shipped", False, "wait_for_parcel"),
        ("received", False, "done"),
        ("received", True, "wait_for_refund"),
        ("refunded", True, "refunded"),
    ],
)
def test_what_happens_next(status: str, is_refund_under_way: bool, step: str) -> None:
    assert next_step(status, is_refund_under_way=is_refund_under_way) == step


@pytest.mark.parametrize(
    ("left", "compensated", "cash", "withheld", "deducted"),
    [
        (6_000, 0, 6_000, 0, 0),
        (6_000, 500, 5_500, 0, 0),
        (6_000, 500, 5_501, 0, 1),
        (6_000, 500, 6_000, 0, 500),
        (6_000, 6_000, 1, 0, 1),
        (6_000, 6_000, 6_000, 1_000, 5_000),
        (6_000, 500, 6_000, 5_800, 200),
        (6_000, 500, 6_000, 6_000, 0),
        # Of a refund of postage alone, after all the goods were refunded.
        (800, 500, 800, 0, 500),
    ],
)
def test_a_deduction_to_the_fen(left: int, compensated: int, cash: int, withheld: int, deducted: int) -> None:
    found = deduction(
        left_minor=left, compensated_minor=compensated, cash_minor=cash, withheld_minor=withheld
    )
    assert found == deducted


@given(st.integers(1, 300), st.lists(st.tuples(st.booleans(), st.integers(1, 300), st.integers(0, 300))))
def test_refunds_and_compensations_in_any_order_give_back_at_most_what_was_paid(
    paid: int, acts: list[tuple[bool, int, int]]
) -> None:
    """As settlement bounds them: a compensation by what was not refunded or given, a refund by what is left.

    At the end everything is refunded; if nothing was ever withheld, exactly what was paid has come back.
    """
    refunded = compensated = deducted = withheld_in_all = out = 0
    for is_refund, wish, wish_withheld in [*acts, (True, paid, 0)]:
        if not is_refund:
            given_now = max(0, min(wish, paid - refunded - compensated))
            compensated, out = compensated + given_now, out + given_now
            continue
        cash = min(wish, paid - refunded)
        withheld = min(wish_withheld, cash)
        off = deduction(
            left_minor=paid - refunded,
            compensated_minor=compensated - deducted,
            cash_minor=cash,
            withheld_minor=withheld,
        )
        refunded, deducted, withheld_in_all = refunded + cash, deducted + off, withheld_in_all + withheld
        out += cash - withheld - off
        assert 0 <= off <= cash - withheld
        assert out <= paid
    assert deducted <= compensated
    if withheld_in_all == 0:
        assert (out, deducted) == (paid, compensated)
