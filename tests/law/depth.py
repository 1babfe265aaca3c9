"""What the generated runs must reach, and how often in a hundred runs, about: a generator that has stopped
reaching it is noticed.
"""

from collections.abc import Mapping
from math import ceil
from typing import Final

MARGIN: Final = 5
"""Chance makes one set of seeds reach a thing so many times less often than another."""

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
    "chain of 3": 1,
    "debt shrinks by debt.paid": 1,
    "refused whole_only": 1,
    "settled: postage kept": 1,
    "voucher frozen > available": 1,
}
"""In a hundred runs under each policy, taken together."""


def shallow(reached: Mapping[str, int], runs: float, wanted_in_100: Mapping[str, int] = WANTED) -> list[str]:
    """What was reached too seldom in so many runs."""
    wanted = {label: ceil(least * runs / 100) for label, least in wanted_in_100.items()}
    return [
        f"{label}: {reached.get(label, 0)} times, not {least}"
        for label, least in wanted.items()
        if reached.get(label, 0) < least
    ]
