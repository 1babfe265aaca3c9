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

CASE_STATES = {
    "waiting_for_shop": _("The shop is deciding"),
    "refused": _("The shop has refused: it is your turn"),
    "waiting_for_return": _("Agreed: send the goods back"),
    "returning": _("The goods are on their way back to the shop"),
    "with_operator": _("The platform is deciding"),
    "refunding": _("Agreed: your money is being sent"),
    "refunded": _("Refunded"),
    "withdrawn": _("You withdrew it"),
    "lapsed": _("Closed: the time for your turn ran out"),
    "rejected": _("The platform has refused the refund"),
}
"""By `desk.models.CaseState`."""

CASE_NEXT = {
    "waiting_for_shop": _("If the shop does not answer in time, it has agreed."),
    "refused": _(
        "Ask the platform to decide, or withdraw. If you do nothing in time, the request is closed."
    ),
    "waiting_for_return": _(
        "Send them and write the tracking number here. If you do not in time, the request is closed."
    ),
    "returning": _("If the shop says nothing in time, the goods count as returned and the money is sent."),
    "with_operator": _("Somebody from the platform looks at what both of you wrote."),
    "refunding": _("The provider confirms the money; then the refund is done."),
    "refunded": _("Nothing more has to be done."),
    "withdrawn": _("Nothing was refunded. You may ask again."),
    "lapsed": _("Nothing was refunded. You may ask again."),
    "rejected": _("Nothing was refunded."),
}

CASE_TONES = {
    "waiting_for_shop": "--tone-ready",
    "refused": "--tone-warn",
    "waiting_for_return": "--tone-warn",
    "returning": "--tone-ready",
    "with_operator": "--tone-ready",
    "refunding": "--tone-good",
    "refunded": "--tone-good",
    "withdrawn": "--tone-gone",
    "lapsed": "--tone-gone",
    "rejected": "--tone-gone",
}

CASE_KINDS = {"refund_only": _("Only money"), "return_and_refund": _("Return and refund")}

REASONS = {
    "changed_mind": _("I changed my mind"),
    "not_as_described": _("Not as described"),
    "damaged": _("Damaged"),
    "wrong_item": _("Wrong item"),
    "missing_parts": _("Parts are missing"),
    "not_arrived": _("It did not arrive"),
    "late": _("It comes too late"),
    "price_dropped": _("The price dropped"),
    "agreed_with_shop": _("Agreed with the shop"),
    "other": _("Something else"),
}
"""By `desk.rules.Reason`."""

CASE_MONEY = {
    "none": _("No money has been sent."),
    "waiting": _("The money waits for other money of this order to arrive."),
    "on_its_way": _("The money is on its way."),
    "arrived": _("The money has arrived."),
    "failed": _("The provider could not send it yet; the operator sees to it."),
    "bounced": _("It came back from your bank; the operator sees to it."),
}
"""By `desk.queries.Money`."""

EARNED_AFTER_REFUND = {
    "reclaimed": _("The voucher that this order earned is taken back."),
    "available": _("The voucher that this order earned stays yours."),
    "expired": _("The voucher that this order earned has expired."),
}
"""What a refund does to the voucher that the order earned, by what it becomes (section 5)."""

USED_AFTER_REFUND = {
    "available": _("The voucher you paid with is yours again."),
    "frozen": _("The voucher you paid with is yours again, on hold while another refund is open."),
    "expired": _("The voucher you paid with has expired meanwhile."),
    "reclaimed": _("The voucher you paid with is gone: the order that earned it was refunded."),
}
"""What a refund does to the voucher that paid for the order (section 6a)."""

SORTS = {"new": _("Newest"), "hot": _("Sold most"), "price": _("Lowest price")}
"""By `catalog.queries.Sort`."""

ORDERS = {
    "placed": _("Not paid yet"),
    "paid": _("Group forming"),
    "confirmed": _("To ship"),
    "shipped": _("On the way"),
    "received": _("Received"),
    "refunded": _("Refunded"),
}
"""The statuses by which a buyer looks for an order, in the order in which they come."""

VOUCHER_WHY = {
    "order_refunded": _("The order that earned it was refunded."),
    "refund_open": _("It is ready again when the refund is refused or withdrawn."),
    "in_unpaid_order": _("It is free again if you do not pay that order."),
    "time_over": _("Its time was over."),
}
"""By `checkout.wallet.Why`."""

PARCELS = {
    "shipped": _("Handed to the carrier"),
    "moving": _("On its way"),
    "delivered": _("Delivered"),
    "damaged": _("The carrier reports damage"),
    "refused": _("It was not taken in"),
    "stuck": _("It has not moved for a while"),
    "lost": _("The carrier cannot find it"),
}
"""By `delivery.rules.ParcelStatus`."""

PARCEL_TONES = {
    "shipped": "--tone-ready",
    "moving": "--tone-ready",
    "delivered": "--tone-good",
    "damaged": "--tone-bad",
    "refused": "--tone-warn",
    "stuck": "--tone-warn",
    "lost": "--tone-bad",
}
