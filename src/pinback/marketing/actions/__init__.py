"""Writes of marketing: campaigns and their fee, standards, activities, links, payouts, and whether a shop
sells.
"""

from pinback.marketing.actions.activities import (
    ActivityTerms,
    announce,
    change_activity,
    sign_up,
    withdraw_sign_up,
)
from pinback.marketing.actions.campaigns import (
    Quote,
    Stop,
    abandon,
    abandon_old,
    create,
    next_start,
    preview_stop,
    quote,
    rename,
    stop,
)
from pinback.marketing.actions.funding import pay, start_payment, take_fee
from pinback.marketing.actions.links import follow, forget_visits, share, standing_link
from pinback.marketing.actions.payouts import (
    check_covered,
    mark_paid,
    refuse_payout,
    request_payout,
    withdraw_payout,
)
from pinback.marketing.actions.shops import reopen_shop, suspend_shop
from pinback.marketing.actions.standards import set_standards

__all__ = [
    "ActivityTerms",
    "Quote",
    "Stop",
    "abandon",
    "abandon_old",
    "announce",
    "change_activity",
    "check_covered",
    "create",
    "follow",
    "forget_visits",
    "mark_paid",
    "next_start",
    "pay",
    "preview_stop",
    "quote",
    "refuse_payout",
    "rename",
    "reopen_shop",
    "request_payout",
    "set_standards",
    "share",
    "sign_up",
    "standing_link",
    "start_payment",
    "stop",
    "suspend_shop",
    "take_fee",
    "withdraw_payout",
    "withdraw_sign_up",
]
