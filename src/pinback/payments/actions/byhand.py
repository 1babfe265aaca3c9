"""What the operator decides: money out that failed is sent again or paid by hand, an anomaly is resolved."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_operator
from pinback.kit import clock
from pinback.kit.history import note_change
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.kit.transactions import after_commit, durable
from pinback.payments.actions.locking import lock_for_out_within
from pinback.payments.actions.sending import next_number, tell_confirmed_within, try_to_send
from pinback.payments.models import Anomaly, MoneyOut
from pinback.payments.rules import out_after


@durable
def retry_out(out_id: int, *, acting: Actor, now: datetime) -> MoneyOut:
    """Send money out that failed or bounced once more. Raises Conflict: it did neither."""
    check_operator(acting)
    out = _out(out_id)
    changes = {"next_try_at": now, "tries": 0, "problem": ""}
    # What came back has used its number up; what was declined may go out under the same one.
    if out.status == "bounced":
        changes |= next_number(out)
    _move(out, "retried", changes, acting=acting, now=now, note="")
    after_commit(lambda: _try_now(out_id))
    return _out(out_id)


@durable
def pay_by_hand(out_id: int, *, note: str, acting: Actor, now: datetime) -> MoneyOut:
    """Note that failed or bounced money was paid another way; `note` says how. Raises Conflict: it did
    neither.
    """
    check_operator(acting)
    if not note.strip():
        raise Refused("note_needed", _("Say how it was paid."), "note")
    # The shops first, as whoever learns of money does: telling of it settles.
    lock_for_out_within(_out(out_id))
    out = _out(out_id)
    _move(
        out,
        "paid_by_hand",
        {"done_at": now, "by_hand": True, "next_try_at": None},
        acting=acting,
        now=now,
        note=note,
    )
    out = _out(out_id)
    tell_confirmed_within(out, now=now)
    return out


@durable
def resolve_anomaly(anomaly_id: int, *, note: str, acting: Actor, now: datetime) -> Anomaly:
    """Note that an anomaly was looked at, and what was done. Raises Conflict: it was resolved already."""
    check_operator(acting)
    anomaly = Anomaly.objects.filter(pk=anomaly_id).first()
    if anomaly is None:
        raise NotFound("anomaly")
    resolved = _open_one(anomaly_id).update(resolved_at=now, resolved_by=acting.person_id, note=note[:500])
    if not resolved:
        raise Conflict("already_resolved", _("This was resolved already."))
    anomaly.refresh_from_db()
    return anomaly


def _open_one(anomaly_id: int) -> QuerySet[Anomaly]:
    return Anomaly.objects.filter(pk=anomaly_id, resolved_at=None)


def _out(out_id: int) -> MoneyOut:
    out = MoneyOut.objects.select_related("payment", "shop", "whole").filter(pk=out_id).first()
    if out is None:
        raise NotFound("money out")
    return out


def _move(
    out: MoneyOut, event: str, changes: dict[str, object], *, acting: Actor, now: datetime, note: str
) -> None:
    after = out_after(out.status, event)
    moved = after is not None and MoneyOut.objects.filter(pk=out.pk, status=out.status).update(
        status=after, **changes
    )
    if not moved:
        raise Conflict("wrong_state", _("This is not waiting for anybody to decide."))
    assert after is not None
    note_change(
        "money_out", out.pk, before=out.status, after=after, now=now, person_id=acting.person_id, note=note
    )


def _try_now(out_id: int) -> None:
    try_to_send(out_id, now=clock.now())
