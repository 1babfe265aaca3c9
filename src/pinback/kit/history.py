"""Keeps the history of whatever has states: a row for each change, in the transaction of the change."""

from datetime import datetime

from django.db.models import QuerySet

from pinback.kit.ids import new_id
from pinback.kit.models import Change
from pinback.kit.rows import insert
from pinback.kit.transactions import assert_open


def note_change(
    subject: str,
    subject_id: int,
    *,
    before: str,
    after: str,
    now: datetime,
    person_id: int | None = None,
    note: str = "",
) -> None:
    """Note that `subject` (the name of a kind of thing) changed its state; `person_id` None: a timer did."""
    assert_open()
    insert(
        Change(
            id=new_id(),
            subject=subject,
            subject_id=subject_id,
            before=before,
            after=after,
            person_id=person_id,
            at=now,
            note=note[:500],
        )
    )


def changes_of(subject: str, subject_id: int) -> QuerySet[Change]:
    """The changes of one thing, the first one first."""
    return Change.objects.filter(subject=subject, subject_id=subject_id).order_by("id")
