"""Forgets what nobody needs any more: answers by key, deliveries that are done, news that is old."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Min, QuerySet

from pinback.api.models import Answer, Delivery, Endpoint, NewsSweep
from pinback.kit.models import Message
from pinback.kit.transactions import durable

ANSWERS_LAST = timedelta(days=3)
_AT_ONCE = 1_000


def forget_answers(now: datetime) -> int:
    """Delete answers by idempotency key after three days."""
    return _forget(lambda: Answer.objects.filter(at__lt=now - ANSWERS_LAST))


def forget_deliveries(now: datetime) -> int:
    """Delete deliveries that were done, or given up, as long ago as news is kept."""
    kept_since = now - timedelta(days=settings.PINBACK_NEWS_DAYS)
    return _forget(lambda: Delivery.objects.filter(status__in=("delivered", "dead"), done_at__lt=kept_since))


def forget_news(now: datetime) -> int:
    """Delete old news that has its position, that no active endpoint still is to be sent, and that the sweep
    for events without news has passed: a clock that was set forward makes all news old at once.

    The last message stays: the next position is counted from it, and must not be one that readers have seen.
    """
    kept_since = now - timedelta(days=settings.PINBACK_NEWS_DAYS)
    last = Message.objects.aggregate(last=Max("position"))["last"] or 0
    taken_up = Endpoint.objects.filter(status="active").aggregate(least=Min("position"))["least"]
    waiting = Delivery.objects.filter(status="waiting").aggregate(least=Min("position"))["least"]
    until = min([last, *(bound for bound in (taken_up, waiting) if bound is not None)])
    old = Message.objects.filter(position__lt=until, at__lt=kept_since)
    sweep = NewsSweep.objects.first()
    # News has an id behind its event's.
    return _forget(lambda: old.all() if sweep is None else old.filter(pk__lte=sweep.swept_id))


def _forget(old: Callable[[], QuerySet[Any]]) -> int:
    """Delete rows in small transactions, until none is left; returns how many."""
    forgotten = 0
    while deleted := _forget_some(old()):
        forgotten += deleted
    return forgotten


@durable
def _forget_some(found: QuerySet[Any]) -> int:
    keys = list(found.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
    return found.model.objects.filter(pk__in=keys).delete()[0] if keys else 0
