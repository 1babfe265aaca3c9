"""Who may do what in a shop: a table from role to permissions. Keys have scopes, which are permissions too.

A permission names a part of a shop's work. Reading a part and writing it are one permission, except that
money and orders can be read by those who need them for their own work.
"""

from typing import Literal

Permission = Literal[
    "shop.read",
    "catalog.write",
    "orders.read",
    "orders.ship",
    "refunds.decide",
    "compensation.pay",
    "marketing.write",
    "funds.read",
    "funds.pay_out",
    "staff.write",
    "keys.write",
    "events.write",
    "decisions.read",
    "webhooks.write",
    "reports.read",
]

PERMISSIONS: frozenset[str] = frozenset(Permission.__args__)  # type: ignore[attr-defined]

MAY: dict[str, frozenset[str]] = {
    "owner": PERMISSIONS,
    "marketing": frozenset({"shop.read", "catalog.write", "marketing.write", "reports.read", "orders.read"}),
    "service": frozenset({"shop.read", "orders.read", "refunds.decide", "compensation.pay"}),
    "warehouse": frozenset({"shop.read", "orders.read", "orders.ship"}),
    "finance": frozenset({"shop.read", "orders.read", "funds.read", "funds.pay_out", "reports.read"}),
}
"""What each role may do."""


def may(role: str | None, permission: str) -> bool:
    """Whether a role (None: no role in this shop) includes a permission."""
    return role is not None and permission in MAY.get(role, frozenset())
