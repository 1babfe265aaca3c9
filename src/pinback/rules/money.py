"""Splitting of fen without losing one: the largest-remainder rule that every allocation uses
(sections 3 and 9).

All amounts are integers of fen. Nothing here divides with a remainder that is not handed out.
"""

from collections.abc import Sequence


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` fen in proportion to `weights`; the parts sum to `total` exactly.

    Each part is rounded down; the missing fen go one each to the largest remainders, ties to the lower
    index (section 3, "allocation"). A weight of 0 gets nothing. `total` may not exceed the sum of weights.
    """
    whole = sum(weights)
    if total == 0 or whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    missing = total - sum(parts)
    if missing:
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
        for index in by_remainder[:missing]:
            parts[index] += 1
    return parts


def share(amount: int, part: int, whole: int) -> int:
    """The share of `amount` fen that goes with `part` of `whole`: rounded down, all of it with the last
    part.

    Section 9.1 (`part` units of `whole`) and 9.2 (`part` fen of `whole`).
    """
    return amount if part == whole else amount * part // whole
