"""The value of expired vouchers goes home: by the clock a voucher is expired at once, its money moves by a
tick.
"""

from datetime import datetime, timedelta

from pinback.kit.ids import public_id
from pinback.kit.transactions import durable
from pinback.rules.events import ClockTicked
from pinback.settlement.models import Voucher
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within


@durable
def tick_if_due(now: datetime) -> int:
    """Tell settlement what time it is, if a voucher is past its time; returns how many were.

    A tick takes its turn alone, so it comes at whole minutes only, once for all workers, and only where it is
    needed. It is told as news of the shop that waits longest for its money; it reaches the vouchers of all.
    """
    minute = now - timedelta(seconds=now.second)
    due = Voucher.objects.filter(expires_at__lte=instant_of(minute), status__in=("available", "frozen"))
    first = due.order_by("expires_at", "code").first()
    if first is None:
        return 0
    count = due.count()
    at = instant_of(minute)
    shop = first.code.partition("/")[0]
    apply_within(ClockTicked(id=f"tick-{at}-{public_id(first.pk)}", at=at, shop=shop), now=now)
    return count
