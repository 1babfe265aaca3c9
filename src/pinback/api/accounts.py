"""People and access: registering, signing in and out, who I am, my sessions and addresses."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from pinback.accounts import actions
from pinback.accounts.models import Address, Credential, Person
from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in, buyer_in
from pinback.kit import clock
from pinback.kit.ids import id_of, public_id
from pinback.kit.paging import page_of
from pinback.kit.refusals import NotFound

router = Router(tags=["People"])

Language = Literal["en", "zh-hans"]


class Input(Schema):
    """What is sent: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


def _id(what: str, public: str) -> int:
    try:
        return id_of(public)
    except ValueError:
        raise NotFound(what) from None


class Registration(Input):
    """A new person."""

    login: str = Field(max_length=254, description="phone number or e-mail", examples=["+8613800138000"])
    name: str = Field(min_length=1, max_length=60, examples=["Ann"])
    password: str = Field(min_length=1, max_length=128, examples=["a long sentence"])
    language: Language = "zh-hans"


class SignIn(Input):
    """A login and its password."""

    login: str = Field(max_length=254, examples=["+8613800138000"])
    password: str = Field(max_length=128, examples=["a long sentence"])


class Session(Schema):
    """A session; its secret is sent as `Authorization: Bearer` and shown here only."""

    token: str
    person: str


class Me(Schema):
    """The person who is signed in."""

    person: str
    name: str
    login: str
    language: str
    is_operator: bool
    since: datetime


def _shown(person: Person) -> Me:
    return Me(
        person=public_id(person.pk),
        name=person.name,
        login=person.login,
        language=person.language,
        is_operator=person.is_operator,
        since=person.created_at,
    )


@router.post("/people", response={201: Me}, auth=None, summary="Register")
def register(request: HttpRequest, given: Registration) -> Status[Me]:
    """Become a person of the market, by a phone number or an e-mail address."""
    address = request.META.get("REMOTE_ADDR", "")
    return Status(201, _shown(actions.register(**given.dict(), address=address, now=clock.now())))


@router.post("/session", response={201: Session}, auth=None, summary="Sign in")
@own_transactions("passed over")
def sign_in(request: HttpRequest, given: SignIn) -> Status[Session]:
    """Begin a session with a login and a password. After too many failures this is locked for a while."""
    address = request.META.get("REMOTE_ADDR", "")
    person, token = actions.sign_in(given.login, given.password, address=address, now=clock.now())
    return Status(201, Session(token=token, person=public_id(person.pk)))


class Forgotten(Input):
    """Whose password was forgotten."""

    login: str = Field(max_length=254, description="an e-mail address", examples=["ann@example.com"])


@router.post("/password-links", response={202: None}, auth=None, summary="Forgot the password")
@own_transactions("passed over")
def ask_for_link(request: HttpRequest, given: Forgotten) -> Status[None]:
    """Have a one-time link to a page for a new password mailed, if anybody has this login: the answer is the
    same. `no_mail`: it is no e-mail address, or no mail is sent from here; the operator makes a link then.
    """
    actions.ask_for_link(given.login, address=request.META.get("REMOTE_ADDR", ""), now=clock.now())
    return Status(202, None)


class PasswordLink(Schema):
    """A link for a new password, shown this once. It works once, within 24 hours."""

    link: str


@router.delete("/session", response={204: None}, summary="Sign out")
def sign_out(request: HttpRequest) -> Status[None]:
    """End this session."""
    acting = buyer_in(request)
    actions.end_session(acting.credential_id or 0, acting=acting, now=clock.now())
    return Status(204, None)


@router.get("/me", response=Me, summary="Who I am")
def me(request: HttpRequest) -> Me:
    """The person of this session, or who made this key."""
    return _shown(Person.objects.get(pk=actor_in(request).person_id))


class Profile(Input):
    """What of a person is to change."""

    name: str | None = Field(None, min_length=1, max_length=60)
    language: Language | None = None


@router.patch("/me", response=Me, summary="Change my profile")
def change_profile(request: HttpRequest, given: Profile) -> Me:
    """Change your name or your language."""
    acting = buyer_in(request)
    return _shown(actions.change_profile(**given.dict(), acting=acting))


class NewPassword(Input):
    """The password so far, and the new one."""

    old: str = Field(max_length=128)
    new: str = Field(min_length=1, max_length=128)


@router.post("/me/password", response={204: None}, summary="Change my password")
def change_password(request: HttpRequest, given: NewPassword) -> Status[None]:
    """Set a new password; your other sessions end."""
    acting = buyer_in(request)
    actions.change_password(old=given.old, new=given.new, acting=acting, now=clock.now())
    return Status(204, None)


class SessionOut(Schema):
    """A session of yours."""

    id: str
    started_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    is_this: bool


class SessionList(Schema):
    """A page of sessions."""

    items: list[SessionOut]
    next: str | None


@router.get("/me/sessions", response=SessionList, summary="My sessions")
def list_sessions(
    request: HttpRequest,
    cursor: Annotated[str | None, Query(None)],
    limit: Annotated[int, Query(20, ge=1, le=100)],
) -> SessionList:
    """Your sessions that go on, the newest first."""
    acting = buyer_in(request)
    found = Credential.objects.filter(person_id=acting.person_id, kind="session", revoked_at=None)
    page = page_of(found.filter(expires_at__gt=clock.now()), cursor=cursor, limit=limit)
    items = [
        SessionOut(
            id=public_id(row.pk),
            started_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            is_this=row.pk == acting.credential_id,
        )
        for row in page.rows
    ]
    return SessionList(items=items, next=page.next_cursor)


@router.delete("/me/sessions/{session}", response={204: None}, summary="End a session")
def end_session(request: HttpRequest, session: str) -> Status[None]:
    """End a session of yours, as on a phone that was lost."""
    actions.end_session(_id("session", session), acting=buyer_in(request), now=clock.now())
    return Status(204, None)


class AddressIn(Input):
    """An address."""

    recipient: str = Field(min_length=1, max_length=60, examples=["安"])
    phone: str = Field(min_length=1, max_length=20, examples=["13800138000"])
    region: str = Field(min_length=1, max_length=120, examples=["上海市 徐汇区"])
    street: str = Field(min_length=1, max_length=200, examples=["衡山路 1 号"])
    is_default: bool = False

    def terms(self) -> actions.AddressTerms:
        """The address itself."""
        return actions.AddressTerms(self.recipient, self.phone, self.region, self.street)


class AddressChange(AddressIn):
    """An address as it is to be; `version` as it was read."""

    version: int = Field(ge=1, le=2**31 - 2)


class AddressOut(Schema):
    """An address of yours."""

    id: str
    recipient: str
    phone: str
    region: str
    street: str
    is_default: bool
    version: int


class AddressList(Schema):
    """A page of addresses."""

    items: list[AddressOut]
    next: str | None


def _address(row: Address) -> AddressOut:
    return AddressOut(
        id=public_id(row.pk),
        recipient=row.recipient,
        phone=row.phone,
        region=row.region,
        street=row.street,
        is_default=row.is_default,
        version=row.version,
    )


@router.get("/me/addresses", response=AddressList, summary="My addresses")
def list_addresses(
    request: HttpRequest,
    cursor: Annotated[str | None, Query(None)],
    limit: Annotated[int, Query(20, ge=1, le=100)],
) -> AddressList:
    """Your addresses, the newest first."""
    found = Address.objects.filter(person_id=buyer_in(request).person_id)
    page = page_of(found, cursor=cursor, limit=limit)
    return AddressList(items=[_address(row) for row in page.rows], next=page.next_cursor)


@router.post("/me/addresses", response={201: AddressOut}, summary="Add an address")
def add_address(request: HttpRequest, given: AddressIn) -> Status[AddressOut]:
    """Keep an address; the first one is the default."""
    acting = buyer_in(request)
    made = actions.add_address(given.terms(), is_default=given.is_default, acting=acting)
    return Status(201, _address(made))


@router.put("/me/addresses/{address}", response=AddressOut, summary="Change an address")
def change_address(request: HttpRequest, address: str, given: AddressChange) -> AddressOut:
    """Change an address of yours. `stale`: it was changed since you read it."""
    changed = actions.change_address(
        _id("address", address),
        given.terms(),
        is_default=given.is_default,
        version=given.version,
        acting=buyer_in(request),
    )
    return _address(changed)


@router.delete("/me/addresses/{address}", response={204: None}, summary="Remove an address")
def remove_address(request: HttpRequest, address: str) -> Status[None]:
    """Remove an address of yours; orders keep theirs."""
    actions.remove_address(_id("address", address), acting=buyer_in(request))
    return Status(204, None)
