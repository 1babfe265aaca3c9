"""Sweeps the log for events whose news is missing, and alarms the operator.

Event and news are one commit, so there are none: unless a program that is not ours wrote to the database, a
backup was put back in part, or a command settled a file for a shop that also has its news followed. Whoever
follows the feed of such a shop has to read its state anew, and must know it.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.db.models import Max

from pinback.accounts.models import Shop
from pinback.api.models import EngineShop, NewsSweep
from pinback.kit.models import Message
from pinback.kit.transactions import durable
from pinback.payments.actions import report_within
from pinback.settlement.models import Event
from pinback.settlement.recording import TOPIC

log = logging.getLogger(__name__)

_MOST = 2_000
_ONLY = 1


class _First(msgspec.Struct):
    """Of the first decision of a message: by which event it was caused, and of which shop."""

    cause: str
    shop: str


def sweep_untold(now: datetime) -> int:
    """Look at the events since the last sweep but one; a job. Returns how many told no news.

    What was settled before the first sweep, as history that was imported, is not looked at.
    """
    found = 0
    while (piece := _sweep_piece(now)) is not None:
        found += piece
    return found


@durable
def _sweep_piece(now: datetime) -> int | None:
    """Look at a piece of the log; None: there is no more to look at now."""
    newest = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    NewsSweep.objects.get_or_create(id=_ONLY, defaults={"swept_id": newest, "seen_id": newest})
    row = NewsSweep.objects.select_for_update().get(pk=_ONLY)
    if row.swept_id >= row.seen_id:
        # An event can be committed behind one with a later id: those seen now are looked at next time.
        NewsSweep.objects.filter(pk=_ONLY).update(seen_id=newest)
        return None
    piece = Event.objects.filter(pk__gt=row.swept_id, pk__lte=row.seen_id).order_by("pk")
    events = list(piece.values_list("pk", "key")[:_MOST])
    last = events[-1][0] if len(events) == _MOST else row.seen_id
    untold = _untold(row.swept_id, [key for _pk, key in events])
    NewsSweep.objects.filter(pk=_ONLY).update(swept_id=last)
    _alarm_within(untold, now=now)
    return len(untold)


def _untold(after: int, keys: Sequence[str]) -> Sequence[str]:
    """Which of the events of shops whose news is followed have none. News has an id behind its event's."""
    names = {key.partition("/")[0] for key in keys}
    followed = set(Shop.objects.filter(name__in=names).values_list("name", flat=True))
    followed |= set(EngineShop.objects.filter(shop_name__in=names).values_list("shop_name", flat=True))
    left = {key: None for key in keys if key.partition("/")[0] in followed}
    told = Message.objects.filter(pk__gt=after, topic=TOPIC, shop__in=followed).order_by("pk")
    for body in _bodies(told.values_list("body", flat=True).iterator(_MOST)):
        if not left:
            break
        left.pop(f"{body.shop}/{body.cause}", None)
    return list(left)


def _bodies(told: Iterable[str]) -> Iterable[_First]:
    for body in told:
        yield msgspec.json.decode(body.partition("\n")[0], type=_First)


def _alarm_within(untold: Sequence[str], *, now: datetime) -> None:
    by_shop: dict[str, list[str]] = {}
    for key in untold:
        shop, _slash, event = key.partition("/")
        by_shop.setdefault(shop, []).append(event)
    for shop, events in by_shop.items():
        detail = f"{len(events)} events of {shop} told no news, the first is {events[0]}"
        log.error("%s", detail)
        report_within("untold_events", about=shop, provider="", detail=detail, now=now)
