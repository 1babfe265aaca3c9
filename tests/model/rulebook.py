"""What each event does to the world, apart from refunds: campaigns (section 2), orders (section 3), the
rebate decision (section 4), sales (section 7), debts and the clock. A rule refuses by raising, and the
caller throws the world away."""

from __future__ import annotations

from tests.model.reading import LIMIT, Event
from tests.model.world import (
    Record,
    RefusedError,
    Tables,
    balance,
    debts,
    funding_shop,
    goods_cash,
    left,
    lost,
    marketing,
    open_refunds,
    post,
    sales,
    share_out,
    zone_of,
)
from tests.model.zones import expiry, local_month, next_midnight


def find_order(world: Tables, event: Event) -> tuple[str, Record]:
    """The order that the event is about, with its key `S/O`."""
    key = f"{event['shop']}/{event['order']}"
    if key not in world["orders"]:
        raise RefusedError("unknown_order")
    return key, world["orders"][key]


def find_campaign(world: Tables, event: Event) -> tuple[str, Record]:
    """The campaign that the event is about, with its key `S/C`."""
    key = f"{event['shop']}/{event['campaign']}"
    if key not in world["campaigns"]:
        raise RefusedError("unknown_campaign")
    return key, world["campaigns"][key]


def need_status(record: Record, *allowed: str) -> None:
    """Refuses an event that the order or campaign does not accept now."""
    if record["status"] not in allowed:
        raise RefusedError("wrong_state")


def shop_opened(world: Tables, event: Event) -> None:
    """A shop announces its time zone before anything else happens in it."""
    if event["shop"] in world["shops"]:
        raise RefusedError("already_exists")
    world["shops"][event["shop"]] = event["timezone"]


def campaign_created(world: Tables, event: Event) -> None:
    """Section 2.1."""
    key = f"{event['shop']}/{event['campaign']}"
    if key in world["campaigns"]:
        raise RefusedError("already_exists")
    threshold, rebate, quantity = event["threshold"], event["rebate"], event["quantity"]
    good = [
        threshold >= 1,
        rebate >= 1,
        rebate <= threshold,
        20 * rebate >= threshold,
        quantity >= 10,
        1 <= event["valid_days"] <= 365,
        rebate * quantity <= LIMIT,
    ]
    if not all(good):
        raise RefusedError("bad_terms")
    world["campaigns"][key] = {
        "shop": event["shop"],
        "id": event["campaign"],
        "status": "draft",
        "reason": None,
        "threshold": threshold,
        "rebate": rebate,
        "quantity": quantity,
        "valid_days": event["valid_days"],
        "issued": 0,
        "starts_at": None,
    }


def campaign_funded(world: Tables, event: Event) -> None:
    """Section 2.2. `funded` stands for both scheduled and running, which follow from the clock."""
    key, campaign = find_campaign(world, event)
    need_status(campaign, "draft")
    fee = campaign["rebate"] * campaign["quantity"]
    if event["amount"] != fee:
        raise RefusedError("amount_mismatch")
    campaign["status"] = "funded"
    campaign["starts_at"] = next_midnight(zone_of(world, event["shop"]), event["at"])
    post(world, "external", f"campaign:{key}", fee)


def campaign_stopped(world: Tables, event: Event) -> None:
    """Section 2.3."""
    key, campaign = find_campaign(world, event)
    need_status(campaign, "funded")
    campaign["status"], campaign["reason"] = "ended", "stopped"
    post(world, f"campaign:{key}", marketing(event["shop"]), balance(world, f"campaign:{key}"))


def order_placed(world: Tables, event: Event) -> None:
    """Section 3.1 and the allocation."""
    key = f"{event['shop']}/{event['order']}"
    if key in world["orders"]:
        raise RefusedError("already_exists")
    amounts = [line["quantity"] * line["unit_price"] for line in event["lines"]]
    goods = sum(amounts)
    if goods - event["discount"] < 1 or goods + event["postage"] > LIMIT:
        raise RefusedError("bad_terms")
    worth = lock_voucher(world, event) if "voucher" in event else 0
    if goods - event["discount"] - worth < 1:
        raise RefusedError("voucher_too_large")
    discounts = share_out(event["discount"], amounts)
    rest = [amount - discount for amount, discount in zip(amounts, discounts, strict=True)]
    parts = share_out(worth, rest)
    world["orders"][key] = {
        "shop": event["shop"],
        "id": event["order"],
        "buyer": event["buyer"],
        "status": "placed",
        "lines": [
            {
                "product": line["product"],
                "units": line["quantity"],
                "cash": rest[i] - parts[i],
                "voucher": parts[i],
            }
            for i, line in enumerate(event["lines"])
        ],
        "due": goods - event["discount"] - worth + event["postage"],
        "postage": event["postage"],
        "used_voucher": event.get("voucher"),
        "cash": 0,
        "refunded": 0,
        "goods_refunded": 0,
        "payout": 0,
        "compensated": 0,
        "rebate": "none",
        "reason": None,
        "earned": None,
        "month": None,
    }


def lock_voucher(world: Tables, event: Event) -> int:
    """Takes the voucher that an order names, and says what it is worth."""
    voucher = world["vouchers"].get(event["voucher"])
    if voucher is None or voucher["buyer"] != event["buyer"]:
        raise RefusedError("voucher_unavailable")
    if voucher["status"] != "available" or event["at"] >= voucher["expires_at"]:
        raise RefusedError("voucher_unavailable")
    voucher["status"] = "locked"
    voucher["held_by"] = f"{event['shop']}/{event['order']}"
    return int(voucher["amount"])


def order_paid(world: Tables, event: Event) -> None:
    """Section 3.2."""
    key, order = find_order(world, event)
    need_status(order, "placed")
    if event["amount"] != order["due"]:
        raise RefusedError("amount_mismatch")
    order["status"] = "paid"
    order["cash"] = order["due"]
    post(world, "external", f"order:{key}", order["due"])
    if order["used_voucher"] is not None:
        voucher = world["vouchers"][order["used_voucher"]]
        voucher["status"] = "used"
        post(world, f"voucher:{order['used_voucher']}", f"order:{key}", voucher["amount"])


def order_confirmed(world: Tables, event: Event, policy: str) -> None:
    """Section 3.3."""
    key, order = find_order(world, event)
    need_status(order, "paid")
    order["status"] = "confirmed"
    decide(world, key, event["at"], policy)


def decide(world: Tables, key: str, at: int, policy: str) -> None:
    """Section 4.1 and 4.2: the first that applies."""
    order = world["orders"][key]
    running = [
        campaign
        for campaign in world["campaigns"].values()
        if campaign["shop"] == order["shop"]
        and campaign["status"] == "funded"
        and campaign["starts_at"] <= at
    ]
    reached = [campaign for campaign in running if goods_cash(order) >= campaign["threshold"]]
    if open_refunds(world, key):
        order["rebate"], order["reason"] = "pending", "refund_open"
        return
    order["rebate"] = "not_eligible"
    if order["goods_refunded"] >= 1 and policy == "any":
        order["reason"] = "refunded"
    elif (order["shop"], order["buyer"]) in debts(world):
        order["reason"] = "buyer_in_debt"
    elif not running:
        order["reason"] = "no_campaign"
    elif not reached:
        order["reason"] = "below_threshold"
    else:
        best = min(reached, key=lambda c: (-c["rebate"], c["starts_at"], c["id"]))
        issue(world, key, best, at)


def issue(world: Tables, key: str, campaign: Record, at: int) -> None:
    """The order earns the campaign's next voucher (section 4.4); the last ends the campaign (section 2.3)."""
    order = world["orders"][key]
    campaign["issued"] += 1
    campaign_key = f"{campaign['shop']}/{campaign['id']}"
    code = f"{campaign_key}/{campaign['issued']}"
    order["rebate"], order["reason"], order["earned"] = "issued", None, code
    world["vouchers"][code] = {
        "buyer": order["buyer"],
        "amount": campaign["rebate"],
        "threshold": campaign["threshold"],
        "status": "available",
        "order": key,
        "held_by": None,
        "expires_at": expiry(zone_of(world, campaign["shop"]), at, campaign["valid_days"]),
        "taken_back": (),
        "recovered": (),
    }
    post(world, f"campaign:{campaign_key}", f"voucher:{code}", campaign["rebate"])
    if campaign["issued"] == campaign["quantity"]:
        campaign["status"], campaign["reason"] = "ended", "exhausted"


def order_shipped(world: Tables, event: Event) -> None:
    """Section 3.4."""
    _, order = find_order(world, event)
    need_status(order, "confirmed")
    order["status"] = "shipped"


def order_received(world: Tables, event: Event) -> None:
    """Section 3.5: units that were not refunded are sold, in the shop's local month."""
    key, order = find_order(world, event)
    need_status(order, "confirmed", "shipped")
    order["status"] = "received"
    order["month"] = local_month(zone_of(world, order["shop"]), event["at"])
    for line in order["lines"]:
        count_units(world, order, line, line["units"])
    post(world, f"order:{key}", sales(order["shop"]), balance(world, f"order:{key}"))


def count_units(world: Tables, order: Record, line: Record, units: int) -> None:
    """Adds units to a product's figures, or takes them away again where the number is below 0 (section 7)."""
    if units == 0:
        return
    figures = world["sales"].setdefault(f"{order['shop']}/{line['product']}", {"total": 0, "months": {}})
    figures["total"] += units
    figures["months"][order["month"]] = figures["months"].get(order["month"], 0) + units


def order_cancelled(world: Tables, event: Event) -> None:
    """Section 3.6."""
    _, order = find_order(world, event)
    need_status(order, "placed")
    order["status"] = "cancelled"
    if order["used_voucher"] is not None:
        release(world, order["used_voucher"], event["at"])


def release(world: Tables, code: str, at: int) -> None:
    """A voucher that holds its value goes back to its owner, as its source order and the clock allow."""
    voucher = world["vouchers"][code]
    voucher["held_by"] = None
    if at >= voucher["expires_at"]:
        send_home(world, code, "expired")
    elif open_refunds(world, voucher["order"]):
        voucher["status"] = "frozen"
    else:
        voucher["status"] = "available"


def send_home(world: Tables, code: str, status: str) -> None:
    """The voucher ends, and its value returns to the shop that paid for it."""
    voucher = world["vouchers"][code]
    voucher["status"] = status
    voucher["held_by"] = None
    post(world, f"voucher:{code}", marketing(funding_shop(code)), voucher["amount"])


def compensation_paid(world: Tables, event: Event) -> None:
    """Section 5.4 and the limit of section 10."""
    _, order = find_order(world, event)
    need_status(order, "confirmed", "shipped", "received")
    if order["compensated"] + event["amount"] > order["cash"] - order["refunded"]:
        raise RefusedError("over_refund")
    order["compensated"] += event["amount"]
    post(world, sales(order["shop"]), "external", event["amount"])


def debt_paid(world: Tables, event: Event) -> None:
    """Section 6.2: recovers the vouchers in the order of their issue."""
    shop, buyer, rest = event["shop"], event["buyer"], event["amount"]
    if debts(world).get((shop, buyer), 0) < rest:
        raise RefusedError("not_owed")
    world["debts_paid"][shop, buyer] = world["debts_paid"].get((shop, buyer), 0) + rest
    post(world, "external", marketing(shop), rest)
    for code, voucher in world["vouchers"].items():
        if funding_shop(code) == shop and voucher["buyer"] == buyer and lost(world, code):
            part = min(rest, left(world, code))
            if part:
                voucher["recovered"] += (part,)
                rest -= part


def clock_ticked(world: Tables, event: Event) -> None:
    """Vouchers of every shop that are past their time expire."""
    for code, voucher in world["vouchers"].items():
        if voucher["expires_at"] <= event["at"] and voucher["status"] in ("available", "frozen"):
            send_home(world, code, "expired")
