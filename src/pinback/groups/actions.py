"""Opening, joining, leaving and ending of groups, each inside the action of the order it belongs to.

A seat is one guarded update of the group's row, which also lets everybody else who wants one wait: so a group
is complete exactly at its size, whatever comes at once. Whoever calls has locked the shop before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.catalog.models import Product
from pinback.groups.models import Group, Member
from pinback.groups.rules import GROUP
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import assert_open

Outcome = Literal["seated", "complete", "full", "over", "sits_already", "none"]


class Seat(NamedTuple):
    """What became of the wish for a seat.

    `seated`; `complete`: it was the last one, `order_keys` has all members' orders; or no seat was taken: the
    group is `full`, its time is `over`, the buyer `sits_already` in it, there is no such group (`none`).
    """

    outcome: Outcome
    group_id: int
    order_keys: Sequence[str] = ()

    @property
    def is_taken(self) -> bool:
        """Whether the buyer sits now."""
        return self.outcome in ("seated", "complete")


def open_within(product: Product, person_id: int, order_key: str, *, now: datetime) -> Group:
    """A new group, whose leader has paid for the first seat."""
    assert_open()
    group = Group(
        id=new_id(),
        shop_id=product.shop_id,
        product=product,
        leader_id=person_id,
        size=product.group_size,
        seats_taken=1,
        opened_at=now,
        expires_at=now + timedelta(hours=product.group_hours),
    )
    group.save(force_insert=True)
    _seat(group, person_id, order_key, now)
    note_change("group", group.pk, before="", after="forming", now=now, person_id=person_id)
    return group


def take_seat_within(group_id: int, person_id: int, order_key: str, *, now: datetime) -> Seat:
    """Take a seat in a group for a paid order; the last one completes the group."""
    assert_open()
    taken = Group.objects.filter(
        pk=group_id, status="forming", expires_at__gt=now, seats_taken__lt=F("size")
    ).update(seats_taken=F("seats_taken") + 1)
    group = Group.objects.filter(pk=group_id).first()
    if group is None:
        return Seat("none", group_id)
    if not taken:
        return Seat("full" if group.status == "complete" else "over", group_id)
    # The group's row is ours until the transaction ends: nobody sits down between this look and the writing.
    if Member.objects.filter(group=group, person_id=person_id, left_at=None).exists():
        Group.objects.filter(pk=group_id).update(seats_taken=F("seats_taken") - 1)
        return Seat("sits_already", group_id)
    _seat(group, person_id, order_key, now)
    if group.seats_taken < group.size:
        return Seat("seated", group_id)
    _end(group, "last seat taken", now, person_id, completed_at=now)
    return Seat("complete", group_id, _sitting(group_id))


def leave_within(order_key: str, *, now: datetime) -> bool:
    """Free the seat of an order in a group that is still forming, or has failed; False where it has none.

    The leader's place goes to the member who has sat longest; a group that nobody is left in has failed. The
    seats of a failed group are those of members who are still to be refunded.
    """
    assert_open()
    member = Member.objects.filter(order_key=order_key, left_at=None).first()
    if member is None:
        return False
    freed = Group.objects.filter(pk=member.group_id, status__in=("forming", "failed")).update(
        seats_taken=F("seats_taken") - 1
    )
    if not freed:
        return False
    if not Member.objects.filter(pk=member.pk, left_at=None).update(left_at=now):
        raise Conflict("wrong_state", _("This seat is free already."))
    group = Group.objects.get(pk=member.group_id)
    if group.status == "failed":
        return True
    first = Member.objects.filter(group=group, left_at=None).order_by("joined_at", "id").first()
    if first is None:
        _end(group, "last member left", now, member.person_id)
    elif group.leader_id == member.person_id:
        Group.objects.filter(pk=group.pk).update(leader_id=first.person_id)
    return True


def fail_within(group_id: int, *, now: datetime) -> bool:
    """Let a group fail whose time is over; False where there is nothing to do any more.

    Its members' orders are to be refunded: `groups.queries.left_to_refund` names them until they have left.
    """
    assert_open()
    group = Group.objects.filter(pk=group_id, status="forming", expires_at__lte=now).first()
    return group is not None and _end_if_forming(group, "time over", now, None)


def _seat(group: Group, person_id: int, order_key: str, now: datetime) -> None:
    Member.objects.create(
        id=new_id(),
        shop_id=group.shop_id,
        group=group,
        person_id=person_id,
        order_key=order_key,
        joined_at=now,
    )


def _sitting(group_id: int) -> Sequence[str]:
    found = Member.objects.filter(group_id=group_id, left_at=None).order_by("joined_at", "id")
    return list(found.values_list("order_key", flat=True))


def _end(
    group: Group, event: str, now: datetime, person_id: int | None, *, completed_at: datetime | None = None
) -> None:
    if not _end_if_forming(group, event, now, person_id, completed_at=completed_at):
        raise Conflict("wrong_state", _("The group has just ended."))


def _end_if_forming(
    group: Group, event: str, now: datetime, person_id: int | None, *, completed_at: datetime | None = None
) -> bool:
    after = GROUP["forming", event]
    ended = Group.objects.filter(pk=group.pk, status="forming").update(
        status=after, completed_at=completed_at
    )
    if ended:
        note_change(
            "group", group.pk, before="forming", after=after, now=now, person_id=person_id, note=event
        )
    return bool(ended)
