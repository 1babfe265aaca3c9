"""The auditor's book: everything that was sold, paid, promised and given back, entered from the feed.

An entry that cannot be true (money out of nothing, a voucher that moves where it cannot) is a fault at once;
`clauses` says what must hold between the entries.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from simulation.auditing.rebates import decide_issue, decide_rebate
from simulation.auditing.records import (
    Buyer,
    Campaign,
    Fields,
    Order,
    Shop,
    Voucher,
    agree,
    begins_a_day,
    demand,
    instant,
    local_day,
)
from simulation.auditing.refunds import enter_refund

MOVES = {
    "available": ("locked", "frozen", "reclaimed", "expired"),
    "frozen": ("available", "reclaimed", "expired"),
    "locked": ("used", "available", "frozen", "reclaimed", "expired"),
    "used": ("available", "frozen", "reclaimed", "expired"),
    "reclaimed": (),
    "expired": (),
}
STEPS = {
    "order.paid": (("placed",), "paid"),
    "order.confirmed": (("paid",), "confirmed"),
    "order.shipped": (("confirmed",), "shipped"),
    "order.received": (("confirmed", "shipped"), "received"),
    "order.cancelled": (("placed",), "cancelled"),
}
REFUNDABLE = ("paid", "confirmed", "shipped", "received")


class Touched:
    """The keys of what one event touched."""

    def __init__(self) -> None:
        self.shops: dict[str, None] = {}
        self.buyers: dict[str, None] = {}
        self.orders: dict[str, None] = {}
        self.vouchers: dict[str, None] = {}
        self.campaigns: dict[str, None] = {}


class Book:
    """What the world looks like from outside."""

    def __init__(self, policy: str = "any") -> None:
        self.policy = policy
        self.latest_at = 0
        self.shops: dict[str, Shop] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.vouchers: dict[str, Voucher] = {}
        self.orders: dict[str, Order] = {}
        self.buyers: dict[str, Buyer] = {}
        self.refunds: dict[str, tuple[str, str]] = {}
        self.debts: dict[tuple[str, str], int] = {}
        self.sold: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.touched = Touched()

    def enter(self, event: Fields, decisions: list[Fields]) -> None:
        """Enter an applied event with what it did. Faults: whatever a single entry can break."""
        self.touched = Touched()
        at = instant(event["at"])
        self.latest_at = max(self.latest_at, at)
        shop = self.shop(event["shop"])
        _ENTRIES.get(event["type"], _enter_nothing)(Told(self, shop, event, decisions))
        for decision in decisions[1:]:
            enter = _DECISIONS.get(decision["type"])
            if enter is not None:
                enter(self, event, decision)

    def shop(self, name: str) -> Shop:
        """The shop of that name, touched now."""
        self.touched.shops[name] = None
        return self.shops.setdefault(name, Shop(name))

    def buyer(self, name: str) -> Buyer:
        """The buyer of that name, touched now."""
        self.touched.buyers[name] = None
        return self.buyers.setdefault(name, Buyer(name))

    def order(self, key: str) -> Order:
        """The order of that key, touched now."""
        demand("known", key in self.orders, f"order {key} was never placed", key)
        order = self.orders[key]
        self.touched.orders[key] = None
        self.touched.buyers[order.buyer] = None
        self.touched.shops[order.shop] = None
        return order

    def campaign(self, key: str) -> Campaign:
        """The campaign of that key, touched now."""
        demand("known", key in self.campaigns, f"campaign {key} was never created", key)
        self.touched.campaigns[key] = None
        self.touched.shops[key.partition("/")[0]] = None
        return self.campaigns[key]

    def voucher(self, code: str) -> Voucher:
        """The voucher of that code, touched now."""
        demand("known", code in self.vouchers, f"voucher {code} was never issued", code)
        voucher = self.vouchers[code]
        self.touched.vouchers[code] = None
        self.touched.buyers[voucher.buyer] = None
        self.touched.shops[voucher.shop] = None
        return voucher

    def lost(self, voucher: Voucher) -> bool:
        """Whether the order that earned it gave up its claim to it."""
        return self.orders[voucher.source].rebate != "issued"

    def owed(self, shop: str, buyer: str) -> list[Voucher]:
        """A buyer's used vouchers of a shop with something left and no claim to it, in the order of issue."""
        held = (self.vouchers[code] for code in self.buyers[buyer].vouchers) if buyer in self.buyers else ()
        return [voucher for voucher in held if voucher.shop == shop and voucher.left and self.lost(voucher)]


class Told(NamedTuple):
    """An applied event with its answer, of a shop in a book."""

    book: Book
    shop: Shop
    event: Fields
    decisions: list[Fields]


def _enter_nothing(_: Told) -> None:
    """What changes nobody's money or holdings by itself."""


def _enter_shop(told: Told) -> None:
    _, shop, event, _ = told
    shop.zone = event.get("timezone", shop.zone)


def _enter_campaign(told: Told) -> None:
    book, shop, event, _ = told
    key = f"{shop.name}/{event['campaign']}"
    demand("terms", key not in book.campaigns, f"campaign {key} is created again", key)
    threshold, rebate, quantity = event["threshold"], event["rebate"], event["quantity"]
    fair = 1 <= rebate <= threshold <= 20 * rebate and quantity >= 10
    demand("terms", fair, f"campaign {key} promises {rebate} for {threshold}, {quantity} times", key)
    days = event.get("valid_days", 15)
    book.campaigns[key] = Campaign(key, shop.name, threshold, rebate, quantity, days)
    book.campaign(key)


def _enter_fee(told: Told) -> None:
    book, shop, event, _ = told
    campaign = book.campaign(f"{shop.name}/{event['campaign']}")
    demand("terms", not campaign.funded, f"{campaign.key} is paid for again", campaign.key)
    agree(
        "terms",
        f"the fee of {campaign.key}",
        event["amount"],
        campaign.rebate * campaign.quantity,
        campaign.key,
    )
    campaign.funded = True
    shop.fees += event["amount"]


def _enter_stop(told: Told) -> None:
    book, shop, event, decisions = told
    campaign = book.campaign(f"{shop.name}/{event['campaign']}")
    ends = [decision["campaign"] for decision in decisions if decision["type"] == "campaign.ended"]
    agree("terms", f"what stops with {campaign.key}", ends, [event["campaign"]], campaign.key)


def _enter_placing(told: Told) -> None:
    book, shop, event, _ = told
    key, buyer = f"{shop.name}/{event['order']}", event["buyer"]
    demand("orders", key not in book.orders, f"{key} is placed again", key)
    price = sum(line["quantity"] * line["unit_price"] for line in event["lines"]) - event.get("discount", 0)
    code = event.get("voucher")
    worth = 0
    if code is not None:
        voucher = book.voucher(code)
        worth = voucher.amount
        agree("single use", f"the owner of {code}", voucher.buyer, buyer, code, key)
        agree("single use", f"{code} when {key} is placed", voucher.status, "available", code, key)
        demand("single use", instant(event["at"]) < voucher.expires_at, f"{code} is past its time", code, key)
    demand("orders", price - worth >= 1, f"{key} asks for {price - worth} fen of goods", key)
    book.orders[key] = Order(
        key=key,
        shop=shop.name,
        buyer=buyer,
        products=[line["product"] for line in event["lines"]],
        units=[line["quantity"] for line in event["lines"]],
        goods=price - worth,
        goods_left=price - worth,
        postage=event.get("postage", 0),
        postage_left=event.get("postage", 0),
        voucher=code,
        voucher_left=worth,
    )
    book.buyer(buyer).orders[key] = None
    book.order(key)


def _enter_step(told: Told) -> None:
    book, shop, event, decisions = told
    order = book.order(f"{shop.name}/{event['order']}")
    before, after = STEPS[event["type"]]
    demand("orders", order.status in before, f"{order.key} is {order.status} at {event['type']}", order.key)
    order.status = after
    if event["type"] == "order.paid":
        agree("orders", f"the payment for {order.key}", event["amount"], order.due, order.key)
        order.paid = event["amount"]
        book.buyer(order.buyer).paid += order.paid
    elif event["type"] == "order.confirmed":
        decided = [decision["order"] for decision in decisions if decision["type"] == "rebate.decided"]
        agree("rebates", f"what {order.key} is decided on", decided, [event["order"]], order.key)
    elif event["type"] == "order.received":
        order.month = local_day(instant(event["at"]), shop.zone).isoformat()[:7]
        shop.sales += order.standing
        shop.completed += 1
        for product, units in zip(order.products, order.units, strict=True):
            if units:
                book.sold[f"{shop.name}/{product}"][order.month] += units


def _enter_request(told: Told) -> None:
    book, shop, event, _ = told
    order = book.order(f"{shop.name}/{event['order']}")
    key = f"{shop.name}/{event['refund']}"
    known = book.refunds.get(key, (order.key, "closed"))
    agree("refunds", f"refund {key}", known, (order.key, "closed"), key, order.key)
    demand("orders", order.status in REFUNDABLE, f"{order.key} is {order.status}, not refundable", order.key)
    book.refunds[key] = (order.key, "open")
    order.open_refunds[key] = None
    _touch_earned(book, order)


def _enter_closing(told: Told) -> None:
    book, shop, event, _ = told
    order = book.order(f"{shop.name}/{event['order']}")
    key = f"{shop.name}/{event['refund']}"
    agree("refunds", f"refund {key}", book.refunds.get(key), (order.key, "open"), key, order.key)
    book.refunds[key] = (order.key, "closed")
    del order.open_refunds[key]
    _touch_earned(book, order)


def _touch_earned(book: Book, order: Order) -> None:
    if order.earned is not None:
        book.voucher(order.earned)


def _enter_success(told: Told) -> None:
    book, shop, event, decisions = told
    settled = [decision for decision in decisions if decision["type"] == "refund.settled"]
    order = book.order(f"{shop.name}/{event['order']}")
    named = [(decision["order"], decision["refund"]) for decision in settled]
    agree("refunds", "what is settled", named, [(event["order"], event["refund"])], order.key)
    _touch_earned(book, order)
    enter_refund(book, order, event, settled[0], decisions)


def _enter_compensation(told: Told) -> None:
    book, shop, event, _ = told
    order = book.order(f"{shop.name}/{event['order']}")
    order.compensated += event["amount"]
    most = order.paid - order.refunded
    demand(
        "compensation",
        order.compensated <= most,
        f"{order.key}: {order.compensated} of {most} fen",
        order.key,
    )
    demand("compensation", order.status in REFUNDABLE[1:], f"{order.key} is {order.status}", order.key)
    shop.sales -= event["amount"]
    book.buyer(order.buyer).compensated += event["amount"]


def _enter_debt_payment(told: Told) -> None:
    book, shop, event, _ = told
    buyer, rest = book.buyer(event["buyer"]), event["amount"]
    buyer.paid += rest
    shop.marketing += rest
    for voucher in book.owed(shop.name, buyer.name):
        part = min(rest, voucher.left)
        voucher.left -= part
        rest -= part
        book.voucher(voucher.code)
    demand("debts", rest == 0, f"{buyer.name} pays {shop.name} {rest} fen more than is owed", buyer.name)


def _enter_tick(told: Told) -> None:
    book, _, event, decisions = told
    at = instant(event["at"])
    gone = {decision["voucher"] for decision in decisions if decision["type"] == "voucher.changed"}
    for voucher in book.vouchers.values():
        if voucher.status in ("available", "frozen") and voucher.expires_at <= at:
            demand("expiry", voucher.code in gone, f"{voucher.code} goes on past its time", voucher.code)


def _decide_start(book: Book, event: Fields, decision: Fields) -> None:
    campaign = book.campaign(f"{event['shop']}/{decision['campaign']}")
    starts_at, zone_name = instant(decision["starts_at"]), book.shops[event["shop"]].zone
    days = (local_day(starts_at, zone_name) - local_day(instant(event["at"]), zone_name)).days
    right = begins_a_day(starts_at, zone_name) and days == 1 and campaign.starts_at is None
    demand("terms", right, f"{campaign.key} starts at {decision['starts_at']}", campaign.key)
    campaign.starts_at = starts_at


def _decide_end(book: Book, event: Fields, decision: Fields) -> None:
    campaign = book.campaign(f"{event['shop']}/{decision['campaign']}")
    demand("terms", campaign.ended is None and campaign.funded, f"{campaign.key} ends again", campaign.key)
    expected = campaign.held if event["type"] == "campaign.stopped" else 0
    agree("prepaid", f"what {campaign.key} returns", decision["returned"], expected, campaign.key)
    reason = "exhausted" if campaign.issued == campaign.quantity else "stopped"
    agree("prepaid", f"why {campaign.key} ends", decision["reason"], reason, campaign.key)
    campaign.ended = decision["reason"]
    book.shop(event["shop"]).marketing += decision["returned"]


def _decide_change(book: Book, event: Fields, decision: Fields) -> None:
    voucher, status = book.voucher(decision["voucher"]), decision["status"]
    was, code = voucher.status, voucher.code
    demand("single use", status in MOVES[was], f"{code} is {was} and becomes {status}", code)
    about = f"{event['shop']}/{event['order']}" if "order" in event else None
    if status == "locked":
        right = event["type"] == "order.placed" and event.get("voucher") == code
        demand("single use", right, f"{code} is locked by {event['type']}", code)
        voucher.holder = about
    elif status == "used":
        right = event["type"] == "order.paid" and voucher.holder == about
        demand("single use", right, f"{code} of {voucher.holder} is used by {about}", code)
        voucher.left = voucher.amount
    elif was in ("locked", "used"):
        _leave_holder(book, voucher, about)
    home = status == "expired" or (status == "reclaimed" and was != "used")
    returned = voucher.amount if home else 0
    agree("prepaid", f"what {code} returns", decision["returned"], returned, code)
    book.shop(voucher.shop).marketing += returned
    past = instant(event["at"]) >= voucher.expires_at
    demand("expiry", past or status != "expired", f"{code} expires before its time", code)
    demand("expiry", not past or status != "available", f"{code} comes back past its time", code)
    voucher.status = status


def _leave_holder(book: Book, voucher: Voucher, about: str | None) -> None:
    holder = book.order(voucher.holder or "?")
    undone = holder.status in ("cancelled", "refunded") and holder.key == about
    closed = holder.status == "cancelled" and about == voucher.source
    demand(
        "single use", undone or closed, f"{voucher.code} leaves {holder.key}: {holder.status}", voucher.code
    )
    holder.voucher_left = 0
    voucher.holder = None
    voucher.left = 0


def _decide_closing(book: Book, _: Fields, decision: Fields) -> None:
    order = book.order(decision["order"])
    demand("orders", order.status == "placed", f"{order.key} is {order.status} and is closed", order.key)
    order.status = "cancelled"
    if order.voucher is not None:
        book.voucher(order.voucher)


def _decide_debt(book: Book, _: Fields, decision: Fields) -> None:
    key = (decision["owed_to"], decision["buyer"])
    book.buyer(key[1])
    demand(
        "debts", book.debts.get(key, 0) != decision["debt"], f"{key}: a debt changes to what it was", key[1]
    )
    book.debts[key] = decision["debt"]


_ENTRIES: dict[str, Callable[[Told], None]] = {
    **dict.fromkeys(STEPS, _enter_step),
    "shop.opened": _enter_shop,
    "campaign.created": _enter_campaign,
    "campaign.funded": _enter_fee,
    "campaign.stopped": _enter_stop,
    "order.placed": _enter_placing,
    "refund.requested": _enter_request,
    "refund.closed": _enter_closing,
    "refund.succeeded": _enter_success,
    "compensation.paid": _enter_compensation,
    "debt.paid": _enter_debt_payment,
    "clock.ticked": _enter_tick,
}
_DECISIONS: dict[str, Callable[[Book, Fields, Fields], None]] = {
    "campaign.scheduled": _decide_start,
    "campaign.ended": _decide_end,
    "rebate.decided": decide_rebate,
    "order.closed": _decide_closing,
    "voucher.issued": decide_issue,
    "voucher.changed": _decide_change,
    "debt.changed": _decide_debt,
}
