"""How the auditor enters a decision on a rebate: whether its reason is true, and the promise prepaid."""

from typing import TYPE_CHECKING

from simulation.auditing.records import (
    Campaign,
    Fields,
    Order,
    Voucher,
    agree,
    begins_a_day,
    demand,
    instant,
    local_day,
)

if TYPE_CHECKING:
    from simulation.auditing.book import Book

_ALLOWED = {
    "none": ("pending", "issued", "not_eligible"),
    "pending": ("issued", "not_eligible"),
    "issued": ("not_eligible",),
    "not_eligible": (),
}


def decide_rebate(book: "Book", event: Fields, decision: Fields) -> None:
    """Enter `rebate.decided`. Faults: `rebates`."""
    order = book.order(f"{event['shop']}/{decision['order']}")
    was = order.rebate
    order.rebate, order.reason = decision["rebate"], decision["reason"]
    demand("rebates", order.rebate in _ALLOWED[was], f"{order.key}: {was} becomes {order.rebate}", order.key)
    if was == "issued":
        agree("rebates", f"what {order.key} earned", decision["voucher"], order.earned, order.key)
        agree("rebates", f"why {order.key} loses", order.reason, "refunded", order.key)
        return
    order.earned = decision["voucher"]
    right = (order.earned is not None) == (order.rebate == "issued")
    demand("rebates", right, f"{order.key} is {order.rebate} with {order.earned}", order.key)
    expected = _reason(book, order, instant(event["at"]))
    agree("rebates", f"why {order.key} is {order.rebate}", order.reason, expected, order.key, order.buyer)


def _reason(book: "Book", order: Order, at: int) -> str | None:
    """Why the order gets no voucher, None if it is to get one."""
    if order.status == "refunded":
        return "refunded"
    if order.open_refunds:
        return "refund_open"
    if book.policy == "any" and order.goods_left < order.goods:
        return "refunded"
    if book.owed(order.shop, order.buyer):
        return "buyer_in_debt"
    running = _running(book, order.shop, at)
    if not running:
        return "no_campaign"
    return None if any(order.goods_left >= campaign.threshold for campaign in running) else "below_threshold"


def _running(book: "Book", shop: str, at: int) -> list[Campaign]:
    return [
        campaign for campaign in book.campaigns.values() if campaign.shop == shop and campaign.contains(at)
    ]


def decide_issue(book: "Book", event: Fields, decision: Fields) -> None:
    """Enter `voucher.issued`: for a deal made, by the best campaign it reaches, within what is prepaid."""
    code, at = decision["voucher"], instant(event["at"])
    key, _, number = code.rpartition("/")
    campaign = book.campaign(key)
    order = book.order(f"{event['shop']}/{event['order']}")
    demand("single use", code not in book.vouchers, f"{code} is issued again", code)
    agree(
        "rebates", f"who gets {code}", (decision["buyer"], code), (order.buyer, order.earned), code, order.key
    )
    reached = [c for c in _running(book, order.shop, at) if order.goods_left >= c.threshold]
    demand(
        "rebates",
        campaign in reached,
        f"{code} is issued for {order.key}, not rewarded by {key}",
        code,
        order.key,
    )
    agree("rebates", f"the worth of {code}", campaign.rebate, max(c.rebate for c in reached), code, key)
    campaign.issued += 1
    agree("prepaid", f"the number of {code}", int(number), campaign.issued, code, key)
    agree("prepaid", f"the worth of {code}", decision["amount"], campaign.rebate, code, key)
    expires_at, zone_name = instant(decision["expires_at"]), book.shops[campaign.shop].zone
    days = (local_day(expires_at, zone_name) - local_day(at, zone_name)).days
    right = begins_a_day(expires_at, zone_name) and days == campaign.valid_days + 1
    demand("expiry", right, f"{code} expires at {decision['expires_at']}", code)
    book.vouchers[code] = Voucher(
        code, campaign.shop, key, order.buyer, campaign.rebate, order.key, expires_at
    )
    book.buyer(order.buyer).vouchers[code] = None
    book.voucher(code)
