"""What statuses say to buyers: what happens next, in their words. Codes are checkout's and settlement's."""

from django.utils.translation import gettext_lazy as _

STEPS = {
    "pay": _("Waiting for your payment"),
    "closed": _("Closed"),
    "wait_for_group": _("Paid: waiting for the group to fill"),
    "wait_for_refund": _("Your money is on its way back"),
    "wait_for_shipping": _("Deal made: the shop is packing"),
    "wait_for_parcel": _("On its way to you"),
    "done": _("Received"),
    "refunded": _("Refunded"),
}
"""By `checkout.rules.NextStep`."""

TONES = {
    "pay": "--tone-warn",
    "closed": "--tone-gone",
    "wait_for_group": "--tone-ready",
    "wait_for_refund": "--tone-warn",
    "wait_for_shipping": "--tone-good",
    "wait_for_parcel": "--tone-good",
    "done": "--tone-good",
    "refunded": "--tone-gone",
}
"""One colour has one meaning; the words stand beside it."""

CLOSED_WHY = {
    "by_buyer": _("You closed this order."),
    "not_paid_in_time": _("It was not paid in time. Stock and voucher are free again."),
    "voucher_reclaimed": _("The order that had earned its voucher was refunded, so the voucher went back."),
    "settled_elsewhere": _("The shop closed this order."),
}

REBATES = {
    ("none", None): _("The rebate is decided when the deal is made."),
    ("pending", "refund_open"): _("The rebate waits until the refund is decided."),
    ("issued", None): _("You earned a voucher."),
    ("not_eligible", "refunded"): _("No rebate: part of the order was refunded."),
    ("not_eligible", "buyer_in_debt"): _("No rebate: you owe this shop for a voucher that was taken back."),
    ("not_eligible", "no_campaign"): _("No rebate: no campaign ran at that moment."),
    ("not_eligible", "below_threshold"): _("No rebate: the goods were below the threshold."),
}
"""By rebate and reason of settlement (section 4)."""

NO_DEAL = _("No rebate: the deal was not made.")
"""Where an order ended before it could earn one (section 4.5)."""

VOUCHERS = {
    "available": _("Ready to use"),
    "locked": _("Held by an order you have not paid yet"),
    "used": _("Used"),
    "frozen": _("On hold: a refund of the order that earned it is open"),
    "reclaimed": _("Taken back: the order that earned it was refunded"),
    "expired": _("Expired"),
}

VOUCHER_TONES = {
    "available": "--tone-ready",
    "locked": "--tone-warn",
    "used": "--tone-good",
    "frozen": "--tone-frozen",
    "reclaimed": "--tone-gone",
    "expired": "--tone-gone",
}

MONEY = {
    "none": _("Nothing has to be sent."),
    "on_its_way": _("The money is on its way."),
    "arrived": _("The money has arrived."),
    "delayed": _("The provider could not send it yet; the operator sees to it."),
}
