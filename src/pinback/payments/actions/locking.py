"""Locks the shops that money is about before anything else of them is touched, as settlement does, so that
nobody waits crosswise.
"""

from pinback.payments.models import MoneyOut
from pinback.payments.purposes import is_of_order
from pinback.settlement.recording import lock_orders_within, lock_shops_within


def lock_for_payment_within(shop: str, purpose: str, subject: str) -> None:
    """Hold all shops that taking money for this purpose and subject may touch."""
    if is_of_order(purpose):
        lock_orders_within([subject])
    else:
        lock_shops_within(shop)


def lock_for_out_within(out: MoneyOut) -> None:
    """Hold all shops that confirming this money out may touch: it tells the order that it is for."""
    order = out.terms.get("order") or (out.whole.terms.get("order") if out.whole else None)
    if order is None:
        lock_shops_within(out.shop.name)
    else:
        lock_orders_within([order])
