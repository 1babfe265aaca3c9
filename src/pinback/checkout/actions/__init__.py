"""Writes of checkout: quote, place, pay, cancel, leave a group; the sweeps of the worker."""

from pinback.checkout.actions.closing import cancel, close_due, close_settled_elsewhere, leave_group
from pinback.checkout.actions.debts import pay_debt, take_debt
from pinback.checkout.actions.groups import fail_due_groups
from pinback.checkout.actions.paying import pay, take_order
from pinback.checkout.actions.placing import place, place_once
from pinback.checkout.actions.quoting import quote
from pinback.checkout.actions.ticking import tick_if_due

__all__ = [
    "cancel",
    "close_due",
    "close_settled_elsewhere",
    "fail_due_groups",
    "leave_group",
    "pay",
    "pay_debt",
    "place",
    "place_once",
    "quote",
    "take_debt",
    "take_order",
    "tick_if_due",
]
