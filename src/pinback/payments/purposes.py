"""What money is for: rooms above payments say here what happens when it came in, or went out.

Payments knows providers, amounts and numbers. Whether an order can still be paid, or a campaign funded, is
known above: each purpose has one taker, called inside the transaction that notes the provider's word.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from pinback.kit.registrations import register_all
from pinback.payments.models import MoneyOut, Payment

Taken = Literal["succeeded", "late", "unneeded"]
"""What became of money that came in: taken for its purpose; too late for it; or not needed any more. What was
not taken goes back to the payer.
"""

TakeIn = Callable[[Payment, datetime], Taken]
OutDone = Callable[[MoneyOut, datetime], None]

_in: dict[str, TakeIn] = {}
_of_order: set[str] = set()
_out: dict[str, tuple[OutDone, OutDone]] = {}


def take_in_for(purpose: str, taker: TakeIn, *, is_of_order: bool = False) -> None:
    """Say what to do when a payment for `purpose` came in, with the right amount.

    The taker is called once for a payment, with the row of the payment's shop in settlement locked, and,
    where the subject `is_of_order` (the key of one), those of the shops that this order reaches. One that
    raises Refused has done nothing; the money goes back, and the operator is told.
    """
    _in[purpose] = taker
    if is_of_order:
        _of_order.add(purpose)


def settle_out_for(purpose: str, *, confirmed: OutDone, failed: OutDone) -> None:
    """Say what to do when money out for `purpose` was confirmed by the provider, or failed.

    `confirmed` is called once for a MoneyOut, for the whole of it. `failed` is called when it is given up
    (`status` is `failed`), which a later `confirmed` can follow, and when it came back after it had been
    confirmed (`bounced`): what was settled stays, and the operator sends it again.
    """
    _out[purpose] = (confirmed, failed)


def taker_for(purpose: str) -> TakeIn:
    """The taker of a purpose."""
    register_all()
    return _in[purpose]


def is_of_order(purpose: str) -> bool:
    """Whether the subjects of a purpose are keys of orders; else it touches its shop alone."""
    register_all()
    return purpose in _of_order


def out_confirmed_for(purpose: str) -> OutDone | None:
    """What to do on confirmation; None where nothing is."""
    register_all()
    return _out[purpose][0] if purpose in _out else None


def out_failed_for(purpose: str) -> OutDone | None:
    """What to do on failure; None where nothing is."""
    register_all()
    return _out[purpose][1] if purpose in _out else None
