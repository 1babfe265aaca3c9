"""News for the world outside: written with what it tells of, read in one order that never changes.

`post_within` writes a message in the caller's transaction. `read_after` gives messages by position. Positions
are handed out after the commit, by one reader at a time, so a message that is committed late stands behind
those that were read already: nobody who reads on from a position misses one.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from pinback.kit.ids import new_id
from pinback.kit.models import Message
from pinback.kit.transactions import assert_open

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('pinback outbox'))"
_MOST_PLACED = 10_000


def post_within(shop: str, topic: str, body: str, *, now: datetime) -> None:
    """Tell `body` (JSON, or lines of it) under `topic`, as news of `shop`, when the transaction commits."""
    assert_open()
    Message.objects.create(id=new_id(), shop=shop, topic=topic, body=body, at=now)


def read_after(
    position: int,
    *,
    most: int,
    shop: str | None = None,
    topics: Collection[str] | None = None,
) -> Sequence[Message]:
    """At most so many messages behind a position (0: from the start), of one shop or of all, by position."""
    place()
    found = Message.objects.filter(position__gt=position)
    if shop is not None:
        found = found.filter(shop=shop)
    if topics is not None:
        found = found.filter(topic__in=topics)
    return list(found.order_by("position")[:most])


def place() -> None:
    """Give positions to the messages that have none yet, in the order of their ids."""
    if not Message.objects.filter(position=None).exists():
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(_LOCK)
        last = Message.objects.aggregate(last=Max("position"))["last"] or 0
        waiting = list(Message.objects.filter(position=None).order_by("id")[:_MOST_PLACED])
        for number, message in enumerate(waiting, start=last + 1):
            message.position = number
        Message.objects.bulk_update(waiting, ["position"], batch_size=500)
