"""Wounds of webhooks: news of what never happened, news that is lost, late, or held up by others."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pinback.api.models import Delivery, Endpoint
from pinback.api.webhooks import delivering, sending
from pinback.api.webhooks.rules import MOST_TRIES, gap
from pinback.kit import clock
from pinback.kit.ids import new_id
from pinback.kit.models import Message
from pinback.kit.outbox import post_within
from pinback.kit.transactions import durable
from tests.support.databases import default_is, private_database
from tests.support.pinback import run_pinback, start_pinback
from tests.webhooks.desk import Desk
from tests.webhooks.receiver import Got, Receiver, receiving

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    with receiving() as found:
        yield found


@pytest.fixture
def desk(open_market: str) -> Desk:
    """An open market with the shops "tea", "oil" and "rug"."""
    made = Desk()
    made.cast.open_shop("oil", {"owner-of-oil": "owner"})
    made.cast.open_shop("rug", {"owner-of-rug": "owner"})
    return made


def test_w074_nothing_is_told_of_what_was_rolled_back(desk: Desk) -> None:
    """Hooks were sent inside the transaction, and a rollback left the receiver with what never happened."""

    @durable
    def failing() -> None:
        post_within("tea", "order.paid", "{}", now=desk.cast.now)
        raise RuntimeError("the constraint")

    with receiving() as receiver:
        desk.endpoint(receiver.url)
        with pytest.raises(RuntimeError):
            failing()
        desk.round()
        assert receiver.got == []
        assert not Message.objects.filter(topic="order.paid").exists()


def test_w075_what_is_told_is_what_was_committed(desk: Desk) -> None:
    """The payload was read outside the transaction and told of the state before."""
    cast, states = desk.cast, []

    def look(got: Got) -> int:
        from django.db import connection

        from pinback.settlement.models import Order

        for decision in json.loads(got.body)["data"]:
            if decision["type"] == "refund.settled":
                (order,) = Order.objects.filter(key=f"tea/{decision['order']}")
                states.append((decision["cash"], order.payout_minor))
        connection.close()
        return 200

    with receiving() as receiver:
        receiver.answer = look
        desk.endpoint(receiver.url, topics=["decisions"])
        _refunded(cast.now)
        desk.round()
    assert states == [(3000, 3000)]


@durable
def _refunded(now: object) -> None:
    from pinback.rules.reading import parse_line
    from pinback.settlement.recording import apply_within

    common = {"at": "2026-11-20T10:00:00Z", "shop": "tea", "order": "w"}
    lines = [{"product": "p", "quantity": 3, "unit_price": 3000}]
    events: list[dict[str, Any]] = [
        {"id": "w1", "type": "order.placed", "buyer": "ann", "lines": lines},
        {"id": "w2", "type": "order.paid", "amount": 9000},
        {"id": "w3", "type": "order.confirmed"},
        {"id": "w4", "type": "refund.succeeded", "refund": "r", "amount": 3000},
    ]
    apply_within(
        *(parse_line(json.dumps({**common, **event}).encode()) for event in events),  # type: ignore[arg-type]
        now=now,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_w076_a_crash_behind_the_commit_loses_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """State and delivery were two writes, and a crash between them lost the event for good.

    A program that settles is killed right behind its commit; a worker that starts later delivers.
    """
    request.getfixturevalue(f"{kind}_alias")
    with private_database(kind, tmp_path, migrated=True) as url, receiving() as receiver:
        with default_is(url):
            Endpoint.objects.create(
                id=new_id(),
                shop_name="tea",
                url=receiver.url,
                secret="whsec_c2VjcmV0",
                created_at=clock.now(),
            )
        program = (
            "import os,sys;os.environ['DATABASE_URL']=sys.argv[1];"
            "os.environ['DJANGO_SETTINGS_MODULE']='pinback.config.settings';"
            "import django;django.setup();"
            "from pinback.settlement.recording import settle_and_tell;"
            "from pinback.settlement.actions import Incoming;"
            "from pinback.rules.reading import parse_line;from pinback.kit import clock;"
            'line=b\'{"id":"e","type":"shop.opened","at":"2026-11-01T10:00:00Z","shop":"tea"}\';'
            "settle_and_tell([Incoming(1,parse_line(line))],now=clock.now());"
            "os.kill(os.getpid(),9)"
        )
        killed = subprocess.run([sys.executable, "-c", program, url], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert run_pinback("worker", "--once", "--database", url).code == 0
        (got,) = receiver.got
        assert json.loads(got.body)["data"][0]["type"] == "event.applied"
        # A worker that is killed between the answer and its note sends again, under the same id.
        with default_is(url):
            Delivery.objects.update(status="waiting", next_try_at=clock.now(), done_at=None)
        process = start_pinback("worker", "--database", url)
        try:
            until = time.monotonic() + 60
            while len(receiver.got) < 2 and time.monotonic() < until:
                time.sleep(0.05)
        finally:
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(60) == 0
            process.communicate()
        assert len({got.id for got in receiver.got}) == 1
        assert len(receiver.got) == 2


def test_w078_one_failing_subscriber_holds_up_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs and then fails stopped the deliveries to all others."""
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 3)
    with receiving() as one, receiving() as hanging, receiving() as three:

        def hang(got: Got) -> int:
            time.sleep(5)
            return 500

        hanging.answer = hang
        desk.endpoint(one.url)
        failing = desk.endpoint(hanging.url, shop="oil")
        desk.endpoint(three.url, shop="rug")
        for shop in ("tea", "oil", "rug"):
            desk.tell(100, shop=shop)
        delivering.spread(desk.cast.now)
        delivering.begin_turns(desk.cast.now)
        until = time.monotonic() + 60
        while len(one.got) + len(three.got) < 200 and time.monotonic() < until:
            assert len(hanging.got) <= 1
            time.sleep(0.02)
        delivering.finish()
        assert (len(one.got), len(three.got), len(hanging.got)) == (100, 100, 1)
        found = Endpoint.objects.get(pk=failing.pk)
        assert found.next_try_at is not None
        assert found.next_try_at > desk.cast.now
        assert len(desk.deliveries(endpoint=failing, status="waiting")) == 100


def test_w079_it_is_delivered_when_it_was_taken(desk: Desk, receiver: Receiver) -> None:
    """It was marked as done before it succeeded, so the second try was dropped as a duplicate."""
    answers = iter([502, 200])
    receiver.answer = lambda got: next(answers)
    desk.endpoint(receiver.url)
    desk.tell(1)
    desk.round()
    assert Delivery.objects.get().status == "waiting"
    desk.round(minutes=1)
    found = Delivery.objects.get()
    assert (found.status, found.tries) == ("delivered", 2)
    assert len({got.id for got in receiver.got}) == 1


def test_w081_one_id_for_all_copies_and_bounded_tries(desk: Desk, receiver: Receiver) -> None:
    """Duplicates were the norm: the receiver took it, and answered too late each time."""
    receiver.answer = lambda got: 500
    desk.endpoint(receiver.url)
    desk.tell(1)
    for _ in range(3 * MOST_TRIES):
        Endpoint.objects.update(failing_since=None)
        desk.round(hours=20)
    assert len(receiver.got) == MOST_TRIES
    assert len({got.id for got in receiver.got}) == 1
    for tries in range(1, MOST_TRIES - 1):
        assert gap(tries, chance=1) < gap(tries + 1, chance=0)
        assert gap(tries, chance=0) < gap(tries, chance=1)
