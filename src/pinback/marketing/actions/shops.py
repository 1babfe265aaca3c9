"""The operator suspends a shop, which then sells nothing new, and opens it again.

What was bought goes on: groups complete, parcels go out, refunds are decided. Its products are not on sale
(`catalog.queries.on_sale`), so nobody can place an order, and its campaigns cannot be paid.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import check_operator, shop_named
from pinback.kit.history import note_change
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import durable
from pinback.settlement.recording import lock_shops_within


@durable
def suspend_shop(shop: str, *, reason: str, acting: Actor, now: datetime) -> Shop:
    """Let a shop sell nothing new. Raises NotFound to all but the operator; Conflict: it is suspended."""
    return _move(shop, "open", "suspended", reason, acting, now)


@durable
def reopen_shop(shop: str, *, reason: str, acting: Actor, now: datetime) -> Shop:
    """Let a shop sell again. Raises NotFound to all but the operator; Conflict: it is open."""
    return _move(shop, "suspended", "open", reason, acting, now)


def _move(shop: str, before: str, after: str, reason: str, acting: Actor, now: datetime) -> Shop:
    check_operator(acting, "shops.admit")
    found = shop_named(shop)
    # With the shop's row held: a payment of its campaign that comes in now sees one or the other.
    lock_shops_within(found.name)
    found.refresh_from_db()
    moved = Shop.objects.filter(pk=found.pk, status=before).update(status=after, version=found.version + 1)
    if not moved:
        raise Conflict("wrong_state", _("The shop is in that state already."))
    note_change(
        "shop", found.pk, before=before, after=after, now=now, person_id=acting.person_id, note=reason
    )
    found.refresh_from_db()
    return found
