"""Moves a case by the table of its states, with what that means for settlement and for money."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.checkout.models import Order
from pinback.checkout.queries import order_with_key
from pinback.checkout.refunds import close_within, start_refund_within
from pinback.desk.models import Case
from pinback.desk.queries import money_out_of, refund_of, terms_of
from pinback.desk.rules import (
    CLOSED,
    CLOSED_WITHOUT_REFUND,
    TRY_AGAIN,
    after,
    deadline_after,
    is_done,
)
from pinback.kit.history import note_change
from pinback.kit.ids import public_id
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import assert_open
from pinback.settlement.recording import lock_orders_within


def locked_within(case: Case) -> Case:
    """The case as it is now, with the shops that it reaches locked: of two clicks the second sees what the
    first did.
    """
    assert_open()
    lock_orders_within([case.order_key])
    return Case.objects.select_related("shop", "buyer").get(pk=case.pk)


def order_of(case: Case) -> Order:
    """The order of a case."""
    order = order_with_key(case.order_key)
    assert order is not None, case.order_key
    return order


def move_within(
    case: Case,
    event: str,
    *,
    now: datetime,
    person_id: int | None = None,
    note: str = "",
    **changed: Any,
) -> Case:
    """Let an event happen to a case, with its shop locked. The same event again changes nothing.

    Raises Conflict `wrong_state`; Refused, as `start_refund_within` does.
    """
    assert_open()
    target = after(case.state, event)
    if target is None:
        if is_done(case.state, event):
            return case
        raise Conflict("wrong_state", _("This case is in another state by now."))
    updated = Case.objects.filter(pk=case.pk, state=case.state, version=case.version).update(
        state=target,
        deadline_at=deadline_after(target, now),
        closed_at=now if target in CLOSED else None,
        version=F("version") + 1,
        **changed,
    )
    if not updated:
        raise Conflict("changed_meanwhile", _("Somebody else changed this just now; try again."))
    note_change("case", case.pk, before=case.state, after=target, now=now, person_id=person_id, note=note)
    moved = Case.objects.select_related("shop", "buyer").get(pk=case.pk)
    if target in CLOSED_WITHOUT_REFUND:
        close_within(order_of(moved), public_id(moved.pk), now=now)
    elif target == "refunding":
        return start_within(moved, now=now)
    return moved


def start_within(case: Case, *, now: datetime) -> Case:
    """Send the money of a case that is `refunding`; where other money of the order is on its way, later."""
    assert_open()
    if money_out_of(case) is None and not _is_settled(case) and not _is_started(case, now):
        Case.objects.filter(pk=case.pk, state="refunding").update(deadline_at=now + TRY_AGAIN)
        case.deadline_at = now + TRY_AGAIN
        return case
    Case.objects.filter(pk=case.pk, state="refunding").update(deadline_at=None)
    case.deadline_at = None
    return arrive_within(case, now=now)


def _is_started(case: Case, now: datetime) -> bool:
    try:
        with transaction.atomic():
            start_refund_within(order_of(case), public_id(case.pk), terms_of(case), now=now)
    except Conflict as error:
        if error.refusal.code != "money_on_its_way":
            raise
        return False
    return True


def arrive_within(case: Case, *, now: datetime) -> Case:
    """Close a case whose refund is settled; of others nothing changes."""
    if case.state == "refunding" and _is_settled(case):
        return move_within(case, "arrive", now=now)
    return case


def _is_settled(case: Case) -> bool:
    refund = refund_of(case)
    return refund is not None and refund.status == "succeeded"
