"""Compensation: money a shop gives with an apology, within its limits; settled when the provider confirmed
it (section 5.4).
"""

from datetime import datetime, timedelta

from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.queries import shop_for
from pinback.checkout.models import Order
from pinback.checkout.settling import settle_within
from pinback.desk.models import Compensation, Limits
from pinback.desk.queries import COMPENSATION, order_to_compensate
from pinback.desk.rules import speaks_of_reviews
from pinback.kit.history import note_change
from pinback.kit.ids import id_of, new_id, public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.payments.actions import pay_out_within
from pinback.payments.models import MoneyOut
from pinback.payments.queries import is_money_out_on_its_way, succeeded_payment
from pinback.rules.decisions import EventRefused
from pinback.rules.events import CompensationPaid
from pinback.settlement.actions import Incoming, preview
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import lock_orders_within, lock_shops_within

_DAY = timedelta(days=1)


@durable
def compensate(
    order: str, amount_minor: int, *, reason: str, apology: str, acting: Actor, now: datetime
) -> Compensation:
    """Pay a buyer something to make up for something. The limits count all that was given for the order, and
    in the shop within 24 hours.

    Raises NotFound, Forbidden; Refused `tied_to_review`, `above_order_limit`, `above_day_limit`, `not_paid`,
    and section 10; Conflict `money_on_its_way`: first other money has to arrive.
    """
    found = order_to_compensate(acting, order)
    lock_orders_within([found.key])
    if speaks_of_reviews(f"{reason} {apology}"):
        raise Refused("tied_to_review", _("Compensation must not be tied to a review."), "apology")
    _check_limits(found, amount_minor, now)
    paid = succeeded_payment("order", found.key)
    if paid is None:
        raise Refused("not_paid", _("No payment of this order came in here, so none can go back."))
    if is_money_out_on_its_way(paid):
        raise Conflict(
            "money_on_its_way", _("Other money of this order is on its way; wait for it to arrive.")
        )
    given = Compensation(
        id=new_id(),
        shop=found.shop,
        order_key=found.key,
        person_id=acting.person_id,
        amount_minor=amount_minor,
        reason=reason,
        apology=apology,
        at=now,
    )
    (decisions,), _state = preview([Incoming(1, _event(given, now))])
    if isinstance(decisions[0], EventRefused):
        raise Refused(decisions[0].code, decisions[0].detail, "amount_minor")
    given.save(force_insert=True)
    id_ = public_id(given.pk)
    pay_out_within(
        paid,
        purpose=COMPENSATION,
        subject=f"{found.shop.name}/{id_}",
        amount_minor=amount_minor,
        terms={"order": found.key, "compensation": id_},
        now=now,
    )
    note_change(
        "compensation", given.pk, before="", after="sending", now=now, person_id=acting.person_id, note=reason
    )
    return given


def _check_limits(order: Order, amount_minor: int, now: datetime) -> None:
    limits = Limits.objects.filter(shop_id=order.shop_id).first() or Limits(shop=order.shop)
    given = Compensation.objects.filter(shop_id=order.shop_id)
    for_order = given.filter(order_key=order.key).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    if for_order + amount_minor > limits.order_minor:
        raise Refused(
            "above_order_limit", _("That is more than the shop gives for an order."), "amount_minor"
        )
    today = given.filter(at__gt=now - _DAY).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    if today + amount_minor > limits.day_minor:
        raise Refused("above_day_limit", _("That is more than the shop gives in a day."), "amount_minor")


def _event(given: Compensation, now: datetime) -> CompensationPaid:
    shop, _slash, order = given.order_key.partition("/")
    return CompensationPaid(
        id=f"{public_id(given.pk)}-paid",
        at=instant_of(now),
        shop=shop,
        order=order,
        amount=given.amount_minor,
        reason=given.reason,
    )


def confirmed(money_out: MoneyOut, now: datetime) -> None:
    """The provider has confirmed the money of a compensation: it is settled, once."""
    given = Compensation.objects.get(pk=id_of(money_out.terms["compensation"]))
    lock_orders_within([given.order_key])
    settle_within(_event(given, now), now=now)
    note_change("compensation", given.pk, before="sending", after="paid", now=now)


def failed(money_out: MoneyOut, now: datetime) -> None:
    """The money of a compensation could not be sent, or came back: it is seen, until it is sent again."""
    given_id = id_of(money_out.terms["compensation"])
    note_change(
        "compensation", given_id, before="sending", after=money_out.status, now=now, note=money_out.problem
    )


@durable
def set_limits(
    shop: str, *, order_minor: int, day_minor: int, version: int, acting: Actor, now: datetime
) -> Limits:
    """The owner says how much may be given for an order, and in 24 hours. Raises NotFound, Forbidden;
    Conflict `stale`.
    """
    found = shop_for(acting, shop, "staff.write")
    lock_shops_within(shop)
    Limits.objects.get_or_create(shop=found)
    updated = Limits.objects.filter(shop=found, version=version).update(
        order_minor=order_minor, day_minor=day_minor, version=F("version") + 1
    )
    if not updated:
        raise Conflict("stale", _("Somebody else changed this just now; look at it again."))
    note_change(
        "limits",
        found.pk,
        before="",
        after="set",
        now=now,
        person_id=acting.person_id,
        note=f"{order_minor}/{day_minor}",
    )
    return Limits.objects.get(shop=found)
