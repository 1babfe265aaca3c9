"""Delivers: messages become deliveries, deliveries are sent, each endpoint by one worker at a time.

A worker takes an endpoint by a lease, sends what is due there one after the other, and gives it back at its
first failure: the endpoint is left alone for a while, and a receiver that hangs keeps one thread for one
time-out. A delivery is done when a 2xx answer is there, and noted after it: a worker that dies between the
two leaves a delivery that is sent again, under the same id.
"""

import json
import logging
import random
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from pinback.api.models import Delivery, Endpoint
from pinback.api.webhooks.actions import make_deliveries_within, messages_for
from pinback.api.webhooks.messages import body_of, signed_headers
from pinback.api.webhooks.rules import endpoint_gap, gap, is_dead, is_to_pause
from pinback.api.webhooks.sending import Outcome, send
from pinback.kit import outbox
from pinback.kit.history import note_change
from pinback.kit.ids import new_id, public_id
from pinback.kit.models import Message
from pinback.kit.transactions import durable

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than one try can take; it is renewed before each."""
PAUSED_TOPIC = "webhooks.paused"
TEST_TOPIC = "test"
_THREADS = 8
_MOST_SPREAD = 1_000
_MOST_SENT_IN_A_TURN = 200
_TURN_SECONDS = 15
_WAIT_SECONDS = 0.2

_lock = Lock()
_pool: ThreadPoolExecutor | None = None
_turns: dict[int, Future[int]] = {}


def deliver_due(now: datetime) -> int:
    """Begin a turn for each endpoint that has something to send; returns how many were begun. Turns go on
    after this returns: nobody waits for the slow.
    """
    spread(now)
    begun = begin_turns(now)
    wait(begun, timeout=_WAIT_SECONDS)
    return len(begun)


def finish() -> None:
    """Wait for all turns that were begun, and let go of the threads."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.shutdown(wait=True)


def spread(now: datetime) -> int:
    """Make deliveries of the messages that came since; returns how many messages were looked at."""
    outbox.place()
    return sum(
        _spread_to(pk, now) for pk in Endpoint.objects.filter(status="active").values_list("pk", flat=True)
    )


@durable
def _spread_to(endpoint_id: int, now: datetime) -> int:
    endpoint = Endpoint.objects.filter(pk=endpoint_id, status="active").first()
    if endpoint is None:
        return 0
    found = messages_for(endpoint).filter(position__gt=endpoint.position)
    messages = list(found.order_by("position")[:_MOST_SPREAD])
    if not messages:
        return 0
    moved = Endpoint.objects.filter(pk=endpoint.pk, position=endpoint.position, status="active")
    # Another worker was here first: what it made is made.
    if not moved.update(position=messages[-1].position):
        return 0
    make_deliveries_within(endpoint, messages, now=now)
    return len(messages)


def begin_turns(now: datetime) -> list[Future[int]]:
    """Begin a turn for each endpoint that is due, free, and not at work here already."""
    global _pool  # noqa: PLW0603 - the threads of this process
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), status="waiting", next_try_at__lte=now)
    free = _free(now) & (Q(next_try_at=None) | Q(next_try_at__lte=now))
    ids = list(Endpoint.objects.filter(free, Exists(due), status="active").values_list("pk", flat=True))
    with _lock:
        for pk in [pk for pk, turn in _turns.items() if turn.done()]:
            del _turns[pk]
        if _pool is None:
            _pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="pinback-webhooks")
        begun = {pk: _pool.submit(_turn, pk, now) for pk in ids if pk not in _turns}
        _turns.update(begun)
        return list(begun.values())


def _free(now: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lt=now)


def _turn(endpoint_id: int, now: datetime) -> int:
    """Send what is due at an endpoint until something fails; returns how much was taken."""
    try:
        if not Endpoint.objects.filter(_free(now), pk=endpoint_id, status="active").update(
            leased_until=now + LEASE
        ):
            return 0
        try:
            return _send_due(endpoint_id, now)
        finally:
            Endpoint.objects.filter(pk=endpoint_id).update(leased_until=None)
    except Exception:
        log.exception("a turn of webhooks failed")
        return 0
    finally:
        connection.close()


def _send_due(endpoint_id: int, now: datetime) -> int:
    began, taken = time.monotonic(), 0
    due = Delivery.objects.filter(endpoint=endpoint_id, status="waiting", next_try_at__lte=now)
    for delivery in list(due.order_by("next_try_at", "id")[:_MOST_SENT_IN_A_TURN]):
        passed = timedelta(seconds=int(time.monotonic() - began))
        endpoint = Endpoint.objects.filter(pk=endpoint_id, status="active").first()
        if endpoint is None or passed.seconds >= _TURN_SECONDS:
            break
        Endpoint.objects.filter(pk=endpoint_id).update(leased_until=now + passed + LEASE)
        if not _try(endpoint, delivery, now + passed):
            break
        taken += 1
    return taken


def _try(endpoint: Endpoint, delivery: Delivery, now: datetime) -> bool:
    """Send one, note how it went; whether to go on."""
    message = Message.objects.filter(pk=delivery.message_id).first()
    if message is None:
        Delivery.objects.filter(pk=delivery.pk).update(
            status="dead", done_at=now, last_answer="the message is not kept any more"
        )
        return True
    outcome = send(endpoint.url, *_signed(endpoint, message, now), sandbox=settings.PINBACK_SANDBOX)
    if outcome.taken:
        _note_taken(endpoint, delivery, outcome, now)
    else:
        _note_failed(endpoint, delivery, outcome, now)
    return outcome.taken


def try_out(endpoint: Endpoint, *, now: datetime) -> Outcome:
    """Send an endpoint a signed message of topic `test` once, and say how it was answered; outside of a
    transaction, for it takes as long as the endpoint does. It is no news: nothing of it is kept.
    """
    message = Message(id=new_id(), shop=endpoint.shop_name, topic=TEST_TOPIC, body='{"test":true}', at=now)
    return send(endpoint.url, *_signed(endpoint, message, now), sandbox=settings.PINBACK_SANDBOX)


def _signed(endpoint: Endpoint, message: Message, now: datetime) -> tuple[bytes, dict[str, str]]:
    body = body_of(message)
    secrets = [endpoint.secret]
    if endpoint.old_secret_until is not None and now < endpoint.old_secret_until:
        secrets.append(endpoint.old_secret)
    # Receivers compare the time with a real clock, whatever the sandbox's says.
    headers = signed_headers(public_id(message.pk), body, secrets=secrets, sent_at=int(time.time()))
    return body, {**headers, "Content-Type": "application/json", "User-Agent": "Pinback-Webhooks"}


@durable
def _note_taken(endpoint: Endpoint, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk, status="waiting").update(
        status="delivered", tries=F("tries") + 1, done_at=now, last_answer=outcome.answer[:300]
    )
    if endpoint.failures:
        Endpoint.objects.filter(pk=endpoint.pk).update(failures=0, failing_since=None, next_try_at=None)


@durable
def _note_failed(endpoint: Endpoint, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    chance = random.random()  # noqa: S311 - spreads load, guards nothing
    tries = delivery.tries + 1
    dead = is_dead(tries)
    Delivery.objects.filter(pk=delivery.pk, status="waiting", tries=delivery.tries).update(
        status="dead" if dead else "waiting",
        tries=tries,
        next_try_at=None if dead else now + gap(tries, chance=chance),
        done_at=now if dead else None,
        last_answer=outcome.answer[:300],
    )
    since = endpoint.failing_since or now
    failures = endpoint.failures + 1
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=failures, failing_since=since, next_try_at=now + endpoint_gap(failures, chance=chance)
    )
    if is_to_pause(since, now):
        _pause_within(endpoint, since, outcome, now)


def _pause_within(endpoint: Endpoint, since: datetime, outcome: Outcome, now: datetime) -> None:
    """Pause an endpoint that fails for long, and tell its shop."""
    note = f"failing since {since:%Y-%m-%d %H:%M} UTC: {outcome.answer}"[:300]
    if Endpoint.objects.filter(pk=endpoint.pk, status="active").update(status="paused", note=note):
        note_change("endpoint", endpoint.pk, before="active", after="paused", note=note, now=now)
        told = json.dumps({"endpoint": public_id(endpoint.pk), "url": endpoint.url, "note": note})
        outbox.post_within(endpoint.shop_name, PAUSED_TOPIC, told, now=now)
        log.warning("webhooks to %s are paused: %s", endpoint.url, note)
