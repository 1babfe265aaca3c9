"""News for the world outside: written with what it tells of, read in one order that never changes.

`post_within` writes a message in the caller's transaction. `read_after` gives messages by position. Positions
are handed out after the commit, by one reader at a time, so a message that is committed late stands behind
those that were read already: nobody who reads on from a position misses one.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Min

from pinback.kit.ids import take_ids
from pinback.kit.models import Message
from pinback.kit.rows import insert
from pinback.kit.transactions import assert_open

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('pinback outbox'))"
_MOST_PLACED = 10_000
_FEW = 3
"""So few messages are quicker one by one, by the statement that is kept."""
_PLACE = f"""
UPDATE kit_message SET position = placed.number + (SELECT coalesce(max(position), 0) FROM kit_message)
FROM (
  SELECT waiting.id, row_number() OVER (ORDER BY waiting.id) AS number FROM (
    SELECT id FROM kit_message WHERE position IS NULL ORDER BY id LIMIT {_MOST_PLACED}
  ) AS waiting
) AS placed
WHERE kit_message.id = placed.id
"""  # noqa: S608 - a number of our own


class News(NamedTuple):
    """What is to be told: whose news it is, its topic, its body (JSON, or lines of it)."""

    shop: str
    topic: str
    body: str


def post_within(shop: str, topic: str, body: str, *, now: datetime) -> None:
    """Tell `body` (JSON, or lines of it) under `topic`, as news of `shop`, when the transaction commits."""
    post_all_within([News(shop, topic, body)], now=now)


def post_all_within(news: Sequence[News], *, now: datetime) -> None:
    """Tell all of that, in its order, when the transaction commits."""
    assert_open()
    messages = [
        Message(id=id_, shop=told.shop, topic=told.topic, body=told.body, at=now)
        for id_, told in zip(take_ids(len(news)), news, strict=True)
    ]
    if len(messages) > _FEW:
        Message.objects.bulk_create(messages)
    else:
        for message in messages:
            insert(message)


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


def oldest_position() -> int:
    """The lowest position that is still kept; 0 where there is no news."""
    return Message.objects.aggregate(oldest=Min("position"))["oldest"] or 0


def place() -> None:
    """Give positions to the messages that have none yet, in the order of their ids."""
    while Message.objects.filter(position=None).exists():
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_LOCK)
            cursor.execute(_PLACE)
            if cursor.rowcount < _MOST_PLACED:
                return
