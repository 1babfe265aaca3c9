"""Deliveries: signed, repeated until they are taken, given up in the end, paused, sent again by hand."""

import base64
import hashlib
import hmac
import json
import threading
import time

import pytest
from django.db.models import Q

from pinback.api.models import Delivery, Endpoint
from pinback.api.webhooks import actions, delivering
from pinback.api.webhooks.rules import MOST_TRIES
from pinback.kit.ids import public_id
from pinback.kit.models import Message
from tests.webhooks.desk import Desk
from tests.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.slow


def verified(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As a receiver does it, from the text of Standard Webhooks."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(given == f"v1,{right}" for given in headers["webhook-signature"].split())


def test_a_message_is_sent_once_and_signed(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    desk.tell(3)
    desk.tell(2, shop="oil")
    desk.round()
    desk.round(minutes=5)
    assert len(receiver.got) == 3
    for got in receiver.got:
        message = json.loads(got.body)
        assert (message["topic"], message["shop"], message["id"]) == ("group.succeeded", "tea", got.id)
        assert verified(got.headers, got.body, endpoint.secret)
        assert not verified(got.headers, got.body + b" ", endpoint.secret)
        assert not verified({**got.headers, "webhook-timestamp": "1"}, got.body, endpoint.secret)
        assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 60
    assert [json.loads(got.body)["data"]["number"] for got in receiver.got] == [0, 1, 2]
    assert [delivery.status for delivery in desk.deliveries()] == ["delivered"] * 3


def test_for_a_day_both_secrets_sign(desk: Desk, receiver: Receiver) -> None:
    old = desk.endpoint(receiver.url)
    public, owner = public_id(old.pk), desk.cast.actor("olive")
    new = actions.rotate("tea", public, acting=owner, now=desk.cast.now)
    desk.tell(1)
    desk.round()
    desk.tell(1)
    desk.round(hours=25)
    first, second = receiver.got
    assert [verified(first.headers, first.body, one.secret) for one in (old, new)] == [True, True]
    assert [verified(second.headers, second.body, one.secret) for one in (old, new)] == [False, True]


def test_redirects_are_not_followed(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda got: 307
    desk.endpoint(receiver.url)
    desk.tell(1)
    desk.round()
    assert len(receiver.got) == 1
    assert [delivery.status for delivery in desk.deliveries()] == ["waiting"]


def test_after_eight_tries_it_is_given_up_and_can_be_sent_by_hand(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda got: 500
    endpoint = desk.endpoint(receiver.url)
    desk.tell(1)
    gaps = []
    while not desk.deliveries(status="dead"):
        before = len(receiver.got)
        desk.round()
        assert len(receiver.got) == before + 1
        found = Delivery.objects.get()
        if found.status == "waiting":
            assert found.next_try_at is not None
            gaps.append((found.next_try_at - desk.cast.now).total_seconds())
            desk.cast.now = found.next_try_at
            # It is one message that this receiver does not take.
            Endpoint.objects.update(failing_since=None)
    assert len(receiver.got) == MOST_TRIES
    assert gaps == sorted(gaps)
    assert gaps[-1] > 1000 * gaps[0]
    desk.round(days=1)
    assert len(receiver.got) == MOST_TRIES
    receiver.answer = lambda got: 200
    dead = public_id(Delivery.objects.get().pk)
    actions.replay_one(
        "tea", public_id(endpoint.pk), dead, acting=desk.cast.actor("olive"), now=desk.cast.now
    )
    desk.round()
    assert Delivery.objects.get().status == "delivered"
    assert len({got.id for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1


def test_an_endpoint_that_fails_for_long_is_paused_with_a_notice(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda got: 503
    failing = desk.endpoint(receiver.url)
    desk.tell(2)
    for _ in range(9):
        desk.round(hours=4)
        if desk.status(failing) == "paused":
            break
    assert desk.status(failing) == "paused"
    assert "503" in Endpoint.objects.get(pk=failing.pk).note
    notice = Message.objects.get(topic=delivering.PAUSED_TOPIC)
    assert (notice.shop, json.loads(notice.body)["endpoint"]) == ("tea", public_id(failing.pk))
    count = len(receiver.got)
    desk.tell(3)
    desk.round(days=1)
    assert len(receiver.got) == count
    receiver.answer = lambda got: 200
    actions.resume("tea", public_id(failing.pk), acting=desk.cast.actor("olive"), now=desk.cast.now)
    desk.round()
    desk.round()
    assert all(delivery.status == "delivered" for delivery in desk.deliveries())
    assert len(desk.deliveries()) == 2 + 1 + 3, "the notice among them"


def test_two_workers_at_once_send_once(desk: Desk, receiver: Receiver) -> None:
    def slowly(got: object) -> int:
        time.sleep(0.02)
        return 200

    receiver.answer = slowly
    endpoint = desk.endpoint(receiver.url)
    desk.tell(20)
    delivering.spread(desk.cast.now)
    start = threading.Barrier(4)

    def worker() -> None:
        start.wait()
        # What a worker of another process does: this one's would see that the endpoint is at work here.
        delivering._turn(endpoint.pk, desk.cast.now)

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == 20


def test_without_the_lease_they_send_it_several_times(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    meeting = threading.Barrier(2)

    def together(got: object) -> int:
        try:
            meeting.wait(5)
        except threading.BrokenBarrierError:
            return 500
        return 200

    receiver.answer = together
    endpoint = desk.endpoint(receiver.url)
    desk.tell(1)
    delivering.spread(desk.cast.now)
    monkeypatch.setattr(delivering, "_free", lambda now: Q())
    threads = [threading.Thread(target=delivering._turn, args=(endpoint.pk, desk.cast.now)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == 2
    assert len({got.id for got in receiver.got}) == 1


def test_a_range_is_sent_again(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    desk.tell(6)
    desk.round()
    positions = [delivery.position for delivery in desk.deliveries()]
    assert desk.replay(endpoint, positions[1], positions[3]) == 3
    desk.round()
    ids = [got.id for got in receiver.got]
    assert sorted(ids[6:]) == sorted(ids[1:4])


def test_an_operator_s_endpoint_gets_all_and_topics_choose(desk: Desk) -> None:
    with receiving() as all_news, receiving() as decisions:
        actions.create("*", all_news.url, [], acting=desk.cast.actor("opal"), now=desk.cast.now)
        desk.endpoint(decisions.url, topics=["decisions"])
        desk.tell(1)
        desk.tell(1, shop="oil")
        desk.cast.campaign()
        desk.round()
    assert {json.loads(got.body)["shop"] for got in all_news.got} == {"tea", "oil"}
    kinds = {decision["type"] for got in decisions.got for decision in json.loads(got.body)["data"]}
    assert "campaign.scheduled" in kinds
    assert "group.succeeded" not in {json.loads(got.body)["topic"] for got in decisions.got}
