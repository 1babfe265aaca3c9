"""What a buyer is told to do next, why a group's wish went another way, and which voucher serves a buyer
best: pure decisions. Amounts are in fen.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

Kind = Literal["solo", "open", "join"]
IfFull = Literal["other", "refund"]

ClosedWhy = Literal["by_buyer", "not_paid_in_time", "voucher_reclaimed", "settled_elsewhere"]

NextStep = Literal[
    "pay",
    "closed",
    "wait_for_group",
    "wait_for_refund",
    "wait_for_shipping",
    "wait_for_parcel",
    "done",
    "refunded",
]
"""What happens next with an order, as words for it can be looked up."""

_NEXT: dict[str, NextStep] = {
    "placed": "pay",
    "cancelled": "closed",
    "paid": "wait_for_group",
    "confirmed": "wait_for_shipping",
    "shipped": "wait_for_parcel",
    "received": "done",
    "refunded": "refunded",
}


def next_step(status: str, *, is_refund_under_way: bool) -> NextStep:
    """What happens next: by settlement's status, and whether money is on its way back."""
    if is_refund_under_way and status not in ("placed", "cancelled", "refunded"):
        return "wait_for_refund"
    return _NEXT[status]


class Candidate(NamedTuple):
    """A voucher that the buyer could use."""

    code: str
    amount_minor: int
    expires_at: int


class Threshold(NamedTuple):
    """A running campaign: what has to be spent, and the rebate for it."""

    threshold_minor: int
    rebate_minor: int


def rebate_of(cash_minor: int, offers: Sequence[Threshold]) -> int:
    """The rebate that so much goods cash would earn now (section 4.2): the largest that is reached."""
    return max((offer.rebate_minor for offer in offers if cash_minor >= offer.threshold_minor), default=0)


def missing_to(cash_minor: int, offers: Sequence[Threshold]) -> Threshold | None:
    """The nearest offer above what is reached that gives more: its `threshold_minor` is what is missing to
    it.
    """
    earned = rebate_of(cash_minor, offers)
    better = [
        Threshold(offer.threshold_minor - cash_minor, offer.rebate_minor)
        for offer in offers
        if offer.threshold_minor > cash_minor and offer.rebate_minor > earned
    ]
    return min(better, key=lambda offer: (offer.threshold_minor, -offer.rebate_minor), default=None)


def best_voucher(goods_minor: int, wallet: Sequence[Candidate], offers: Sequence[Threshold]) -> str | None:
    """The voucher that leaves the buyer best off: what it saves and the rebate that is still earned,
    together.

    A voucher has to leave at least 1 fen of the goods in cash (section 3.1). None: the order earns more
    without one. Ties: the one that saves more now, then the one that expires first.
    """
    fitting = [voucher for voucher in wallet if goods_minor - voucher.amount_minor >= 1]
    best = min(
        fitting,
        key=lambda voucher: (
            -voucher.amount_minor - rebate_of(goods_minor - voucher.amount_minor, offers),
            -voucher.amount_minor,
            voucher.expires_at,
            voucher.code,
        ),
        default=None,
    )
    if best is None:
        return None
    with_it = best.amount_minor + rebate_of(goods_minor - best.amount_minor, offers)
    return best.code if with_it >= rebate_of(goods_minor, offers) else None


def is_too_late(pay_until: datetime | None, *, now: datetime) -> bool:
    """Whether an order can no longer be paid."""
    return pay_until is None or pay_until <= now


def deduction(*, left_minor: int, compensated_minor: int, cash_minor: int, withheld_minor: int) -> int:
    """What a refund goes out less by, as its order was compensated before (ADR 0047).

    `left_minor` is the cash of the order that was not refunded yet, `compensated_minor` what it was
    compensated with and no refund was reduced by. After the refund both together are at most the cash, as far
    as what is paid out of the refund's own cash reaches.
    """
    above = cash_minor + compensated_minor - left_minor
    return max(0, min(above, compensated_minor, cash_minor - withheld_minor))


def deduction_from_bought_back(*, left_minor: int, compensated_minor: int, bought_back_minor: int) -> int:
    """What a refund goes out less by of a voucher part that the buyer had bought back, as the order that
    earned the voucher was compensated: what its own refunds could not be reduced by, since it was withheld
    from them.

    `left_minor` and `compensated_minor` are those of the order that earned it, as for `deduction`.
    """
    return max(0, min(compensated_minor - left_minor, bought_back_minor))
