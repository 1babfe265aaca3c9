"""The operator's standards: they can be stricter than settlement's, never looser."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_operator
from pinback.kit.history import note_change
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import assert_open, durable
from pinback.marketing.models import Standards
from pinback.marketing.rules import Standard, strictest

_FIRST = 1


@durable
def set_standards(standard: Standard, *, version: int, acting: Actor, now: datetime) -> Standards:
    """Ask this of every campaign from now on; those that are paid stay as they are.

    Raises NotFound to everybody but the operator; Refused: below settlement's floor, at its field; Conflict
    `stale`.
    """
    check_operator(acting)
    check_not_looser_within(standard, Standard())
    Standards.objects.get_or_create(id=_FIRST)
    changed = Standards.objects.filter(pk=_FIRST, version=version).update(
        **standard._asdict(), version=version + 1
    )
    if not changed:
        raise Conflict("stale", _("Somebody changed this meanwhile; look at it again."))
    note_change(
        "standards",
        _FIRST,
        before=str(version),
        after=str(version + 1),
        now=now,
        person_id=acting.person_id,
        note=", ".join(f"{name} {value}" for name, value in standard._asdict().items()),
    )
    return Standards.objects.get(pk=_FIRST)


def check_not_looser_within(standard: Standard, floor: Standard) -> None:
    """Raise Refused `below_the_floor` at the first field in which a standard asks for less than the floor."""
    assert_open()
    strict = strictest([standard, floor])
    for name, value in standard._asdict().items():
        if value != getattr(strict, name):
            raise Refused(
                "below_the_floor", _("This asks for less than the standard that holds anyway."), name
            )
    if standard.least_rebate_percent > 100 or standard.most_valid_days < 1:
        raise Refused("impossible", _("No campaign could meet this."), "least_rebate_percent")
