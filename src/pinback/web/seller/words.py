"""What statuses say to a shop: what happens next, in the words of those who do it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pinback.checkout.pages import OrderPage

ROLES = {
    "owner": _("Owner"),
    "marketing": _("Marketing"),
    "service": _("Customer service"),
    "warehouse": _("Warehouse"),
    "finance": _("Finance"),
}
"""By `accounts.models.ROLES`."""

WORKS = {
    "to_ship": _("To ship"),
    "refund_open": _("Refund asked for"),
    "trouble": _("Parcel in trouble"),
    "in_group": _("Waiting for their group"),
    "shipped": _("On the way"),
    "received": _("Received"),
    "refunded": _("Refunded"),
    "unpaid": _("Not paid yet"),
    "closed": _("Closed unpaid"),
}
"""By `checkout.finding.Work`, in the order of the chips."""

ENDS = {"received": _("Received: it counts as sold"), "refunded": _("Refunded in full")}
END_TONES = {"received": "--tone-good", "refunded": "--tone-gone"}

CLOSED_WHY = {
    "by_buyer": _("The buyer closed it before paying"),
    "not_paid_in_time": _("Not paid in time"),
    "voucher_reclaimed": _("Closed: the order that had earned its voucher was refunded"),
    "settled_elsewhere": _("Closed by the shop"),
}
"""By `checkout.models.Order.closed_why`."""

PARCELS = {
    "shipped": _("Shipped: the carrier has not said anything yet"),
    "moving": _("On its way"),
    "delivered": _("Delivered"),
    "damaged": _("The carrier reports damage"),
    "refused": _("The buyer did not take it"),
    "stuck": _("Stuck on its way"),
    "lost": _("Lost"),
}
"""By `delivery.rules.ParcelStatus`."""

PARCEL_KINDS = {"goods": _("Goods"), "reissue": _("Sent again")}

REBATES = {
    ("none", None): _("Not decided before the deal"),
    ("pending", "refund_open"): _("Waits for the refund"),
    ("issued", None): _("Voucher issued"),
    ("not_eligible", "refunded"): _("Not eligible: refunded"),
    ("not_eligible", "buyer_in_debt"): _("Not eligible: the buyer owes the shop"),
    ("not_eligible", "no_campaign"): _("Not eligible: no campaign ran"),
    ("not_eligible", "below_threshold"): _("Not eligible: below the threshold"),
}
"""By rebate and reason of settlement (section 4)."""

REBATE_REFUNDED = _("Taken back: refunded")
"""Where a voucher that the order had earned is gone again (section 5.3)."""

NO_DEAL = _("None: the deal was not made")

KINDS = {"solo": _("Bought alone"), "open": _("Opened a group"), "join": _("Joined a group")}
"""By `checkout.models.Order.kind`."""

CARRIERS = (
    "顺丰速运",
    "中通快递",
    "圆通速递",
    "韵达速递",
    "申通快递",
    "极兔速递",
    "京东快递",
    "EMS",
    "邮政快递包裹",
)
"""What people write for carriers most often; any other text is taken as well."""

COMPENSATION_REASONS = {
    "short_weight": _("Short weight"),
    "missing_parts": _("Parts were missing"),
    "damaged": _("Slight damage"),
    "late": _("It came late"),
    "price_dropped": _("The price dropped"),
    "other": _("Something else"),
}

APOLOGY = _("We are sorry. Please accept this to make up for it.")

MONEY = {
    "none": _("Nothing has to be sent"),
    "waiting": _("Waits for other money of this order to arrive"),
    "on_its_way": _("The money is on its way"),
    "arrived": _("The money has arrived"),
    "delayed": _("The provider could not send it yet; the operator sees to it"),
    "failed": _("The provider could not send it yet; the operator sees to it"),
    "bounced": _("It came back from the buyer's bank; the operator sees to it"),
}
"""By `desk.queries.Money` and `checkout.pages.MoneyWord`."""

CASE_STATES = {
    "waiting_for_shop": _("Waiting for you"),
    "refused": _("You refused: the buyer's turn"),
    "waiting_for_return": _("Agreed: the buyer sends the goods back"),
    "returning": _("The goods are on their way back to you"),
    "with_operator": _("The platform is deciding"),
    "refunding": _("Agreed: the money is being sent"),
    "refunded": _("Refunded"),
    "withdrawn": _("The buyer withdrew it"),
    "lapsed": _("Closed: the buyer let the time pass"),
    "rejected": _("The platform refused the refund"),
}
"""By `desk.models.CaseState`."""

CASE_NEXT = {
    "waiting_for_shop": _("Without an answer in time you have agreed."),
    "refused": _("The buyer can ask the platform to decide; else the case closes."),
    "waiting_for_return": _("If the buyer does not send them in time, the case closes."),
    "returning": _("Without a word from you in time the goods count as returned, and the money is sent."),
    "with_operator": _("You will see here what the platform decides."),
    "refunding": _("The provider confirms the money; then the refund is done."),
    "refunded": _("Nothing more has to be done."),
    "withdrawn": _("Nothing was refunded. The buyer may ask again."),
    "lapsed": _("Nothing was refunded. The buyer may ask again."),
    "rejected": _("Nothing was refunded."),
}

CASE_EVENTS = {
    "": _("Asked for"),
    "waiting_for_shop": _("Asked for"),
    "refused": _("Refused"),
    "waiting_for_return": _("Return agreed"),
    "returning": _("Sent back"),
    "with_operator": _("The platform was asked to decide"),
    "refunding": _("Agreed: the money is sent"),
    "refunded": _("The money has arrived"),
    "withdrawn": _("Withdrawn"),
    "lapsed": _("The time ran out"),
    "rejected": _("The platform refused"),
}
"""What happened when a case came to a state."""

REFUSALS = (
    _("The goods are as described, and the photos show no fault."),
    _("The goods came back used or incomplete."),
    _("The parcel was delivered on time; the carrier confirms it."),
    _("Fresh goods cannot be returned once they are opened."),
    _("Please send photos of the fault, then ask again."),
)
"""Reasons to refuse that every shop has at hand; its own come before them."""

PRODUCT_STATUSES = {"on_sale": _("On sale"), "draft": _("Draft"), "off": _("Off sale")}
"""By `catalog.rules.ProductStatus`."""

PRODUCT_TONES = {"on_sale": "--tone-good", "draft": "--tone-waiting", "off": "--tone-gone"}


def rebate_of(page: OrderPage) -> Any:
    """How the rebate of an order came out, and why, for its shop."""
    if page.state.rebate == "none" and page.state.status in ("cancelled", "refunded"):
        return NO_DEAL
    if page.state.rebate == "not_eligible" and page.state.reason == "refunded" and page.earned is not None:
        return REBATE_REFUNDED
    return REBATES.get((page.state.rebate, page.state.reason), "")
