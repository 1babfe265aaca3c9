"""Groups: public, so that a link to one can be shared; names of members are masked."""

from datetime import datetime
from typing import Annotated, cast

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from pinback.api.catalog import OpenGroup, open_group
from pinback.catalog.queries import product_on_sale
from pinback.groups.queries import GroupView, group_named, groups_with_seats, view_of
from pinback.groups.rules import GroupStatus
from pinback.kit import clock
from pinback.kit.ids import public_id

router = Router(tags=["Groups"])


class MemberOut(Schema):
    """A member as strangers see them."""

    name: str = Field(examples=["A**"])
    is_leader: bool
    joined_at: datetime


class GroupOut(Schema):
    """A group, with what a link to it shows."""

    group: str
    product: str
    shop: str
    title: str
    status: GroupStatus
    size: int
    seats_left: int = Field(description="0 when nobody can join any more")
    is_joinable: bool
    opened_at: datetime
    expires_at: datetime
    members: list[MemberOut]


@router.get("/groups/{group}", response=GroupOut, auth=None, summary="A group")
def group(request: HttpRequest, group: str) -> GroupOut:
    """A group with its product, seats, time and members."""
    return group_out(view_of(group_named(group), now=clock.now()))


@router.get(
    "/products/{product}/groups", response=list[OpenGroup], auth=None, summary="Groups of a product to join"
)
def groups_of_product(
    request: HttpRequest,
    product: str,
    limit: Annotated[int, Query(10, ge=1, le=100)],
) -> list[OpenGroup]:
    """Groups that have a seat and time left, the fullest first."""
    found = groups_with_seats(product_on_sale(product).pk, now=clock.now(), limit=limit)
    return [open_group(one) for one in found]


def group_out(view: GroupView) -> GroupOut:
    """A group as it is shown."""
    found, product, seats_left, is_joinable, members = view
    return GroupOut(
        group=public_id(found.pk),
        product=public_id(product.pk),
        shop=product.shop.name,
        title=product.title,
        status=cast(GroupStatus, found.status),
        size=found.size,
        seats_left=seats_left,
        is_joinable=is_joinable,
        opened_at=found.opened_at,
        expires_at=found.expires_at,
        members=[
            MemberOut(name=member.name, is_leader=member.is_leader, joined_at=member.joined_at)
            for member in members
        ],
    )
