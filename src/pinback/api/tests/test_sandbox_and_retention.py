"""The sandbox's clock over HTTP, and what is forgotten when time passes."""

from datetime import timedelta

import pytest
from django.test import override_settings

from pinback.api import retention
from pinback.api.models import Answer, Delivery, Endpoint
from pinback.kit import clock, outbox
from pinback.kit.ids import new_id
from pinback.kit.models import Message
from pinback.kit.transactions import durable
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def test_the_operator_sets_the_clock_forward_in_a_sandbox() -> None:
    cast = Cast()
    opal = Caller(cast, "opal")
    before = clock.now()
    assert opal.post("/sandbox/clock", {"forward_seconds": 86_400}).status_code == 200
    assert clock.now() - before >= timedelta(days=1)
    assert opal.get("/sandbox/clock").status_code == 200
    assert opal.post("/sandbox/clock", {"forward_seconds": -1}).status_code == 422
    assert Caller(cast, "olive").post("/sandbox/clock", {"forward_seconds": 1}).status_code == 404
    with override_settings(PINBACK_SANDBOX=False):
        assert opal.post("/sandbox/clock", {"forward_seconds": 1}).status_code == 404
        assert opal.get("/sandbox/clock").status_code == 404


@durable
def tell(cast: Cast, count: int) -> None:
    for _ in range(count):
        outbox.post_within("tea", "test", "{}", now=cast.now)


def positions() -> list[int]:
    """The positions that are kept, in order."""
    return sorted(message.position or 0 for message in Message.objects.all())


def test_old_news_goes_but_positions_go_on() -> None:
    cast = Cast()
    tell(cast, 5)
    outbox.place()
    last = max(positions())
    later = cast.later(days=31)
    assert retention.forget_news(later) > 0
    assert positions() == [last]
    tell(cast, 1)
    (new,) = outbox.read_after(last, most=9)
    assert new.position == last + 1


def test_news_that_is_still_to_be_sent_stays() -> None:
    cast = Cast()
    tell(cast, 5)
    outbox.place()
    third = positions()[-3]
    Endpoint.objects.create(
        id=new_id(), shop_name="tea", url="https://x.example/", position=third, created_at=cast.now
    )
    retention.forget_news(cast.later(days=31))
    assert min(positions()) == third


def test_answers_and_deliveries_are_forgotten() -> None:
    cast = Cast()
    for number in range(3):
        Answer.objects.create(id=new_id(), asker="a", key=f"k{number}", request_hash="h", at=cast.now)
    for status in ("waiting", "delivered", "dead"):
        done = None if status == "waiting" else cast.now
        Delivery.objects.create(
            id=new_id(),
            endpoint_id=1,
            message_id=new_id(),
            position=1,
            status=status,
            done_at=done,
            created_at=cast.now,
        )
    assert retention.forget_answers(cast.later(days=2)) == 0
    assert retention.forget_answers(cast.later(days=2)) == 3
    assert retention.forget_deliveries(cast.later(days=30)) == 2
    assert Delivery.objects.get().status == "waiting"
