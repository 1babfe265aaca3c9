"""Refunds: how much one is (section 9), what becomes of the voucher that the order earned (sections 5 and
6) and of the voucher that the order used (section 6a), and the pending rebate (section 4.3)."""

from __future__ import annotations

from tests.model.reading import Event
from tests.model.rulebook import count_units, decide, find_order, need_status, release, send_home
from tests.model.world import (
    Record,
    RefusedError,
    Tables,
    balance,
    funding_shop,
    goods_cash,
    left,
    lost,
    marketing,
    open_refunds,
    post,
    sales,
    share_out,
)

PAID = ("paid", "confirmed", "shipped", "received")
Part = tuple[int, int, int]
"""Of one line: units, cash and voucher fen that a refund takes."""


def refund_requested(world: Tables, event: Event) -> None:
    """Section 5.1."""
    order_key, order = find_order(world, event)
    refund_key = f"{event['shop']}/{event['refund']}"
    known = world["refunds"].get(refund_key)
    if known is not None and (known["order"] != order_key or known["status"] != "closed"):
        raise RefusedError("already_exists")
    need_status(order, *PAID)
    world["refunds"][refund_key] = {"order": order_key, "status": "open"}
    voucher = world["vouchers"].get(order["earned"])
    if voucher is not None and voucher["status"] == "available":
        voucher["status"] = "frozen"


def refund_closed(world: Tables, event: Event, policy: str) -> None:
    """Sections 5.2 and 4.3."""
    order_key, order = find_order(world, event)
    refund = world["refunds"].get(f"{event['shop']}/{event['refund']}")
    if refund is None or refund["order"] != order_key or refund["status"] != "open":
        raise RefusedError("unknown_refund")
    refund["status"] = "closed"
    thaw(world, order_key, event["at"])
    if order["rebate"] == "pending" and not open_refunds(world, order_key):
        decide(world, order_key, event["at"], policy)


def thaw(world: Tables, order_key: str, at: int) -> None:
    """A frozen voucher is free again once no refund of its source order is open."""
    code = world["orders"][order_key]["earned"]
    if code is None or world["vouchers"][code]["status"] != "frozen":
        return
    if not open_refunds(world, order_key):
        release(world, code, at)


def refund_succeeded(world: Tables, event: Event, policy: str) -> Record:
    """Sections 5.3, 6, 6a and 9; gives back the fields of `refund.settled`."""
    order_key, order = find_order(world, event)
    refund_key = f"{event['shop']}/{event['refund']}"
    known = world["refunds"].get(refund_key)
    if known is not None and (known["order"] != order_key or known["status"] == "succeeded"):
        raise RefusedError("already_exists")
    need_status(order, *PAID)
    postage = check_size(order, event)
    parts = measure(order, event)
    world["refunds"][refund_key] = {"order": order_key, "status": "succeeded"}

    purse = sales(order["shop"]) if order["status"] == "received" else f"order:{order_key}"
    goods = sum(cash for _, cash, _ in parts)
    standing = sum(voucher for _, _, voucher in parts)
    take_from_order(world, order, parts, postage)
    taken, bought = give_up_used_voucher(world, order, standing, event["at"], purse)
    if ends_eligibility(world, order, goods, policy):
        order["rebate"], order["reason"] = "not_eligible", "refunded"
        reclaim(world, order["earned"])
    withheld = withhold(world, order, goods + postage)
    payout = goods + postage - withheld + bought
    order["payout"] += payout
    post(world, purse, marketing(order["shop"]), withheld)
    post(world, purse, "external", payout)
    thaw(world, order_key, event["at"])
    finish(world, order_key, event["at"], policy)
    return {
        "cash": goods + postage,
        "withheld": withheld,
        "bought_back": bought,
        "payout": payout,
        "taken_back": taken,
        "debt": own_debt(world, order),
    }


def postage_named(order: Record, event: Event) -> int:
    """Section 9.3."""
    if "postage" in event:
        return int(event["postage"])
    bare = "lines" not in event and "amount" not in event
    return int(order["postage"]) if bare or order["status"] == "paid" else 0


def check_size(order: Record, event: Event) -> int:
    """Section 9.4: sets all that is named beside all that is left; the postage that the refund pays."""
    postage = postage_named(order, event)
    pairs = [(postage, order["postage"])]
    if "amount" in event:
        pairs.append((event["amount"], goods_cash(order)))
    if "lines" in event:
        named = {item["line"]: item["quantity"] for item in event["lines"]}
        has = {number: line["units"] for number, line in enumerate(order["lines"], start=1)}
        pairs += [(named.get(number, 0), has.get(number, 0)) for number in named.keys() | has.keys()]
    if order["status"] == "paid" and any(asked < there for asked, there in pairs):
        raise RefusedError("whole_only")
    if any(asked > there for asked, there in pairs):
        raise RefusedError("over_refund")
    return postage


def measure(order: Record, event: Event) -> list[Part]:
    """What a refund takes of each line (sections 9.1 and 9.2)."""
    lines = order["lines"]
    everything = [(line["units"], line["cash"], line["voucher"]) for line in lines]
    if "lines" in event:
        named = {item["line"]: item["quantity"] for item in event["lines"]}
        parts = [units_part(line, named.get(number, 0)) for number, line in enumerate(lines, start=1)]
    elif "amount" in event:
        gifts = share_out(event["amount"], [line["cash"] for line in lines])
        parts = [amount_part(line, gift) for line, gift in zip(lines, gifts, strict=True)]
    else:
        return everything
    if sum(cash for _, cash, _ in parts) == goods_cash(order):
        return everything
    return parts


def units_part(line: Record, units: int) -> Part:
    """Some units of a line, the last one with the rest."""
    if units == 0:
        return 0, 0, 0
    if units == line["units"]:
        return units, line["cash"], line["voucher"]
    return units, line["cash"] * units // line["units"], line["voucher"] * units // line["units"]


def amount_part(line: Record, cash: int) -> Part:
    """Some of a line's cash, and as much of its voucher part; units stay."""
    if line["cash"] == 0:
        return 0, 0, 0
    return 0, cash, line["voucher"] * cash // line["cash"]


def take_from_order(world: Tables, order: Record, parts: list[Part], postage: int) -> None:
    """Notes in the order, and in the sales where it was received, what the refund took."""
    for line, (units, cash, voucher) in zip(order["lines"], parts, strict=True):
        line["units"] -= units
        line["cash"] -= cash
        line["voucher"] -= voucher
        order["goods_refunded"] += cash
        order["refunded"] += cash
        if order["status"] == "received":
            count_units(world, order, line, -units)
    order["postage"] -= postage
    order["refunded"] += postage


def give_up_used_voucher(world: Tables, order: Record, standing: int, at: int, purse: str) -> tuple[int, int]:
    """Section 6a: how much of the voucher part is taken back, and how much is bought back by the buyer."""
    code = order["used_voucher"]
    if code is None:
        return 0, 0
    voucher = world["vouchers"][code]
    before_confirmed = order["status"] == "paid"
    if before_confirmed and not lost(world, code):
        post(world, purse, f"voucher:{code}", standing)
        release(world, code, at)
        return 0, 0
    taken = min(standing, left(world, code))
    voucher["taken_back"] += (taken,)
    post(world, purse, marketing(funding_shop(code)), taken)
    if before_confirmed:
        voucher["status"], voucher["held_by"] = "reclaimed", None
    return taken, standing - taken


def ends_eligibility(world: Tables, order: Record, goods: int, policy: str) -> bool:
    """The condition of section 5.3."""
    if order["rebate"] != "issued":
        return False
    if policy == "any":
        return goods >= 1
    return bool(goods_cash(order) < world["vouchers"][order["earned"]]["threshold"])


def reclaim(world: Tables, code: str) -> None:
    """What becomes of a voucher whose source order lost its eligibility (section 5.3)."""
    voucher = world["vouchers"][code]
    if voucher["status"] == "locked":
        world["orders"][voucher["held_by"]]["status"] = "cancelled"
    if voucher["status"] in ("available", "frozen", "locked"):
        send_home(world, code, "reclaimed")


def withhold(world: Tables, order: Record, cash: int) -> int:
    """Section 6.1: what is kept of the refund's cash for the voucher that the order earned."""
    code = order["earned"]
    if code is None or not lost(world, code):
        return 0
    kept = min(cash, left(world, code))
    world["vouchers"][code]["recovered"] += (kept,)
    return kept


def own_debt(world: Tables, order: Record) -> int:
    """What is left of the voucher that this order earned, if it lost its eligibility."""
    code = order["earned"]
    return left(world, code) if code is not None and lost(world, code) else 0


def finish(world: Tables, order_key: str, at: int, policy: str) -> None:
    """Section 3.7 and the pending rebate of section 4.3."""
    order = world["orders"][order_key]
    if goods_cash(order) == 0:
        if order["status"] != "received":
            purse = f"order:{order_key}"
            post(world, purse, sales(order["shop"]), balance(world, purse))
        order["status"] = "refunded"
        if order["rebate"] == "pending":
            order["rebate"], order["reason"] = "not_eligible", "refunded"
    elif order["rebate"] == "pending" and not open_refunds(world, order_key):
        decide(world, order_key, at, policy)
