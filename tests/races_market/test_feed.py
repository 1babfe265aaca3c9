"""The feed under many writers at once: who reads on from a cursor misses nothing, sees nothing twice.

The control reads on by id instead, as is often done: ids are made before the commit, so one that is committed
late stands in front of the cursor, and is never seen.
"""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from pinback.kit import clock
from pinback.kit.models import Message
from pinback.kit.outbox import post_within, read_after
from pinback.kit.transactions import durable

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("open_market")]

WRITERS = 6
EACH = 25


@durable
def write(name: str, pause: float) -> None:
    """One transaction that has its ids before it is committed."""
    post_within("tea", "test", f'"{name}"', now=clock.now())
    time.sleep(pause)


def by_position(seen: list[Message]) -> list[Message]:
    """Read on as the feed does."""
    return list(read_after(seen[-1].position or 0 if seen else 0, most=7))


def by_id(seen: list[Message]) -> list[Message]:
    """Read on by id."""
    return list(Message.objects.filter(id__gt=seen[-1].pk if seen else 0).order_by("id")[:7])


def followed(read: Callable[[list[Message]], list[Message]]) -> list[str]:
    """What a reader sees who polls while many write, in its order."""
    start, over = threading.Barrier(WRITERS + 1), threading.Event()
    seen: list[Message] = []
    writers = [threading.Thread(target=_write_many, args=(number, start)) for number in range(WRITERS)]
    reading = threading.Thread(target=_read_on, args=(read, seen, start, over))
    for thread in [*writers, reading]:
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    reading.join()
    return [message.body.strip('"') for message in seen]


def _write_many(number: int, start: threading.Barrier) -> None:
    try:
        start.wait()
        for count in range(EACH):
            write(f"{number}-{count}", 0.002 * (number % 3))
    finally:
        connection.close()


def _read_on(
    read: Callable[[list[Message]], list[Message]],
    seen: list[Message],
    start: threading.Barrier,
    over: threading.Event,
) -> None:
    try:
        start.wait()
        last = False
        while not last:
            last = over.is_set()
            while found := read(seen):
                seen.extend(found)
    finally:
        connection.close()


def test_a_reader_misses_nothing_while_many_write() -> None:
    seen = followed(by_position)
    assert len(seen) == len(set(seen)) == WRITERS * EACH
    for number in range(WRITERS):
        own = [name for name in seen if name.startswith(f"{number}-")]
        assert own == [f"{number}-{count}" for count in range(EACH)]
    assert [message.body.strip('"') for message in read_after(0, most=1000)] == seen


def test_a_reader_by_id_misses_what_was_committed_late(open_market: str) -> None:
    """The control. SQLite has one writer at a time, and ids of one process ascend, so only a writer whose id
    was made before its turn shows it there; here one is made so on both.
    """
    from pinback.kit.ids import new_id

    early = new_id()
    write("first", 0)
    seen = by_id([])
    seen_by_position = by_position([])
    with transaction.atomic():
        Message.objects.create(id=early, shop="tea", topic="test", body='"late"', at=clock.now())
    assert by_id(seen) == []
    assert [message.body for message in by_position(seen_by_position)] == ['"late"']


@pytest.mark.postgres
def test_readers_by_id_miss_some_on_postgresql(open_market: str) -> None:
    """The control of the first test, under the same threads."""
    if connection.vendor != "postgresql":
        return
    for _ in range(20):
        seen = followed(by_id)
        if len(set(seen)) < WRITERS * EACH:
            return
        Message.objects.all().delete()
    pytest.fail("the race did not happen")
