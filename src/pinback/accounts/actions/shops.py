"""Open a shop, and change what it says of itself."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person, Shop, Staff
from pinback.accounts.queries import shop_for
from pinback.accounts.rules import is_shop_name, is_timezone
from pinback.kit.ids import new_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.rules.events import ShopOpened
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within


@durable
def open_shop(name: str, *, title: str, timezone: str, owner: Person, now: datetime) -> Shop:
    """A new shop with its owner; `name` is its id in addresses and in settlement, for good. Raises Refused
    at `name` or `timezone`.
    """
    if not is_shop_name(name):
        raise Refused("bad_name", _("2 to 40 lower-case letters, digits and hyphens."), "name")
    if not is_timezone(timezone):
        raise Refused("bad_timezone", _("There is no such time zone."), "timezone")
    shop = Shop(id=new_id(), name=name, title=title, timezone=timezone, created_at=now)
    try:
        with transaction.atomic():
            shop.save(force_insert=True)
    except IntegrityError:
        raise Refused("name_taken", _("There is a shop of this name already."), "name") from None
    Staff.objects.create(id=new_id(), shop=shop, person=owner, role="owner", created_at=now)
    apply_within(ShopOpened(id="opened", at=instant_of(now), shop=name, timezone=timezone), now=now)
    return shop


@durable
def change_shop(name: str, *, title: str, about: str, version: int, acting: Actor) -> Shop:
    """Change the title and the text of a shop. Raises Conflict `stale`."""
    shop = shop_for(acting, name, "staff.write")
    updated = Shop.objects.filter(pk=shop.pk, version=version).update(
        title=title, about=about, version=F("version") + 1
    )
    if not updated:
        raise Conflict("stale", _("Somebody changed this meanwhile."), "version")
    shop.refresh_from_db()
    return shop
