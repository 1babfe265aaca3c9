"""What is shown: the decisions of one event, found by comparing the world before and after it (section 11),
and the state (section 12)."""

from __future__ import annotations

import json
from typing import Any

from tests.model.reading import Event, instant_text
from tests.model.world import Tables, balance, code_key, debts, funding_shop, marketing, sales

Decision = dict[str, Any]


def written(value: Any) -> bytes:
    """One line as decisions and the state are written."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8") + b"\n"


def decisions(before: Tables, after: Tables, event: Event, settled: Decision | None) -> list[Decision]:
    """All decisions of an applied event, in the order of the table in section 11."""
    found: list[Decision] = [{"type": "event.applied"}]
    found += scheduled(before, after)
    if settled is not None:
        found.append({"type": "refund.settled", "order": event["order"], "refund": event["refund"]} | settled)
    found += decided(before, after)
    found += closed(before, after, event)
    found += issued(before, after)
    found += changed(before, after)
    found += ended(before, after)
    found += owed(before, after)
    common = {"cause": event["id"], "shop": event["shop"], "at": instant_text(event["at"])}
    return [decision | common for decision in found]


def scheduled(before: Tables, after: Tables) -> list[Decision]:
    """Campaigns that have a start now and had none before."""
    return [
        {"type": "campaign.scheduled", "campaign": now["id"], "starts_at": instant_text(now["starts_at"])}
        for key, now in after["campaigns"].items()
        if now["starts_at"] is not None and before["campaigns"][key]["starts_at"] is None
    ]


def decided(before: Tables, after: Tables) -> list[Decision]:
    """Orders whose rebate or reason is another."""
    nothing = {"rebate": "none", "reason": None}
    return [
        {
            "type": "rebate.decided",
            "order": now["id"],
            "rebate": now["rebate"],
            "reason": now["reason"],
            "voucher": now["earned"],
        }
        for key, now in after["orders"].items()
        if any(now[name] != before["orders"].get(key, nothing)[name] for name in ("rebate", "reason"))
    ]


def closed(before: Tables, after: Tables, event: Event) -> list[Decision]:
    """Unpaid orders that were cancelled because their voucher was reclaimed."""
    return [
        {"type": "order.closed", "order": key, "reason": "voucher_reclaimed"}
        for key, now in after["orders"].items()
        if event["type"] != "order.cancelled"
        and now["status"] == "cancelled"
        and before["orders"][key]["status"] != "cancelled"
    ]


def issued(before: Tables, after: Tables) -> list[Decision]:
    """Vouchers that are new."""
    return [
        {
            "type": "voucher.issued",
            "voucher": code,
            "buyer": now["buyer"],
            "amount": now["amount"],
            "expires_at": instant_text(now["expires_at"]),
        }
        for code, now in after["vouchers"].items()
        if code not in before["vouchers"]
    ]


def changed(before: Tables, after: Tables) -> list[Decision]:
    """Vouchers whose status is another, by code."""
    codes = [
        code for code, was in before["vouchers"].items() if after["vouchers"][code]["status"] != was["status"]
    ]
    return [
        {
            "type": "voucher.changed",
            "voucher": code,
            "status": after["vouchers"][code]["status"],
            "returned": moved_now(before, after, f"voucher:{code}", marketing(funding_shop(code))),
        }
        for code in sorted(codes, key=code_key)
    ]


def moved_now(before: Tables, after: Tables, source: str, target: str) -> int:
    """Fen that went from one account to another between the two worlds."""
    way = source, target
    return int(after["moved"].get(way, 0) - before["moved"].get(way, 0))


def ended(before: Tables, after: Tables) -> list[Decision]:
    """Campaigns that have ended."""
    return [
        {
            "type": "campaign.ended",
            "campaign": now["id"],
            "reason": now["reason"],
            "returned": moved_now(before, after, f"campaign:{key}", marketing(now["shop"])),
        }
        for key, now in after["campaigns"].items()
        if now["status"] == "ended" and before["campaigns"][key]["status"] != "ended"
    ]


def owed(before: Tables, after: Tables) -> list[Decision]:
    """Debts that are not what they were, by the shop that they are owed to."""
    was, now = debts(before), debts(after)
    return [
        {"type": "debt.changed", "buyer": buyer, "owed_to": shop, "debt": now.get((shop, buyer), 0)}
        for shop, buyer in sorted(was.keys() | now.keys())
        if was.get((shop, buyer), 0) != now.get((shop, buyer), 0)
    ]


def campaign_status(world: Tables, key: str) -> str:
    """A campaign's status as of the latest `at` of all applied events."""
    campaign = world["campaigns"][key]
    if campaign["status"] != "funded":
        return str(campaign["status"])
    return "running" if campaign["starts_at"] <= world["latest"] else "scheduled"


def shown_campaigns(world: Tables) -> Decision:
    """The campaigns of the state."""
    return {
        key: {
            "status": campaign_status(world, key),
            "starts_at": None if campaign["starts_at"] is None else instant_text(campaign["starts_at"]),
        }
        | {name: campaign[name] for name in ("reason", "threshold", "rebate", "quantity", "issued")}
        for key, campaign in world["campaigns"].items()
    }


def shown_vouchers(world: Tables) -> Decision:
    """The vouchers of the state."""
    return {
        code: {
            "used_by": voucher["held_by"] if voucher["status"] == "used" else None,
            "expires_at": instant_text(voucher["expires_at"]),
        }
        | {name: voucher[name] for name in ("buyer", "amount", "status", "order")}
        for code, voucher in world["vouchers"].items()
    }


def shown_shops(world: Tables) -> Decision:
    """The shops of the state."""
    return {
        shop: {
            "marketing": balance(world, marketing(shop)),
            "sales": balance(world, sales(shop)),
            "completed_orders": sum(
                1
                for order in world["orders"].values()
                if order["shop"] == shop and order["status"] == "received"
            ),
        }
        for shop in world["shops"]
    }


def state(world: Tables) -> Decision:
    """The whole state of section 12."""
    order_fields = ("buyer", "status", "rebate", "reason", "cash", "refunded", "payout")
    return {
        "campaigns": shown_campaigns(world),
        "vouchers": shown_vouchers(world),
        "orders": {
            key: {name: order[name] for name in order_fields} for key, order in world["orders"].items()
        },
        "sales": {
            key: {
                "total": figures["total"],
                "months": {month: units for month, units in figures["months"].items() if units != 0},
            }
            for key, figures in world["sales"].items()
        },
        "shops": shown_shops(world),
        "debts": {f"{shop}/{buyer}": fen for (shop, buyer), fen in debts(world).items()},
    }
