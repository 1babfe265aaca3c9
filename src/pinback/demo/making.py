"""Makes the demo market once, in the open database, and counts what there is."""

import gc
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from django.db import connection
from django.db.models import Count

from pinback.accounts.models import Person, Shop
from pinback.checkout.models import Order
from pinback.delivery.models import Parcel
from pinback.demo.plan import CAMPAIGNS, FULL, OPERATOR_LOGIN, SMALL
from pinback.demo.stage import set_stage
from pinback.demo.story import Story
from pinback.desk.models import Case
from pinback.groups.models import Group
from pinback.kit.history import note_change
from pinback.kit.models import Change
from pinback.kit.transactions import durable
from pinback.marketing.models import Campaign
from pinback.marketing.queries import views_of
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Refund, Voucher

_MARK = "demo"
_HURRY = {
    "sqlite": ("PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF"),
    "postgresql": ("RESET synchronous_commit", "SET synchronous_commit = off"),
}
"""How each database is told to wait for the disk, and not to."""


class HalfMade(Exception):
    """A market whose making was broken off is in the database."""


def is_made() -> bool:
    """Whether the database has a demo market. Raises HalfMade."""
    if Change.objects.filter(subject=_MARK, after="made").exists():
        return True
    if Person.objects.filter(login=OPERATOR_LOGIN).exists():
        raise HalfMade
    return False


def make_market(seed: int, *, is_small: bool, until: datetime) -> None:
    """Make the market, up to `until`. The same seed and end make the same market, but for its ids and
    pictures' names.
    """
    size = SMALL if is_small else FULL
    chance = Random(seed)  # noqa: S311 - a story, no secret
    since = until - timedelta(days=size.days)
    with _hurried(), _quiet():
        stage = set_stage(size, chance, now=since)
        story = Story(stage, chance, until=until)
        story.begin(size, [plan for plan in CAMPAIGNS if plan.shop < size.shops], since=since)
        story.tell()
    # Waiting for the disk again: with the mark everything before it is there to stay.
    _mark(seed, until)


def figures(now: datetime) -> Mapping[str, Mapping[str, int]]:
    """How many there are of everything, by state."""
    shops = list(Shop.objects.values_list("name", flat=True))
    mine = SettledOrder.objects.filter(shop__name__in=shops)
    return {
        "market": {
            "shops": len(shops),
            "buyers": Person.objects.filter(login__startswith="buyer").count(),
            "orders": Order.objects.count(),
            "parcels": Parcel.objects.count(),
        },
        "orders": _by_status(mine.values_list("status").annotate(Count("pk")).order_by("status")),
        "groups": _by_status(Group.objects.values_list("status").annotate(Count("pk")).order_by("status")),
        "campaigns": _campaigns(now),
        "vouchers": _by_status(
            Voucher.objects.filter(shop__name__in=shops)
            .values_list("status")
            .annotate(Count("pk"))
            .order_by("status")
        ),
        "refunds": _by_status(
            Refund.objects.filter(shop__name__in=shops)
            .values_list("status")
            .annotate(Count("pk"))
            .order_by("status")
        ),
        "cases": _by_status(Case.objects.values_list("state").annotate(Count("pk")).order_by("state")),
    }


def _by_status(rows: object) -> dict[str, int]:
    return {str(status): int(number) for status, number in rows}  # type: ignore[attr-defined]


def _campaigns(now: datetime) -> dict[str, int]:
    """By state; what has ended by why it did."""
    views = views_of(Campaign.objects.select_related("shop", "activity").order_by("id"), now=now)
    return dict(Counter(view.settled.ended or view.state for view in views))


@durable
def _mark(seed: int, until: datetime) -> None:
    note_change(_MARK, seed, before="", after="made", now=until)


@contextmanager
def _quiet() -> Iterator[None]:
    """What the log would tell of each payment is the story itself."""
    log = logging.getLogger("pinback")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@contextmanager
def _hurried() -> Iterator[None]:
    """The database need not wait for the disk at each deed of a story that can be told again, and Python need
    not look for cycles all the time.
    """
    slow, quick = _HURRY[connection.vendor]
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, 20, 20)
    with connection.cursor() as cursor:
        cursor.execute(quick)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        with connection.cursor() as cursor:
            cursor.execute(slow)
