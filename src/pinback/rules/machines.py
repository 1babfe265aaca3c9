"""The state machines as tables: what may happen to a campaign, an order, a refund and a voucher in each
status.

(status, what happens) → statuses it may lead to. What is not in a table is refused as `wrong_state`
(orders, campaigns), or cannot happen (vouchers). Sections 2, 3, 5, 6a and 10.
"""

from typing import Final

from pinback.rules.records import CampaignStatus, OrderStatus, RefundStatus, VoucherStatus

ORDER: Final[dict[tuple[OrderStatus, str], tuple[OrderStatus, ...]]] = {
    ("placed", "order.paid"): ("paid",),
    ("placed", "order.cancelled"): ("cancelled",),
    ("placed", "voucher reclaimed"): ("cancelled",),
    ("paid", "order.confirmed"): ("confirmed",),
    ("paid", "refund.requested"): ("paid",),
    ("paid", "refund.closed"): ("paid",),
    ("paid", "refund.succeeded"): ("refunded",),
    ("confirmed", "order.shipped"): ("shipped",),
    ("confirmed", "order.received"): ("received",),
    ("confirmed", "refund.requested"): ("confirmed",),
    ("confirmed", "refund.closed"): ("confirmed",),
    ("confirmed", "refund.succeeded"): ("confirmed", "refunded"),
    ("confirmed", "compensation.paid"): ("confirmed",),
    ("shipped", "order.received"): ("received",),
    ("shipped", "refund.requested"): ("shipped",),
    ("shipped", "refund.closed"): ("shipped",),
    ("shipped", "refund.succeeded"): ("shipped", "refunded"),
    ("shipped", "compensation.paid"): ("shipped",),
    ("received", "refund.requested"): ("received",),
    ("received", "refund.closed"): ("received",),
    ("received", "refund.succeeded"): ("received", "refunded"),
    ("received", "compensation.paid"): ("received",),
    ("refunded", "refund.closed"): ("refunded",),
}

CAMPAIGN: Final[dict[tuple[CampaignStatus, str], tuple[CampaignStatus, ...]]] = {
    ("draft", "campaign.funded"): ("scheduled",),
    ("scheduled", "campaign.stopped"): ("ended",),
    ("running", "campaign.stopped"): ("ended",),
    ("running", "last voucher issued"): ("ended",),
}

REFUND: Final[dict[tuple[RefundStatus | None, str], RefundStatus]] = {
    (None, "refund.requested"): "open",
    (None, "refund.succeeded"): "succeeded",
    ("open", "refund.closed"): "closed",
    ("open", "refund.succeeded"): "succeeded",
    ("closed", "refund.requested"): "open",
    ("closed", "refund.succeeded"): "succeeded",
}

VOUCHER: Final[dict[tuple[VoucherStatus, str], tuple[VoucherStatus, ...]]] = {
    ("available", "placed with"): ("locked",),
    ("available", "frozen"): ("frozen",),
    ("available", "reclaimed"): ("reclaimed",),
    ("available", "expired"): ("expired",),
    ("frozen", "released"): ("available", "expired"),
    ("frozen", "reclaimed"): ("reclaimed",),
    ("frozen", "expired"): ("expired",),
    ("locked", "paid with"): ("used",),
    ("locked", "released"): ("available", "frozen", "expired"),
    ("locked", "reclaimed"): ("reclaimed",),
    ("used", "released"): ("available", "frozen", "expired"),
    ("used", "reclaimed"): ("reclaimed",),
}
