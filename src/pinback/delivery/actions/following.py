"""Follows parcels: what carriers say is kept once, and moves a parcel whose status has a place for it."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from pinback.delivery.carriers import carrier_named
from pinback.delivery.carriers.contract import CarrierWord
from pinback.delivery.models import CarrierEvent, Parcel
from pinback.delivery.rules import after_word
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import NotFound
from pinback.kit.transactions import durable

log = logging.getLogger(__name__)

_LOOK_EVERY = timedelta(hours=1)
_FOLLOWED_FOR = timedelta(days=60)
_MOST_AT_ONCE = 100


def take_notice(carrier_name: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> int:
    """Take a carrier's notice; returns how many of its words were news. Raises NotFound: no such carrier;
    Forged; ValueError: it cannot be read.
    """
    carrier = carrier_named(carrier_name)
    if carrier is None:
        raise NotFound("carrier", carrier_name)
    return sum(report(carrier_name, word, now=now) for word in carrier.read_notice(headers, body))


@durable
def report(carrier: str, word: CarrierWord, *, now: datetime) -> int:
    """Keep a carrier's word of each parcel under its tracking number; the same word again is none."""
    parcels = Parcel.objects.filter(carrier=carrier, tracking=word.tracking).order_by("id")
    return sum(_report_within(parcel, word, now=now) for parcel in parcels)


def _report_within(parcel: Parcel, word: CarrierWord, *, now: datetime) -> bool:
    event = CarrierEvent(
        id=new_id(),
        shop_id=parcel.shop_id,
        parcel=parcel,
        number=word.number,
        code=word.code,
        text=word.text,
        happened_at=word.happened_at,
        at=now,
    )
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError:
        return False
    after = after_word(parcel.status, word.code)
    if after is None:
        return True
    delivered = {"delivered_at": word.happened_at} if after == "delivered" else {}
    if Parcel.objects.filter(pk=parcel.pk, status=parcel.status).update(status=after, **delivered):
        note_change("parcel", parcel.pk, before=parcel.status, after=after, now=now, note=word.text)
    return True


def look_due(now: datetime) -> int:
    """Ask carriers for news of parcels whose turn it is; a job. Returns how many were asked about."""
    due = Parcel.objects.filter(next_look_at__lte=now).order_by("next_look_at", "id")
    return sum(_look(parcel, now=now) for parcel in due[:_MOST_AT_ONCE])


def _look(parcel: Parcel, *, now: datetime) -> bool:
    over = parcel.status in ("delivered", "damaged", "refused") or parcel.shipped_at < now - _FOLLOWED_FOR
    following = None if over else now + _LOOK_EVERY
    mine = Parcel.objects.filter(pk=parcel.pk, next_look_at=parcel.next_look_at).update(
        next_look_at=following
    )
    carrier = carrier_named(parcel.carrier)
    if not mine or carrier is None:
        return False
    try:
        words = carrier.look(parcel, now=now)
    except OSError as error:
        log.warning("carrier %s gave no answer: %s", parcel.carrier, error)
        return False
    # Asked again, a carrier tells the whole journey again: most of it is known.
    known = set(CarrierEvent.objects.filter(parcel=parcel).values_list("number", flat=True))
    for word in words:
        if word.number not in known:
            report(parcel.carrier, word, now=now)
    return True
