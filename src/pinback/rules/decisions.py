"""The decisions that go out: one record for each type, its fields in the order in which they are written
(section 11).

Keys are sorted by code point, so the records list their fields alphabetically; `written` makes the line.
`at` is the instant as written, `cause` the id of the event.
"""

from typing import Literal

import msgspec
from msgspec import Struct

RefusalCode = Literal[
    "bad_event",
    "event_conflict",
    "unknown_campaign",
    "unknown_order",
    "unknown_refund",
    "already_exists",
    "bad_terms",
    "amount_mismatch",
    "wrong_state",
    "voucher_unavailable",
    "voucher_too_large",
    "whole_only",
    "over_refund",
    "not_owed",
]


class EventApplied(Struct, frozen=True, gc=False):
    """The event was applied."""

    at: str
    cause: str
    shop: str
    type: str = "event.applied"


class EventDuplicate(Struct, frozen=True, gc=False):
    """The same event again: nothing happens."""

    at: str
    cause: str
    shop: str
    type: str = "event.duplicate"


class EventRefused(Struct, frozen=True, kw_only=True, gc=False):
    """The event was refused and changed nothing; `detail` is for people."""

    at: str | None
    cause: str | None
    code: RefusalCode
    detail: str
    line: int
    shop: str | None
    type: str = "event.refused"


class CampaignScheduled(Struct, frozen=True, kw_only=True, gc=False):
    """A funded campaign starts at `starts_at`."""

    at: str
    campaign: str
    cause: str
    shop: str
    starts_at: str
    type: str = "campaign.scheduled"


class RefundSettled(Struct, frozen=True, kw_only=True, gc=False):
    """What a refund came to, in fen."""

    at: str
    bought_back: int
    cash: int
    cause: str
    debt: int
    order: str
    payout: int
    refund: str
    shop: str
    taken_back: int
    type: str = "refund.settled"
    withheld: int


class RebateDecided(Struct, frozen=True, kw_only=True, gc=False):
    """An order's rebate, or its reason, is now this one."""

    at: str
    cause: str
    order: str
    reason: str | None
    rebate: str
    shop: str
    type: str = "rebate.decided"
    voucher: str | None


class OrderClosed(Struct, frozen=True, kw_only=True, gc=False):
    """An unpaid order was cancelled because its voucher was taken back; `order` as `shop/order`."""

    at: str
    cause: str
    order: str
    reason: str = "voucher_reclaimed"
    shop: str
    type: str = "order.closed"


class VoucherIssued(Struct, frozen=True, kw_only=True, gc=False):
    """A buyer got a voucher."""

    amount: int
    at: str
    buyer: str
    cause: str
    expires_at: str
    shop: str
    type: str = "voucher.issued"
    voucher: str


class VoucherChanged(Struct, frozen=True, kw_only=True, gc=False):
    """A voucher's status is now this one; `returned` fen went from it to the funding shop."""

    at: str
    cause: str
    returned: int
    shop: str
    status: str
    type: str = "voucher.changed"
    voucher: str


class CampaignEnded(Struct, frozen=True, kw_only=True, gc=False):
    """A campaign is over; `returned` fen went to the shop's marketing balance."""

    at: str
    campaign: str
    cause: str
    reason: str
    returned: int
    shop: str
    type: str = "campaign.ended"


class DebtChanged(Struct, frozen=True, kw_only=True, gc=False):
    """What a buyer owes a shop now."""

    at: str
    buyer: str
    cause: str
    debt: int
    owed_to: str
    shop: str
    type: str = "debt.changed"


Decision = (
    EventApplied
    | EventDuplicate
    | EventRefused
    | CampaignScheduled
    | RefundSettled
    | RebateDecided
    | OrderClosed
    | VoucherIssued
    | VoucherChanged
    | CampaignEnded
    | DebtChanged
)

_encoder = msgspec.json.Encoder()


def written(decision: Decision) -> bytes:
    """The line of a decision, without its line break."""
    return _encoder.encode(decision)
