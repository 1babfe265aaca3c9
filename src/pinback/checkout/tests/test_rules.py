"""The voucher that serves a buyer best, what is missing to a rebate, and what happens next."""

import pytest

from pinback.checkout.rules import Candidate, Threshold, best_voucher, missing_to, next_step, rebate_of

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
