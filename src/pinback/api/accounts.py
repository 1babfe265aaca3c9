"""People and access: registering, signing in and out, who I am."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from pinback.accounts.actions import start_session
from pinback.accounts.models import Person
from pinback.api.signing_in import actor_in
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused

router = Router(tags=["People"])


class SignIn(Schema):
    """A login and its password."""

    login: str = Field(max_length=254, examples=["+8613800138000"])
    password: str = Field(max_length=128)


class Session(Schema):
    """A session; its secret is sent as `Authorization: Bearer` and shown here only."""

    token: str
    person: str


@router.post("/session", response={201: Session}, auth=None, summary="Sign in")
def sign_in(request: HttpRequest, given: SignIn) -> Status[Session]:
    """Begin a session with a login and a password."""
    person = Person.objects.filter(login=given.login, is_active=True).first()
    if person is None or not person.check_password(given.password):
        raise Refused("wrong_login", "Login or password is wrong.", "login")
    return Status(201, Session(token=start_session(person, now=clock.now()), person=public_id(person.pk)))


class Me(Schema):
    """The person who is signed in."""

    person: str
    name: str
    since: datetime


@router.get("/me", response=Me, summary="Who I am")
def me(request: HttpRequest) -> Me:
    """The person of this session."""
    person = Person.objects.get(pk=actor_in(request).person_id)
    return Me(person=public_id(person.pk), name=person.name, since=person.created_at)
