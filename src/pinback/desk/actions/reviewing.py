"""Reviews: by who has received what they say something of, once for a line."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.checkout.queries import order_of_buyer, state_of
from pinback.desk.models import Review
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.settlement.recording import lock_shops_within


@durable
def review(order: str, line: int, stars: int, text: str, *, acting: Actor, now: datetime) -> Review:
    """Say what one thinks of a line of an order, with 1 to 5 stars.

    Raises NotFound to everybody but the buyer; Refused `not_reviewable`: not received, or refunded in full;
    `unknown_line`, `bad_stars`; Conflict `already_reviewed`.
    """
    found = order_of_buyer(acting, order)
    lock_shops_within(found.shop.name)
    if state_of(found).status != "received":
        raise Refused("not_reviewable", _("Only what was received, and kept, can be reviewed."))
    if not found.items.filter(number=line).exists():
        raise Refused("unknown_line", _("The order has no such line."), "line")
    if not 1 <= stars <= 5:
        raise Refused("bad_stars", _("Give 1 to 5 stars."), "stars")
    made = Review(
        id=new_id(),
        shop=found.shop,
        product_id=found.product_id,
        order_key=found.key,
        line=line,
        person_id=acting.person_id,
        stars=stars,
        text=text,
        at=now,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise Conflict("already_reviewed", _("You have reviewed this already.")) from None
    note_change("review", made.pk, before="", after="shown", now=now, person_id=acting.person_id)
    return made
