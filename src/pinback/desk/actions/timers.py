"""What happens to cases when nobody acts: deadlines, refunds that wait, money that arrived."""

import logging
from datetime import datetime

from django.db import transaction

from pinback.desk.actions.moving import arrive_within, locked_within, move_within, start_within
from pinback.desk.models import Case
from pinback.desk.queries import state_of_case
from pinback.desk.rules import after, on_deadline
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 200


def act_on_deadlines(now: datetime) -> int:
    """Let happen what a passed deadline means, and start refunds again that had to wait; a job.

    Returns how many cases were dealt with. A refund that settlement refuses goes to the operator.
    """
    due = Case.objects.filter(closed_at=None, deadline_at__lte=now).order_by("deadline_at", "id")
    ids = list(due.values_list("pk", flat=True)[:_MOST_AT_ONCE])
    return sum(_act(id_, now=now) for id_ in ids)


@durable
def _act(case_id: int, *, now: datetime) -> bool:
    case = locked_within(Case.objects.select_related("shop").get(pk=case_id))
    if case.closed_at is not None or case.deadline_at is None or case.deadline_at > now:
        return False
    try:
        with transaction.atomic():
            if case.state == "refunding":
                start_within(case, now=now)
                return True
            event = on_deadline(case.state, case.kind)
            if event is None:
                return False
            move_within(case, event, now=now, note="the deadline passed")
    except Refused as error:
        log.warning("case %s cannot go on: %s", case_id, error.refusal.code)
        if isinstance(error, Conflict) or after(case.state, "get_stuck") is None:
            return False
        move_within(case, "get_stuck", now=now, note=f"{error.refusal.code}: {error.refusal.detail}")
    return True


def settle_arrived(now: datetime) -> int:
    """Close the cases whose money has arrived; a job. Returns how many."""
    found = Case.objects.select_related("shop").filter(state="refunding", closed_at=None).order_by("id")
    arrived = [case for case in found.iterator() if state_of_case(case) == "refunded"]
    return sum(_arrive(case, now=now) for case in arrived)


@durable
def _arrive(case: Case, *, now: datetime) -> bool:
    before = locked_within(case)
    return before.state != arrive_within(before, now=now).state
