"""Measures how often a day's deliveries were sent more than once, and alarms the operator above one percent.

A copy is what at-least-once allows, not what it should cost: a receiver that takes news and answers too late
gets each again and again. All copies have one id, so its owner can leave them out, once they know.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Sum

from pinback.api.models import Delivery, Endpoint
from pinback.api.webhooks.rules import is_repeated_too_often
from pinback.kit.ids import public_id
from pinback.kit.transactions import durable
from pinback.payments.actions import report_within

log = logging.getLogger(__name__)

DAY = timedelta(days=1)


class Repeats(NamedTuple):
    """Of an endpoint: how many messages were delivered in a day, and how many copies beyond the first."""

    endpoint_id: int
    delivered: int
    copies: int


def repeats_of_day(now: datetime) -> Sequence[Repeats]:
    """The rate of each endpoint to which something was delivered in the last 24 hours."""
    done = Delivery.objects.filter(status="delivered", done_at__gt=now - DAY, done_at__lte=now)
    rows = done.values("endpoint_id").annotate(delivered=Count("pk"), sent=Sum("tries")).order_by()
    return [
        Repeats(row["endpoint_id"], row["delivered"], max(0, row["sent"] - row["delivered"])) for row in rows
    ]


@durable
def alarm_of_repeats(now: datetime) -> int:
    """Alarm for each endpoint whose rate is too high; a job. Returns how many there are."""
    high = [one for one in repeats_of_day(now) if is_repeated_too_often(one.delivered, one.copies)]
    endpoints = Endpoint.objects.in_bulk([one.endpoint_id for one in high])
    for one in high:
        endpoint = endpoints.get(one.endpoint_id)
        if endpoint is None:
            continue
        whose = endpoint.shop_name or "the operator"
        detail = (
            f"{one.copies} copies beside {one.delivered} messages in 24 hours to an endpoint of {whose}: "
            f"it takes them and answers too late, or fails and comes back"
        )
        log.warning("endpoint %s: %s", one.endpoint_id, detail)
        report_within("repeated_news", about=public_id(endpoint.pk), provider="", detail=detail, now=now)
    return len(high)
