"""What codes say to the operator: what something is, and what happens next."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

SHOP_STATUSES = {
    "open": pgettext_lazy("shop", "Open"),
    "suspended": _("Suspended: it sells nothing new"),
    "waiting": _("Waiting to be let in"),
}
SHOP_TONES = {"open": "--tone-good", "suspended": "--tone-bad", "waiting": "--tone-warn"}

PASSWORD_CHANGES = {
    "changed": _("Changed by themselves"),
    "link_sent": _("A link for a new one was mailed"),
    "link_made": _("A link for a new one was made"),
    "set_by_link": _("Set anew by a link"),
}

EVENTS = {
    "shop.opened": _("Shop opened"),
    "campaign.created": _("Campaign planned"),
    "campaign.funded": _("Campaign fee paid"),
    "campaign.stopped": _("Campaign stopped"),
    "order.placed": _("Order placed"),
    "order.paid": _("Order paid"),
    "order.confirmed": _("Deal made"),
    "order.shipped": _("Shipped"),
    "order.received": _("Order received"),
    "order.cancelled": _("Order closed unpaid"),
    "refund.requested": _("Refund asked for"),
    "refund.succeeded": _("Refund settled"),
    "refund.closed": _("Refund closed"),
    "compensation.paid": _("Compensation paid"),
    "compensation.deducted": _("Refund reduced by an earlier compensation"),
    "debt.paid": _("Debt paid"),
    "clock.ticked": _("Vouchers expired"),
    "payout": _("Payout"),
}
"""By type of settlement's events, and what a statement knows besides."""

SHOP_ACCOUNTS = {
    "sales": _("Sales balance of {shop}"),
    "marketing": _("Marketing balance of {shop}"),
}
ACCOUNTS = {
    "order": _("Order {name}: held until it is received"),
    "voucher": _("Voucher {name}: held until it is used"),
    "campaign": _("Campaign {name}: not issued yet"),
    "external": _("Outside: buyers and shops"),
}
"""By the kind of account in the ledger."""

ANOMALIES = {
    "forged_notice": _("A notice that no provider signed"),
    "not_taken": _("Money came in for what could not take it, and went back"),
    "paid_again": _("Paid a second time"),
    "paid_out_twice": _("Money went out twice"),
    "refund_above_due": _("More went out for a refund than was due"),
    "refund_bounced": _("A refund came back from the payer's bank"),
    "refund_differs": _("A refund came to another amount than was sent"),
    "refund_failed": _("A refund could not be sent"),
    "refund_unanswered": _("A provider does not say what became of a refund"),
    "repeated_news": _("The same news is told too often"),
    "unknown_payment": _("A provider speaks of a payment that nobody knows"),
    "unknown_refund": _("A provider speaks of a refund that nobody knows"),
    "untold_events": _("Events that told nobody"),
    "wrong_amount": _("Paid with the wrong amount"),
}

PURPOSES = {
    "order": _("An order"),
    "campaign": _("A campaign's fee"),
    "debt": _("A buyer's debt"),
    "refund": _("Refund"),
    "compensation": _("Compensation"),
    "return": _("Money that nothing could be done with"),
    "difference": _("Rest of a refund"),
}

OUT_STATES = {
    "pending": _("To be sent"),
    "sent": _("Sent: the provider has not confirmed it"),
    "confirmed": _("Arrived"),
    "failed": _("The provider declined it: send it again, or pay it by hand"),
    "bounced": _("It came back from the payer's bank: send it again, or pay it by hand"),
}
OUT_TONES = {
    "pending": "--tone-ready",
    "sent": "--tone-ready",
    "confirmed": "--tone-good",
    "failed": "--tone-bad",
    "bounced": "--tone-bad",
}

PAYMENTS = {
    "created": _("Begun"),
    "pending": _("Waiting for the payer"),
    "succeeded": _("Paid"),
    "failed": _("Not paid"),
    "closed": _("Closed unpaid"),
    "expired": _("Not paid in time"),
    "late": _("Came too late: sent back"),
    "mismatched": _("Came with the wrong amount: sent back"),
    "unneeded": _("Came when it was not needed any more: sent back"),
}

AUDITS = {
    "requested": _("Waiting for a worker"),
    "running": _("Running"),
    "done": _("Done"),
    "failed": _("Failed"),
}

CASE_STATES = {
    "waiting_for_shop": _("Waiting for the shop"),
    "refused": _("The shop refused: the buyer's turn"),
    "waiting_for_return": _("Agreed: the buyer sends the goods back"),
    "returning": _("The goods are on their way back"),
    "with_operator": _("Waiting for you"),
    "refunding": _("Agreed: the money is being sent"),
    "refunded": _("Refunded"),
    "withdrawn": _("The buyer withdrew it"),
    "lapsed": _("Closed: the buyer let the time pass"),
    "rejected": _("You refused the refund"),
}
"""By `desk.models.CaseState`."""

CASE_EVENTS = {
    "": _("The buyer asked for it"),
    "waiting_for_shop": _("The buyer asked for it"),
    "refused": _("The shop refused"),
    "waiting_for_return": _("The shop agreed to the return"),
    "returning": _("The buyer sent the goods"),
    "with_operator": _("The buyer asked the platform to decide"),
    "refunding": _("Agreed: the money is sent"),
    "refunded": _("The money has arrived"),
    "withdrawn": _("The buyer withdrew it"),
    "lapsed": _("The time ran out"),
    "rejected": _("The platform refused"),
}
"""What happened when a case came to a state."""

MONEY = {
    "none": _("Nothing has to be sent"),
    "waiting": _("Waits for other money of this order to arrive"),
    "on_its_way": _("The money is on its way"),
    "arrived": _("The money has arrived"),
    "failed": _("The provider declined it"),
    "bounced": _("It came back from the payer's bank"),
}
"""By `desk.queries.Money`."""

REBATES = {
    ("none", None): _("Not decided"),
    ("pending", "refund_open"): _("Waits for the refund"),
    ("issued", None): _("Voucher issued"),
    ("not_eligible", "refunded"): _("Not eligible: refunded"),
    ("not_eligible", "buyer_in_debt"): _("Not eligible: the buyer owes the shop"),
    ("not_eligible", "no_campaign"): _("Not eligible: no campaign ran"),
    ("not_eligible", "below_threshold"): _("Not eligible: below the threshold"),
}
"""By rebate and reason of settlement (section 4)."""
