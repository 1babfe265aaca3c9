"""What the states of campaigns, activities, payouts and deliveries say to a shop, and in which colour."""

from django.utils.translation import gettext_lazy as _

STATES = {
    "running": _("Running"),
    "scheduled": _("Scheduled"),
    "draft": _("To be paid"),
    "ended": _("Ended"),
    "abandoned": _("Given up"),
}
"""By `marketing.rules.CampaignState`."""

TONES = {
    "running": "good",
    "scheduled": "ready",
    "draft": "warn",
    "ended": "gone",
    "abandoned": "gone",
    "announced": "ready",
    "open": "good",
    "over": "gone",
    "requested": "warn",
    "paid": "good",
    "refused": "bad",
    "withdrawn": "gone",
    "waiting": "warn",
    "delivered": "good",
    "dead": "bad",
    "active": "good",
    "paused": "warn",
}

ENDED_WHY = {
    "exhausted": _("all vouchers are out"),
    "stopped": _("stopped by the shop"),
}
"""By `rules.records.EndReason`."""

ACTIVITY_STATES = {
    "announced": _("Announced"),
    "open": _("Going on"),
    "over": _("Over"),
}

PAYOUT_STATES = {
    "requested": _("Waiting for the operator"),
    "paid": _("Paid out"),
    "refused": _("Refused"),
    "withdrawn": _("Taken back"),
}

DELIVERY_STATES = {
    "waiting": _("On its way"),
    "delivered": _("Delivered"),
    "dead": _("Given up"),
}

ENDPOINT_STATES = {
    "active": _("Active"),
    "paused": _("Paused"),
}

ACCOUNTS = {
    "sales": _("Proceeds"),
    "marketing": _("Marketing balance"),
}
"""By `marketing.funds.balances.ACCOUNTS`."""

LINES = {
    "order.received": _("Order received: its money is yours"),
    "refund.succeeded": _("Refund"),
    "clock.ticked": _("Vouchers expired unused: their value is yours again"),
    "campaign.funded": _("Campaign fee"),
    "campaign.stopped": _("Campaign stopped: what was not issued came back"),
    "compensation.paid": _("Compensation paid to a buyer"),
    "compensation.deducted": _("Refund reduced by an earlier compensation"),
    "debt.paid": _("Debt paid by a buyer"),
    "order.confirmed": _("Deal made"),
    "order.cancelled": _("Order closed unpaid"),
    "refund.closed": _("Refund closed"),
    "payout": _("Payout"),
}
"""What a line of the statement is for, by its event."""
REFUND_LINES = {
    ("marketing", True): _("Refund: a voucher was taken back"),
    ("sales", True): _("Refund: a voucher's part came back"),
    ("sales", False): _("Refund paid from proceeds"),
    ("marketing", False): _("Refund paid from the marketing balance"),
}
"""A refund does several things; by account, and whether it came in."""
