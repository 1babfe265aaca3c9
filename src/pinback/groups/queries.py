"""Reads of groups: those one can join, one with its members, the group of an order. Groups are public."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, QuerySet

from pinback.catalog.models import Product
from pinback.catalog.queries import id_or_not_found
from pinback.groups.models import Group, Member
from pinback.groups.rules import masked
from pinback.kit.prepared import Prepared
from pinback.kit.refusals import NotFound
from pinback.settlement.models import Order as SettledOrder


class Sitting(NamedTuple):
    """A member as strangers see them."""

    name: str
    is_leader: bool
    joined_at: datetime


class GroupView(NamedTuple):
    """A group as everybody may see it. `members` are those whose orders still stand: one who was refunded
    after the group was complete is none any more, and their seat stays closed.
    """

    group: Group
    product: Product
    seats_left: int
    is_joinable: bool
    members: Sequence[Sitting]


def joinable(product_id: int, *, now: datetime) -> QuerySet[Group]:
    """The groups of a product that have a seat and time left: the fullest, then the soonest to end, first."""
    return Group.objects.filter(
        product_id=product_id, status="forming", expires_at__gt=now, seats_taken__lt=F("size")
    ).order_by("-seats_taken", "expires_at", "id")


def groups_with_seats(product_id: int, *, now: datetime, limit: int = 10) -> Sequence[Group]:
    """Some of the groups one can join."""
    return list(joinable(product_id, now=now).select_related("leader")[:limit])


def others_to_join(product_id: int, *, but: int | None, person_id: int, now: datetime) -> Sequence[int]:
    """Groups of a product that a buyer could join instead of one: those in which they do not sit yet."""
    sits_in = Member.objects.filter(person_id=person_id, left_at=None).values("group_id")
    found = joinable(product_id, now=now).exclude(pk__in=sits_in)
    if but is not None:
        found = found.exclude(pk=but)
    return list(found.values_list("id", flat=True)[:20])


def is_sitting(group_id: int, person_id: int) -> bool:
    """Whether a person has a seat in a group."""
    return Member.objects.filter(group_id=group_id, person_id=person_id, left_at=None).exists()


def group_named(public: str) -> Group:
    """A group by its public id. Raises NotFound."""
    group = (
        Group.objects.select_related("product", "product__shop")
        .filter(pk=id_or_not_found("group", public))
        .first()
    )
    if group is None:
        raise NotFound("group", public)
    return group


def view_of(group: Group, *, now: datetime) -> GroupView:
    """A group with its members."""
    members = list(Member.objects.filter(group=group, left_at=None).select_related("person").order_by("id"))
    gone = set(
        SettledOrder.objects.filter(
            key__in=[member.order_key for member in members], status="refunded"
        ).values_list("key", flat=True)
    )
    sitting = [
        Sitting(masked(member.person.name), member.person_id == group.leader_id, member.joined_at)
        for member in members
        if member.order_key not in gone
    ]
    is_joinable = group.status == "forming" and group.expires_at > now and group.seats_taken < group.size
    seats_left = group.size - group.seats_taken if is_joinable else 0
    return GroupView(group, group.product, seats_left, is_joinable, sitting)


def groups_of_orders(order_keys: Collection[str]) -> Mapping[str, Group]:
    """The groups in which orders have, or had, a seat, by the order's key."""
    return {member.order_key: member.group for member in _seats.all(order_keys=list(order_keys))}


_seats = Prepared(lambda order_keys: Member.objects.filter(order_key__in=order_keys).select_related("group"))


def due_groups(*, now: datetime, limit: int = 100) -> Sequence[int]:
    """Groups whose time is over and that nobody has ended yet."""
    found = Group.objects.filter(status="forming", expires_at__lte=now).order_by("expires_at")
    return list(found.values_list("id", flat=True)[:limit])


def left_to_refund(*, limit: int = 200) -> Sequence[str]:
    """Keys of orders whose group has failed and that still have their seat: they are to be refunded."""
    failed = Group.objects.filter(status="failed", seats_taken__gt=0).values("id")
    found = Member.objects.filter(group_id__in=failed, left_at=None).order_by("id")
    return list(found.values_list("order_key", flat=True)[:limit])
