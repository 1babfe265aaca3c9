"""The state as section 12 shows it: one JSON document, its keys sorted, written like a decision."""

from collections.abc import Iterable

import msgspec

from pinback.rules.instants import format_instant
from pinback.rules.records import Campaign, Debt, Order, Voucher, marketing_account, sales_account
from pinback.rules.state import State

_encoder = msgspec.json.Encoder(order="sorted")


def state_document(state: State) -> bytes:
    """The whole state as one line with its line break (section 12)."""
    latest = state.latest_at or 0
    document = {
        "campaigns": {c.key: campaign_entry(c, latest) for c in state.campaigns.values()},
        "vouchers": {v.code: voucher_entry(v) for v in state.vouchers.values()},
        "orders": {o.key: order_entry(o) for o in state.orders.values()},
        "sales": _sales(state),
        "shops": {shop: _shop(state, shop) for shop in state.shops},
        "debts": {d.key: d.amount for d in _owed(state.debts.values())},
    }
    return _encoder.encode(document) + b"\n"


def campaign_entry(campaign: Campaign, latest_at: int) -> dict[str, object]:
    """A campaign; its status is as of the latest `at` of all applied events."""
    return {
        "issued": campaign.issued,
        "quantity": campaign.quantity,
        "reason": campaign.ended,
        "rebate": campaign.rebate,
        "starts_at": None if campaign.starts_at is None else format_instant(campaign.starts_at),
        "status": campaign.status(latest_at),
        "threshold": campaign.threshold,
    }


def voucher_entry(voucher: Voucher) -> dict[str, object]:
    """A voucher; `used_by` only while it is used."""
    return {
        "amount": voucher.amount,
        "buyer": voucher.buyer,
        "expires_at": format_instant(voucher.expires_at),
        "order": voucher.source,
        "status": voucher.status,
        "used_by": voucher.holder if voucher.status == "used" else None,
    }


def order_entry(order: Order) -> dict[str, object]:
    """An order."""
    return {
        "buyer": order.buyer,
        "cash": order.cash,
        "payout": order.payout,
        "reason": order.reason,
        "rebate": order.rebate,
        "refunded": order.refunded,
        "status": order.status,
    }


def shop_entry(marketing: int, sales: int, completed_orders: int) -> dict[str, object]:
    """A shop: its two balances in fen, and its orders received and not fully refunded."""
    return {"completed_orders": completed_orders, "marketing": marketing, "sales": sales}


def _shop(state: State, shop: str) -> dict[str, object]:
    balances = state.balances
    return shop_entry(
        balances.get(marketing_account(shop), 0),
        balances.get(sales_account(shop), 0),
        state.completed.get(shop, 0),
    )


def _sales(state: State) -> dict[str, dict[str, object]]:
    """Every product of which a unit was ever counted; months at 0 are left out."""
    months: dict[str, dict[str, int]] = {product: {} for product in state.units}
    for (product, month), units in state.months.items():
        if units:
            months[product][month] = units
    return {product: {"months": months[product], "total": total} for product, total in state.units.items()}


def _owed(debts: Iterable[Debt]) -> list[Debt]:
    return [debt for debt in debts if debt.amount]
