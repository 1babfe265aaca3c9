"""Writes of endpoints: make, change, pause, resume, new secret, delete; and sending again by hand."""

import base64
import secrets
from datetime import datetime

from django.conf import settings
from django.db.models import F, Max, QuerySet
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.api.models import Delivery, Endpoint
from pinback.api.webhooks import queries
from pinback.api.webhooks.messages import SECRET_PREFIX
from pinback.api.webhooks.rules import MOST_ENDPOINTS, OLD_SECRET_LASTS
from pinback.api.webhooks.sending import checked_url
from pinback.kit import outbox
from pinback.kit.history import note_change
from pinback.kit.ids import new_id, take_ids
from pinback.kit.models import Message
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable

MOST_REPLAYED = 5_000


@durable
def create(shop: str, url: str, topics: list[str], *, acting: Actor, now: datetime) -> Endpoint:
    """A new endpoint, which is sent all news from now on. Raises Refused `bad_url`, `too_many_endpoints`."""
    scope = queries.scope_for(acting, shop)
    if Endpoint.objects.filter(shop_name=scope).count() >= MOST_ENDPOINTS:
        raise Refused("too_many_endpoints", _("A shop has at most ten endpoints."))
    outbox.place()
    return Endpoint.objects.create(
        id=new_id(),
        shop_name=scope,
        url=checked_url(url, sandbox=settings.PINBACK_SANDBOX),
        secret=_new_secret(),
        topics=topics,
        position=Message.objects.aggregate(last=Max("position"))["last"] or 0,
        created_at=now,
    )


@durable
def change(
    shop: str, endpoint: str, url: str, topics: list[str], *, version: int, acting: Actor, now: datetime
) -> Endpoint:
    """Another address, other topics. Raises Refused `bad_url`, Conflict `stale`."""
    found = queries.endpoint_for(acting, shop, endpoint)
    checked = checked_url(url, sandbox=settings.PINBACK_SANDBOX)
    _write(found, version, url=checked, topics=topics, next_try_at=None)
    if checked != found.url:
        _note(found, found.status, "address changed", acting, now)
    return queries.endpoint_for(acting, shop, endpoint)


@durable
def pause(shop: str, endpoint: str, *, acting: Actor, now: datetime) -> Endpoint:
    """Send nothing more for now. What is told meanwhile waits."""
    found = queries.endpoint_for(acting, shop, endpoint)
    if Endpoint.objects.filter(pk=found.pk, status="active").update(status="paused", note="by hand"):
        _note(found, "paused", "by hand", acting, now)
    return queries.endpoint_for(acting, shop, endpoint)


@durable
def resume(shop: str, endpoint: str, *, acting: Actor, now: datetime) -> Endpoint:
    """Send again, from where it was paused."""
    found = queries.endpoint_for(acting, shop, endpoint)
    resumed = Endpoint.objects.filter(pk=found.pk, status="paused").update(
        status="active", note="", failures=0, failing_since=None, next_try_at=None
    )
    if resumed:
        _note(found, "active", "", acting, now)
        Delivery.objects.filter(endpoint=found, status="waiting").update(next_try_at=now)
    return queries.endpoint_for(acting, shop, endpoint)


@durable
def rotate(shop: str, endpoint: str, *, acting: Actor, now: datetime) -> Endpoint:
    """A new secret; the old one signs beside it for a day more."""
    found = queries.endpoint_for(acting, shop, endpoint)
    changed = Endpoint.objects.filter(pk=found.pk, secret=found.secret).update(
        secret=_new_secret(), old_secret=found.secret, old_secret_until=now + OLD_SECRET_LASTS
    )
    if not changed:
        raise Conflict("stale", _("It was changed meanwhile; look again."))
    _note(found, found.status, "new secret", acting, now)
    return queries.endpoint_for(acting, shop, endpoint)


@durable
def delete(shop: str, endpoint: str, *, acting: Actor, now: datetime) -> None:
    """Send nothing there any more, and forget its deliveries."""
    found = queries.endpoint_for(acting, shop, endpoint)
    _note(found, "deleted", "", acting, now)
    Delivery.objects.filter(endpoint=found).delete()
    found.delete()


@durable
def replay_one(shop: str, endpoint: str, delivery: str, *, acting: Actor, now: datetime) -> Delivery:
    """Send one message again, whatever became of it: the same body under the same id."""
    found = queries.delivery_of(queries.endpoint_for(acting, shop, endpoint), delivery)
    _again([found.pk], now)
    found.refresh_from_db()
    return found


@durable
def replay_range(shop: str, endpoint: str, *, first: int, last: int, acting: Actor, now: datetime) -> int:
    """Send all its messages from a position to another again; returns how many. Raises Refused `too_many`."""
    found = queries.endpoint_for(acting, shop, endpoint)
    messages = list(
        messages_for(found)
        .filter(position__gte=first, position__lte=last)
        .order_by("position")[: MOST_REPLAYED + 1]
    )
    if len(messages) > MOST_REPLAYED:
        raise Refused("too_many", _("At most 5000 messages are sent again at once."), "last")
    make_deliveries_within(found, messages, now=now)
    chosen = {message.pk for message in messages}
    known = Delivery.objects.filter(endpoint=found, position__gte=first, position__lte=last)
    _again([pk for pk, message_id in known.values_list("pk", "message_id") if message_id in chosen], now)
    return len(messages)


@durable
def replay_given_up(shop: str, endpoint: str, *, acting: Actor, now: datetime) -> int:
    """Send again what was given up, the oldest first, at most 5000 at once; returns how many."""
    found = queries.endpoint_for(acting, shop, endpoint)
    dead = queries.deliveries_of(found, status="dead").order_by("id").values_list("pk", flat=True)
    ids = list(dead[:MOST_REPLAYED])
    _again(ids, now)
    return len(ids)


def messages_for(endpoint: Endpoint) -> QuerySet[Message]:
    """The placed messages that an endpoint is sent."""
    found = Message.objects.filter(position__isnull=False)
    if endpoint.shop_name:
        found = found.filter(shop=endpoint.shop_name)
    return found.filter(topic__in=endpoint.topics) if endpoint.topics else found


def make_deliveries_within(endpoint: Endpoint, messages: list[Message], *, now: datetime) -> None:
    """Have these messages sent, those left out that are known already."""
    Delivery.objects.bulk_create(
        [
            Delivery(
                id=id_,
                endpoint=endpoint,
                message_id=message.pk,
                position=message.position or 0,
                topic=message.topic,
                next_try_at=now,
                created_at=now,
            )
            for id_, message in zip(take_ids(len(messages)), messages, strict=True)
        ],
        batch_size=500,
        ignore_conflicts=True,
    )


def _again(ids: list[int], now: datetime) -> None:
    for start in range(0, len(ids), 500):
        Delivery.objects.filter(pk__in=ids[start : start + 500]).update(
            status="waiting", tries=0, next_try_at=now, done_at=None
        )


def _write(found: Endpoint, version: int, **values: object) -> None:
    written = Endpoint.objects.filter(pk=found.pk, version=version)
    if not written.update(version=F("version") + 1, **values):
        raise Conflict("stale", _("It was changed meanwhile; look again."), "version")


def _note(found: Endpoint, after: str, note: str, acting: Actor, now: datetime) -> None:
    note_change(
        "endpoint",
        found.pk,
        before=found.status,
        after=after,
        person_id=acting.person_id,
        note=note,
        now=now,
    )


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
