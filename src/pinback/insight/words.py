"""The words that people read for the codes in a report, the same on every page and on the command line.

English here; whoever shows them translates them (`translate` in templates, `kit.language` in commands).
"""

from django.utils.translation import gettext_noop as N_  # noqa: N812 - the name that translators' tools look for

ORDER_STATUSES = {
    "placed": N_("Waiting for payment"),
    "paid": N_("Paid, waiting for the deal"),
    "confirmed": N_("Deal made, to ship"),
    "shipped": N_("Shipped, not received yet"),
    "received": N_("Received"),
    "refunded": N_("Refunded in full"),
    "cancelled": N_("Cancelled before payment"),
}
REBATE_REASONS = {
    "refund_open": N_("Undecided: a refund is open"),
    "below_threshold": N_("Below the threshold"),
    "no_campaign": N_("No campaign was running"),
    "refunded": N_("Refunded, so no rebate"),
    "buyer_in_debt": N_("The buyer owed the shop"),
}
REBATES = {
    "issued": N_("Voucher issued"),
    "none": N_("No deal made"),
}
VOUCHER_STATUSES = {
    "available": N_("Ready to use"),
    "locked": N_("Held by an unpaid order"),
    "used": N_("Used"),
    "frozen": N_("On hold: a refund is open"),
    "reclaimed": N_("Taken back: order refunded"),
    "expired": N_("Expired"),
}
ACCOUNTS = {
    "marketing": N_("Marketing balance"),
    "sales": N_("Sales balance"),
    "campaigns": N_("Campaigns, not issued yet"),
    "vouchers": N_("Vouchers, not used yet"),
    "orders": N_("Orders, not received yet"),
    "other_shops": N_("Other shops' vouchers"),
    "external": N_("Outside Pinback"),
}
FLOWS = {
    "fees_paid": N_("Campaign fees paid in"),
    "orders_paid": N_("Cash paid for orders"),
    "debts_paid": N_("Debts paid by buyers"),
    "refunds_paid_out": N_("Refunds paid out"),
    "compensations": N_("Compensations paid out"),
}
FEE_PARTS = {
    "not_issued": N_("Not issued yet"),
    "returned": N_("Returned at the stop"),
    "outstanding": N_("With buyers, not used yet"),
    "taken_back": N_("Taken back"),
    "expired": N_("Expired"),
    "spent": N_("Used: the net cost"),
}
CAMPAIGN_STATUSES = {
    "draft": N_("Waiting for its fee"),
    "scheduled": N_("Scheduled"),
    "running": N_("Running"),
    "exhausted": N_("All vouchers issued"),
    "stopped": N_("Stopped"),
}


def rebate_outcome(rebate: str, reason: str | None) -> str:
    """How an order's rebate came out, and why."""
    return REBATES[rebate] if reason is None else REBATE_REASONS[reason]


def campaign_status(status: str, reason: str | None) -> str:
    """How a campaign stands; of an ended one, why it ended."""
    return CAMPAIGN_STATUSES[reason or status]
