"""Shops, their staff and their keys."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, ConfigDict, Field

from pinback.accounts import actions
from pinback.accounts.models import Credential, Person, Shop, Staff
from pinback.accounts.queries import shop_for, shop_named
from pinback.api.accounts import PasswordLink
from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in, buyer_in
from pinback.kit import clock
from pinback.kit.ids import id_of, public_id
from pinback.kit.paging import page_of
from pinback.kit.refusals import NotFound

router = Router(tags=["Shops"])

Role = Literal["owner", "marketing", "service", "warehouse", "finance"]


class Input(Schema):
    """What is sent: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


def _id(what: str, public: str) -> int:
    try:
        return id_of(public)
    except ValueError:
        raise NotFound(what) from None


class NewShop(Input):
    """A shop to open."""

    name: str = Field(
        min_length=2,
        max_length=40,
        description="its id: lower-case letters, digits, hyphens",
        examples=["tea"],
    )
    title: str = Field(min_length=1, max_length=60, examples=["Tea house"])
    timezone: str = Field("Asia/Shanghai", max_length=64)


class ShopChange(Input):
    """What a shop says of itself; `version` as it was read."""

    title: str = Field(min_length=1, max_length=60)
    about: str = Field("", max_length=2000)
    version: int = Field(ge=1, le=2**31 - 2)


class ShopInfo(Schema):
    """A shop of the market."""

    name: str
    title: str
    about: str
    timezone: str
    status: str
    version: int


def _shop(shop: Shop) -> ShopInfo:
    return ShopInfo(
        name=shop.name,
        title=shop.title,
        about=shop.about,
        timezone=shop.timezone,
        status=shop.status,
        version=shop.version,
    )


@router.post("/shops", response={201: ShopInfo}, summary="Open a shop")
def open_shop(request: HttpRequest, given: NewShop) -> Status[ShopInfo]:
    """Open a shop; you are its owner. Its name stays as it is."""
    owner = Person.objects.get(pk=buyer_in(request).person_id)
    return Status(201, _shop(actions.open_shop(**given.dict(), owner=owner, now=clock.now())))


@router.get("/shops/{shop}", response=ShopInfo, auth=None, summary="A shop")
def show_shop(request: HttpRequest, shop: str) -> ShopInfo:
    """A shop as everybody sees it."""
    return _shop(shop_named(shop))


@router.put("/shops/{shop}", response=ShopInfo, summary="Change a shop")
def change_shop(request: HttpRequest, shop: str, given: ShopChange) -> ShopInfo:
    """Change what a shop says of itself. `stale`: it was changed since you read it."""
    acting = actor_in(request)
    return _shop(actions.change_shop(shop, **given.dict(), acting=acting))


class StaffIn(Input):
    """Somebody who is to work for the shop."""

    login: str = Field(max_length=254, examples=["walt@example.com"])
    role: Role


class RoleIn(Input):
    """A role."""

    role: Role


class StaffOut(Schema):
    """Somebody who works for the shop."""

    person: str
    name: str
    login: str
    role: str
    since: datetime


class StaffList(Schema):
    """A page of staff."""

    items: list[StaffOut]
    next: str | None


def _staff(row: Staff) -> StaffOut:
    return StaffOut(
        person=public_id(row.person_id),
        name=row.person.name,
        login=row.person.login,
        role=row.role,
        since=row.created_at,
    )


@router.get("/shops/{shop}/staff", response=StaffList, summary="Staff")
def list_staff(
    request: HttpRequest,
    shop: str,
    cursor: Annotated[str | None, Query(None)],
    limit: Annotated[int, Query(20, ge=1, le=100)],
) -> StaffList:
    """Who works for the shop, and as what."""
    found = shop_for(actor_in(request), shop, "staff.write")
    page = page_of(Staff.objects.filter(shop=found).select_related("person"), cursor=cursor, limit=limit)
    return StaffList(items=[_staff(row) for row in page.rows], next=page.next_cursor)


@router.post("/shops/{shop}/staff", response={201: StaffOut}, summary="Add staff")
def add_staff(request: HttpRequest, shop: str, given: StaffIn) -> Status[StaffOut]:
    """Let somebody who is registered work for the shop."""
    return Status(
        201, _staff(actions.add_staff(shop, **given.dict(), acting=actor_in(request), now=clock.now()))
    )


@router.put("/shops/{shop}/staff/{person}", response=StaffOut, summary="Change a role")
def change_role(request: HttpRequest, shop: str, person: str, given: RoleIn) -> StaffOut:
    """Give somebody another role. `last_owner`: a shop needs one."""
    acting = actor_in(request)
    changed = actions.change_role(shop, _id("staff", person), role=given.role, acting=acting)
    return _staff(changed)


@router.post(
    "/shops/{shop}/staff/{person}/password-link",
    response={201: PasswordLink},
    summary="A link for a new password",
)
@own_transactions("passed over")  # An answer that is kept would keep the link.
def make_staff_link(request: HttpRequest, shop: str, person: str) -> Status[PasswordLink]:
    """Make a one-time link for a member of staff, and give it to them yourself. `more_than_staff`: there is
    more in their account than the work for this shop, so the operator makes it.
    """
    acting = actor_in(request)
    path = actions.make_staff_link(shop, _id("staff", person), acting=acting, now=clock.now())
    return Status(201, PasswordLink(link=request.build_absolute_uri(path)))


@router.delete("/shops/{shop}/staff/{person}", response={204: None}, summary="Remove staff")
def remove_staff(request: HttpRequest, shop: str, person: str) -> Status[None]:
    """Somebody works for the shop no more; keys they made for it end. `last_owner`: a shop needs one."""
    actions.remove_staff(shop, _id("staff", person), acting=actor_in(request), now=clock.now())
    return Status(204, None)


class KeyIn(Input):
    """A key to make."""

    name: str = Field(min_length=1, max_length=60, examples=["stock keeping"])
    scopes: list[str] = Field(max_length=20, examples=[["orders.read"]])
    expires_at: AwareDatetime | None = None


class KeyOut(Schema):
    """A key of the shop; `prefix` is how it begins."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKey(KeyOut):
    """A key that was made just now, with its secret: it is shown this once."""

    secret: str


class KeyList(Schema):
    """A page of keys."""

    items: list[KeyOut]
    next: str | None


def _key(row: Credential) -> KeyOut:
    return KeyOut(
        id=public_id(row.pk),
        name=row.name,
        prefix=row.prefix,
        scopes=list(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


@router.get("/shops/{shop}/keys", response=KeyList, summary="Keys")
def list_keys(
    request: HttpRequest,
    shop: str,
    cursor: Annotated[str | None, Query(None)],
    limit: Annotated[int, Query(20, ge=1, le=100)],
) -> KeyList:
    """The keys of the shop, the newest first, those that were revoked too."""
    found = shop_for(actor_in(request), shop, "keys.write")
    page = page_of(Credential.objects.filter(shop=found, kind="key"), cursor=cursor, limit=limit)
    return KeyList(items=[_key(row) for row in page.rows], next=page.next_cursor)


@router.post("/shops/{shop}/keys", response={201: NewKey}, summary="Make a key")
@own_transactions("passed over")  # An answer that is kept would keep the secret.
def make_key(request: HttpRequest, shop: str, given: KeyIn) -> Status[NewKey]:
    """Make a key for a program of the shop. Its secret is shown this once; there is no Idempotency-Key."""
    key, secret = actions.make_key(shop, **given.dict(), acting=actor_in(request), now=clock.now())
    return Status(201, NewKey(**_key(key).dict(), secret=secret))


@router.delete("/shops/{shop}/keys/{key}", response={204: None}, summary="Revoke a key")
def revoke_key(request: HttpRequest, shop: str, key: str) -> Status[None]:
    """End a key at once."""
    actions.revoke_key(shop, _id("key", key), acting=actor_in(request), now=clock.now())
    return Status(204, None)
