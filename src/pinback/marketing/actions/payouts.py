"""Payouts of a shop's proceeds and marketing balance: asked for by the shop, paid or refused by the operator.

What is asked for is never more than the balance less what is asked for already. That is decided with the
shop's
row held, which whatever moves its money holds too, so two requests at one moment cannot both see the same
fen.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_operator, shop_for
from pinback.checkout.models import Deduction
from pinback.kit.history import note_change
from pinback.kit.ids import new_id, take_ids
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.kit.transactions import durable
from pinback.marketing.funds.balances import Balance, balance_of
from pinback.marketing.models import Payout
from pinback.marketing.queries import id_or_not_found
from pinback.marketing.rules import Account, payout_after
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.recording import lock_shops_within


@durable
def request_payout(shop: str, account: Account, amount_minor: int, *, acting: Actor, now: datetime) -> Payout:
    """Ask for an amount of `sales` or `marketing`. Raises NotFound, Forbidden; Refused: it is not there."""
    owner = shop_for(acting, shop, "funds.pay_out")
    lock_shops_within(owner.name)
    check_covered(balance_of(owner, account), amount_minor)
    payout = Payout(
        id=new_id(),
        shop=owner,
        account=account,
        amount_minor=amount_minor,
        person_id=acting.person_id,
        created_at=now,
    )
    payout.save(force_insert=True)
    note_change("payout", payout.pk, before="", after="requested", now=now, person_id=acting.person_id)
    return payout


def check_covered(balance: Balance, amount_minor: int) -> None:
    """Raise Refused at `amount_minor` where a balance does not cover a payout. A page asks it beforehand;
    what counts is the answer with the shop's row held.
    """
    if amount_minor < 1:
        raise Refused("bad_amount", _("An amount is at least 1 fen."), "amount_minor")
    if amount_minor > balance.available_minor:
        raise Refused("not_covered", _("The balance does not cover this."), "amount_minor")


@durable
def withdraw_payout(shop: str, payout: str, *, acting: Actor, now: datetime) -> Payout:
    """Take back what was asked for. Raises NotFound, Forbidden; Conflict: it is decided."""
    owner = shop_for(acting, shop, "funds.pay_out")
    found = _payout(payout)
    if found.shop_id != owner.pk:
        raise NotFound("payout", payout)
    return _move_within(found, "withdrawn", "", acting, now)


@durable
def mark_paid(payout: str, *, note: str, acting: Actor, now: datetime) -> Payout:
    """Note that it was paid, and how; from now on it is a line of the shop's statement.

    Raises NotFound to everybody but the operator; Conflict: it is decided, or the balance has fallen below
    it.
    """
    check_operator(acting)
    found = _payout(payout)
    lock_shops_within(found.shop.name)
    balance = balance_of(found.shop, found.account)
    if found.status == "requested" and found.amount_minor > balance.balance_minor:
        raise Conflict("not_covered", _("The balance has fallen below this since it was asked for."))
    booking_id = _booking_id_within(found)
    return _move_within(found, "paid", note, acting, now, booking_id=booking_id)


@durable
def refuse_payout(payout: str, *, note: str, acting: Actor, now: datetime) -> Payout:
    """Refuse to pay it, and say why. Raises NotFound to all but the operator; Conflict: it is decided."""
    check_operator(acting)
    return _move_within(_payout(payout), "refused", note, acting, now)


def _booking_id_within(payout: Payout) -> int:
    """An id behind all that the shop's accounts have seen, as events get theirs (ADR 0013)."""
    last = SettledShop.objects.filter(name=payout.shop.name).values_list("last_event_id", flat=True).first()
    booked = Payout.objects.filter(shop=payout.shop_id, booking_id__isnull=False).order_by("-booking_id")
    before = booked.values_list("booking_id", flat=True).first()
    deducted = (
        Deduction.objects.filter(shop=payout.shop_id).order_by("-id").values_list("pk", flat=True).first()
    )
    return take_ids(1, after=max(last or 0, before or 0, deducted or 0))[0]


def _payout(payout: str) -> Payout:
    found = Payout.objects.select_related("shop").filter(pk=id_or_not_found("payout", payout)).first()
    if found is None:
        raise NotFound("payout", payout)
    return found


def _move_within(
    payout: Payout, event: str, note: str, acting: Actor, now: datetime, **changes: Any
) -> Payout:
    after = payout_after(payout.status, event)
    moved = after is not None and Payout.objects.filter(pk=payout.pk, status=payout.status).update(
        status=after, note=note[:200], done_at=now, **changes
    )
    if not moved:
        raise Conflict("decided", _("This payout is decided already."))
    assert after is not None
    note_change(
        "payout",
        payout.pk,
        before=payout.status,
        after=after,
        now=now,
        person_id=acting.person_id,
        note=note,
    )
    payout.refresh_from_db()
    return payout
