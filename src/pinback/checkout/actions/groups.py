"""Groups whose time is over fail, and everybody in them gets everything back."""

import logging
from datetime import datetime

from pinback.checkout.queries import order_with_key
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.groups.actions import fail_within
from pinback.groups.models import Group, Member
from pinback.groups.queries import due_groups, left_to_refund
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Refused
from pinback.kit.transactions import durable
from pinback.settlement.recording import lock_orders_within, lock_shops_within

_log = logging.getLogger("pinback.checkout")


def fail_due_groups(now: datetime) -> int:
    """Let groups fail whose time is over, then refund their members, each in a transaction of its own.

    A member who could not be refunded keeps the seat in the failed group, and is tried again. Returns how
    many groups failed and members were refunded; running it again changes nothing.
    """
    failed = sum(_fail(group_id, now) for group_id in due_groups(now=now))
    return failed + sum(_refund_if_possible(key, now) for key in left_to_refund())


@durable
def _fail(group_id: int, now: datetime) -> bool:
    group = Group.objects.select_related("product__shop").get(pk=group_id)
    lock_shops_within(group.product.shop.name)
    return fail_within(group_id, now=now)


def _refund_if_possible(order_key: str, now: datetime) -> bool:
    try:
        return _refund(order_key, now)
    except Refused as refused:
        _log.error("order %s of a failed group cannot be refunded: %s", order_key, refused.refusal.code)
        return False


@durable
def _refund(order_key: str, now: datetime) -> bool:
    order = order_with_key(order_key)
    assert order is not None
    lock_orders_within([order_key])
    if not Member.objects.filter(order_key=order_key, left_at=None, group__status="failed").exists():
        return False
    start_refund_within(order, public_id(new_id()), EVERYTHING, now=now)
    return True
