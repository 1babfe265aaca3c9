"""What a carrier's word makes of a parcel: a table from status and code to status.

Words come late and out of order: what a parcel's status has no place for is kept and changes nothing.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

ParcelStatus = Literal["shipped", "moving", "delivered", "damaged", "refused", "stuck", "lost"]
CarrierCode = Literal["moving", "delivered", "damaged", "refused", "stuck", "lost"]

_UNDER_WAY: Final = ("shipped", "moving", "stuck")

PARCEL: Final[dict[tuple[str, str], str]] = {
    **{(status, code): code for status in _UNDER_WAY for code in ("delivered", "damaged", "refused", "lost")},
    ("shipped", "moving"): "moving",
    ("stuck", "moving"): "moving",
    ("shipped", "stuck"): "stuck",
    ("moving", "stuck"): "stuck",
    # What was thought lost can still turn up, and what was delivered can turn out to be damaged.
    ("lost", "moving"): "moving",
    ("lost", "delivered"): "delivered",
    ("delivered", "damaged"): "damaged",
}
"""(status, what the carrier says) → status."""


def after_word(status: str, code: str) -> str | None:
    """The status after a carrier's word; None: it changes nothing."""
    return PARCEL.get((status, code))


def receipt_due(shipped_at: datetime, *, days: int) -> datetime:
    """When an order counts as received by itself."""
    return shipped_at + timedelta(days=days)
