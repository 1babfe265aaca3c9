"""Section 3, the allocation: a discount, then a voucher, spread over the lines of an order to the fen."""

import pytest

from pinback.rules.money import allocate, share
from tests.support.story import Campaign, Shop


def test_the_discount_follows_the_line_amounts(tea: Shop) -> None:
    order = tea.order("o1", "Li", "1 x oolong @ 60.00, 3 x cup @ 10.00, 1 x tray @ 10.00", discount=10_00)
    assert order.lines == [(54_00, 0), (27_00, 0), (9_00, 0)]


def test_missing_fen_go_to_the_largest_remainders(tea: Shop) -> None:
    # 100 fen over 1, 2 and 4 yuan: 14.28…, 28.57…, 57.14…: the missing fen goes to the second line.
    order = tea.order("o1", "Li", "1 x a @ 1.00, 1 x b @ 2.00, 1 x c @ 4.00", discount=1_00)
    assert order.lines == [(86, 0), (171, 0), (343, 0)]


def test_ties_go_to_the_lower_line_number(tea: Shop) -> None:
    order = tea.order("o1", "Li", "1 x a @ 1.00, 1 x b @ 1.00, 1 x c @ 1.00", discount=2)
    assert order.lines == [(99, 0), (99, 0), (100, 0)]


def test_the_voucher_follows_what_the_discount_leaves(tea: Shop, spring: Campaign) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    # Discounts 15.00 and 5.00 leave 45.00 and 15.00; the voucher of 20.00 follows these three to one.
    order = tea.order("o2", "Li", "1 x oolong @ 60.00, 1 x cup @ 20.00", discount=20_00, voucher=voucher)
    assert order.lines == [(30_00, 15_00), (10_00, 5_00)]


def test_the_discount_is_rounded_before_the_voucher(tea: Shop) -> None:
    tea.campaign("small", spend=1, get=1)
    voucher = tea.deal("o1", "Li", "1 x oolong @ 1.00").earned
    # Of a tie the first line gets the discount of 1 fen; the second, now larger, gets the voucher of 1 fen.
    order = tea.order("o2", "Li", "1 x a @ 1.00, 1 x b @ 1.00", discount=1, voucher=voucher)
    assert order.lines == [(99, 0), (99, 1)]


def test_a_free_line_gets_nothing(tea: Shop, spring: Campaign) -> None:
    voucher = tea.deal("o1", "Li", "1 x oolong @ 100.00").earned
    order = tea.order("o2", "Li", "5 x sample @ 0.00, 1 x oolong @ 60.00", discount=7_77, voucher=voucher)
    assert order.lines == [(0, 0), (32_23, 20_00)]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (0, [1, 2], [0, 0]),
        (3, [1, 2], [1, 2]),
        (5, [0, 0, 5], [0, 0, 5]),
        (1, [1, 1, 1], [1, 0, 0]),
        (2, [1, 1, 1], [1, 1, 0]),
        (2, [1, 3, 3], [0, 1, 1]),
        (4, [2, 2, 3], [1, 1, 2]),
        (10**12 - 1, [10**12 - 1, 1], [10**12 - 2, 1]),
        (10**12 - 1, [1, 10**12 - 1], [1, 10**12 - 2]),
        (0, [0, 0], [0, 0]),
        (1, [5, 2, 2], [1, 0, 0]),
        (7, [3, 3, 3], [3, 2, 2]),
    ],
)
def test_largest_remainders(total: int, weights: list[int], parts: list[int]) -> None:
    assert allocate(total, weights) == parts


@pytest.mark.parametrize(
    ("amount", "part", "whole", "gives"),
    [(100, 1, 3, 33), (100, 2, 3, 66), (100, 3, 3, 100), (1, 1, 2, 0), (0, 2, 2, 0), (7, 0, 3, 0)],
)
def test_a_share_is_rounded_down(amount: int, part: int, whole: int, gives: int) -> None:
    assert share(amount, part, whole) == gives
