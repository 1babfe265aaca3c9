"""The outbox: news in one order that never changes, and nobody who reads on from a position misses any.

The control shows what would go wrong: whoever reads by id, and not by position, misses what was committed
late.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from django.db import connection

from pinback.kit.models import Message
from pinback.kit.outbox import News, oldest_position, place, post_all_within, post_within, read_after
from pinback.kit.transactions import durable

NOON = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)
PATIENCE_SECONDS = 30


class _Refused(Exception):
    """Something went wrong after the news was written."""


def bodies(messages: Sequence[Message]) -> list[str]:
    """What the messages say."""
    return [message.body for message in messages]


@durable
def post(body: str, *, shop: str = "tea", topic: str = "decisions") -> None:
    """News in a transaction of its own."""
    post_within(shop, topic, body, now=NOON)


def test_news_is_read_in_the_order_in_which_it_was_written(market: str) -> None:
    post("1")
    post("2")
    post_all_within([News("tea", "decisions", "3"), News("oil", "decisions", "4")], now=NOON)
    assert bodies(read_after(0, most=10)) == ["1", "2", "3", "4"]
    assert [message.position for message in read_after(0, most=10)] == [1, 2, 3, 4]


def test_one_reads_on_from_where_one_was(market: str) -> None:
    for number in range(5):
        post(str(number))
    first = read_after(0, most=2)
    position = first[-1].position
    assert position is not None
    assert bodies(first) + bodies(read_after(position, most=10)) == ["0", "1", "2", "3", "4"]


def test_news_of_one_shop_or_topic_keeps_its_positions(market: str) -> None:
    post("1")
    post("2", shop="oil")
    post("3", topic="notices")
    post("4")
    assert bodies(read_after(0, most=10, shop="tea")) == ["1", "3", "4"]
    assert bodies(read_after(0, most=10, shop="tea", topics=["decisions"])) == ["1", "4"]
    assert [message.position for message in read_after(0, most=10, shop="tea")] == [1, 3, 4]


def test_the_oldest_position_is_the_one_that_is_kept(market: str) -> None:
    assert oldest_position() == 0
    for number in range(3):
        post(str(number))
    place()
    Message.objects.filter(position=1).delete()
    assert oldest_position() == 2


def test_news_that_is_taken_back_is_never_told(open_market: str) -> None:
    @durable
    def post_and_fail() -> None:
        post_within("tea", "decisions", "never", now=NOON)
        raise _Refused

    with pytest.raises(_Refused):
        post_and_fail()
    assert not read_after(0, most=10)


def test_news_needs_a_transaction(open_market: str) -> None:
    with pytest.raises(AssertionError, match="transaction"):
        post_within("tea", "decisions", "alone", now=NOON)


# A file of SQLite has one writer at a time: nothing is committed late there.
@pytest.mark.parametrize("open_market", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_what_is_committed_late_stands_behind_what_was_read(open_market: str) -> None:
    written, go_on = Event(), Event()

    @durable
    def post_slowly() -> None:
        post_within("tea", "decisions", "late", now=NOON)
        written.set()
        assert go_on.wait(PATIENCE_SECONDS)

    def slowly() -> None:
        try:
            post_slowly()
        finally:
            connection.close()

    slow = Thread(target=slowly)
    slow.start()
    assert written.wait(PATIENCE_SECONDS)
    post("soon")
    seen = read_after(0, most=10)
    assert bodies(seen) == ["soon"]
    last = seen[-1]
    go_on.set()
    slow.join(PATIENCE_SECONDS)
    # The control: by id nothing stands behind what was seen, so a reader by id has missed it.
    assert not Message.objects.filter(id__gt=last.id).exists()
    assert last.position is not None
    assert bodies(read_after(last.position, most=10)) == ["late"]


def test_many_who_place_at_once_give_each_message_one_position(open_market: str) -> None:
    for number in range(50):
        post(str(number))
    failed: list[BaseException] = []

    def place_all() -> None:
        try:
            place()
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connection.close()

    crowd = [Thread(target=place_all) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(PATIENCE_SECONDS)
    assert not failed
    assert list(Message.objects.order_by("position").values_list("position", flat=True)) == list(range(1, 51))
    assert bodies(read_after(0, most=100)) == [str(number) for number in range(50)]
