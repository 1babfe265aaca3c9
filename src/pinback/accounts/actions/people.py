"""Register, change one's profile and password."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actions.letters import tell_of_new_password_within
from pinback.accounts.actions.sessions import check_tries, note_try
from pinback.accounts.actors import Actor
from pinback.accounts.models import Credential, Person
from pinback.accounts.rules import login_of
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import NotFound, Refused
from pinback.kit.transactions import durable


def register(
    login: str, *, name: str, password: str, language: str, now: datetime, address: str = ""
) -> Person:
    """A new person. Raises Refused: the login is no phone or e-mail, is taken; the password is too weak.
    TooSoon: from that address many logins were asked for that are taken, so that nobody finds out thousands.

    Not in a transaction of the caller: what was refused stays noted.
    """
    if address:
        check_tries("register", address, now)
    try:
        return _register(login, name=name, password=password, language=language, now=now)
    except Refused as refused:
        if address and refused.refusal.code == "login_taken":
            note_try("register", login_of(login) or "", address, now)
        raise


@durable
def _register(login: str, *, name: str, password: str, language: str, now: datetime) -> Person:
    kept = login_of(login)
    if kept is None:
        raise Refused("bad_login", _("This is neither a phone number nor an e-mail address."), "login")
    person = Person(id=new_id(), login=kept, name=_name(name), language=language, created_at=now)
    check_password(password, person)
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError:
        raise Refused("login_taken", _("Somebody is registered with this already."), "login") from None
    return person


@durable
def change_profile(*, name: str | None, language: str | None, acting: Actor) -> Person:
    """Change one's name or language; None leaves it. Raises Refused for an empty name."""
    person = _person(acting)
    if name is not None:
        person.name = _name(name)
    if language is not None:
        person.language = language
    person.save(update_fields=["name", "language"])
    return person


@durable
def change_password(*, old: str, new: str, acting: Actor, now: datetime) -> None:
    """A new password; every other session of the person ends. Raises Refused: the old one is wrong, the new
    one too weak.
    """
    person = _person(acting)
    if not person.check_password(old):
        raise Refused("wrong_password", _("This is not your password."), "old")
    check_password(new, person, "new")
    person.set_password(new)
    person.save(update_fields=["password"])
    sessions = Credential.objects.filter(person=person, kind="session", revoked_at=None)
    sessions.exclude(pk=acting.credential_id or 0).update(revoked_at=now)
    note_change("password", person.pk, before="", after="changed", person_id=person.pk, now=now)
    tell_of_new_password_within(person, now=now)


def _person(acting: Actor) -> Person:
    person = Person.objects.filter(pk=acting.person_id, is_active=True).first()
    if person is None or acting.is_key:
        raise NotFound("person")
    return person


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused("empty_name", _("A name is needed."), "name")
    return name


def check_password(password: str, person: Person, field: str = "password") -> None:
    """Raise Refused at the field for a password that is too weak."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refused("weak_password", " ".join(error.messages), field) from error
