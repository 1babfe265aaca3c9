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
