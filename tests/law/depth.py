"""What the generated runs must reach, and how often in a hundred runs at the least: about a third of what
they do, so that other seeds reach it too, and a generator that has stopped reaching it is noticed.
"""

from collections.abc import Mapping
from math import ceil
from typing import Final

WANTED: Final = {
    "campaign exhausted": 10,
    "campaign stopped": 100,
    "chain of 2": 30,
    "debt arises": 40,
    "debt cleared": 15,
    "debt shrinks by refund": 8,
    "duplicate": 40,
    "locked voucher reclaimed": 20,
    "pending > issued": 10,
    "pending > not_eligible": 25,
    "rebate issued None": 300,
    "rebate not_eligible below_threshold": 150,
    "rebate not_eligible buyer_in_debt": 10,
    "rebate not_eligible no_campaign": 100,
    "rebate not_eligible refunded": 200,
    "rebate pending refund_open": 40,
    "refused already_exists": 20,
    "refused bad_terms": 10,
    "refused event_conflict": 10,
    "refused not_owed": 10,
    "refused over_refund": 25,
    "refused unknown_campaign": 10,
    "refused unknown_order": 10,
    "refused voucher_unavailable": 5,
    "refused wrong_state": 25,
    "settled: bought_back": 20,
    "settled: debt": 40,
    "settled: eligible after a refund": 5,
    "settled: refund after receipt": 200,
    "settled: taken_back": 25,
    "settled: withheld": 50,
    "undone": 25,
    "used at another shop": 50,
    "voucher available > expired": 15,
    "voucher available > frozen": 15,
    "voucher available > locked": 150,
    "voucher available > reclaimed": 100,
    "voucher frozen > reclaimed": 10,
    "voucher locked > available": 10,
    "voucher locked > reclaimed": 20,
    "voucher locked > used": 100,
    "voucher used > available": 7,
    "voucher used > reclaimed": 10,
}
"""In a hundred runs under each policy."""

SELDOM: Final = {
    "chain of 3": 5,
    "debt shrinks by debt.paid": 3,
    "refused amount_mismatch": 2,
    "refused unknown_refund": 1,
    "refused voucher_too_large": 1,
    "refused whole_only": 3,
    "settled: postage kept": 4,
    "settled: withheld and taken back at once": 2,
    "voucher frozen > available": 5,
    "voucher frozen > expired": 1,
    "voucher locked > expired": 1,
    "voucher locked > frozen": 2,
    "voucher used > expired": 1,
    "voucher used > frozen": 1,
}
"""In a hundred runs under each policy, taken together."""


def shallow(reached: Mapping[str, int], runs: int, wanted_in_100: Mapping[str, int] = WANTED) -> list[str]:
    """What was reached too seldom in so many runs."""
    wanted = {label: ceil(least * runs / 100) for label, least in wanted_in_100.items()}
    return [
        f"{label}: {reached.get(label, 0)} times, not {least}"
        for label, least in wanted.items()
        if reached.get(label, 0) < least
    ]
