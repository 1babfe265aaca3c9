"""Share links, and the visits they bring: counted once for a visitor in an hour, by guarded writes.

Nothing of a visitor is kept but a hash, for two days.
"""

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import shop_named
from pinback.catalog.queries import product_on_sale
from pinback.groups.models import Group
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import NotFound
from pinback.kit.transactions import durable
from pinback.marketing import queries
from pinback.marketing.models import Campaign, Link, LinkDay, Visit
from pinback.marketing.rules import LinkKind
from pinback.rules.instants import local_date
from pinback.settlement.moments import instant_of

_HOUR_SECONDS = 3600
_KEPT_HOURS = 48
_MOST_FORGOTTEN = 5_000


@durable
def share(kind: LinkKind, target: str, *, acting: Actor, now: datetime) -> Link:
    """The actor's link to something that everybody can see; the same one each time. Raises NotFound."""
    return _link_within(kind, target, acting.person_id, now)


@durable
def standing_link(kind: LinkKind, target: str, *, now: datetime) -> Link:
    """The link of a page that nobody in particular shares, through which it counts its visits. Raises
    NotFound.
    """
    return _link_within(kind, target, None, now)


def _link_within(kind: LinkKind, target: str, person_id: int | None, now: datetime) -> Link:
    shop, target_id = _target(kind, target, now)
    mine = Link.objects.select_related("shop").filter(kind=kind, target_id=target_id, person_id=person_id)
    found = mine.first()
    if found is not None:
        return found
    link = Link(id=new_id(), shop=shop, kind=kind, target_id=target_id, person_id=person_id, created_at=now)
    try:
        with transaction.atomic():
            link.save(force_insert=True)
    except IntegrityError:
        return mine.get()
    return link


def _target(kind: LinkKind, target: str, now: datetime) -> tuple[Shop, int]:
    """The shop and the id of what a link leads to, if everybody may see it."""
    if kind == "shop":
        shop = shop_named(target)
        return shop, shop.pk
    if kind == "product":
        product = product_on_sale(target)
        return product.shop, product.pk
    id_ = queries.id_or_not_found(kind, target)
    if kind == "group":
        group = Group.objects.select_related("shop").filter(pk=id_).first()
        if group is None:
            raise NotFound("group", target)
        return group.shop, group.pk
    campaign = Campaign.objects.select_related("shop", "activity").filter(pk=id_).first()
    if campaign is None or queries.view_of(campaign, now=now).state in ("draft", "abandoned"):
        raise NotFound("campaign", target)
    return campaign.shop, campaign.pk


@durable
def follow(link: str, *, visitor: str, now: datetime) -> tuple[Link, bool]:
    """Count that a visitor (whatever tells them apart: an address, a device) followed a link; whether they
    counted. Raises NotFound.
    """
    found = queries.link_named(link)
    at = instant_of(now)
    visit = Visit(
        id=new_id(),
        shop=found.shop,
        link=found,
        visitor=_hash_of(found, visitor),
        hour=at // _HOUR_SECONDS,
    )
    try:
        with transaction.atomic():
            visit.save(force_insert=True)
    except IntegrityError:
        return found, False
    _count_within(found, at)
    found.refresh_from_db(fields=["visits"])
    return found, True


def _count_within(link: Link, at: int) -> None:
    Link.objects.filter(pk=link.pk).update(visits=F("visits") + 1)
    day = local_date(at, link.shop.timezone)
    on_day = LinkDay.objects.filter(link=link, day=day)
    if on_day.update(visits=F("visits") + 1):
        return
    try:
        with transaction.atomic():
            LinkDay.objects.create(id=new_id(), shop=link.shop, link=link, day=day, visits=1)
    except IntegrityError:
        on_day.update(visits=F("visits") + 1)


def _hash_of(link: Link, visitor: str) -> str:
    """Hashed with the installation's secret, so that nobody can try addresses out."""
    text = f"{public_id(link.pk)}/{visitor}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()[:40]


def forget_visits(now: datetime) -> int:
    """Delete what is known of visitors after two days; a job. Their number stays."""
    hour = instant_of(now) // _HOUR_SECONDS - _KEPT_HOURS
    old = Visit.objects.filter(hour__lt=hour).order_by("hour").values_list("pk", flat=True)[:_MOST_FORGOTTEN]
    deleted, _by_model = Visit.objects.filter(pk__in=list(old)).delete()
    return deleted
