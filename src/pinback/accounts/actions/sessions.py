"""Sign in, throttled by login and by address; end sessions."""

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actions.secret import PREFIX_LENGTH, hash_of, new_secret
from pinback.accounts.actors import Actor
from pinback.accounts.models import Attempt, Credential, Person
from pinback.accounts.rules import TRIES_OF_ADDRESS, TRIES_OF_LOGIN, WINDOW, lock_out, login_of
from pinback.kit.ids import new_id
from pinback.kit.refusals import NotFound, Refused, TooSoon
from pinback.kit.transactions import assert_open, durable

SESSION = timedelta(days=30)


def sign_in(login: str, password: str, *, address: str, now: datetime) -> tuple[Person, str]:
    """The person and the secret of a new session. Raises Refused `wrong_login`, alike for unknown logins and
    wrong passwords, and TooSoon while the login or the address is locked out.

    Not in a transaction of the caller: the attempt stays noted when it is refused. It is noted before the
    password is looked at, so that many guesses at one moment count each other.
    """
    kept = login_of(login) or login.strip().lower()[:254]
    attempt = check_and_note_try("sign_in", kept, address, now)
    person = Person.objects.filter(login=kept, is_active=True).first()
    if person is None:
        # As much work as for a login that is known.
        make_password(password)
    if person is None or not person.check_password(password):
        raise Refused("wrong_login", _("Login or password is wrong."), "login")
    return person, _let_in(person, attempt, now)


@durable
def start_session(person: Person, *, now: datetime) -> str:
    """A new session of a person whose password was checked; returns its secret, which is shown once."""
    secret = new_secret("pbs_")
    Credential.objects.create(
        id=new_id(),
        kind="session",
        prefix=secret[:PREFIX_LENGTH],
        secret_hash=hash_of(secret),
        person=person,
        created_at=now,
        expires_at=now + SESSION,
    )
    return secret


@durable
def end_session(credential_id: int, *, acting: Actor, now: datetime) -> None:
    """End one of one's own sessions. Raises NotFound."""
    own = Credential.objects.filter(pk=credential_id, kind="session", person_id=acting.person_id)
    if acting.is_key or not own.filter(revoked_at=None).update(revoked_at=now):
        raise NotFound("session")


@durable
def end_other_sessions(*, acting: Actor, now: datetime) -> int:
    """End all of one's own sessions but this one; how many there were. Raises NotFound: a key has none."""
    if acting.is_key:
        raise NotFound("session")
    own = Credential.objects.filter(kind="session", person_id=acting.person_id, revoked_at=None)
    return own.exclude(pk=acting.credential_id or 0).update(revoked_at=now)


def check_and_note_try(kind: str, login: str, address: str, now: datetime) -> Attempt:
    """Note a try of a kind. Raises TooSoon while there were too many for the login, or from the address."""
    attempt = note_try(kind, login, address, now)
    recent = Attempt.objects.filter(kind=kind, at__gt=now - WINDOW).exclude(pk=attempt.pk)
    wait = max(
        _wait(recent.filter(login=login), TRIES_OF_LOGIN, now),
        _wait(recent.filter(address=address), TRIES_OF_ADDRESS, now),
    )
    if wait > timedelta(0):
        # What was not looked at does not make the wait longer.
        Attempt.objects.filter(pk=attempt.pk).delete()
        raise TooSoon(_("Too many attempts; wait a little."), wait_seconds=int(wait.total_seconds()))
    return attempt


def _wait(recent: QuerySet[Attempt], tries: int, now: datetime) -> timedelta:
    failed = recent.count()
    last = recent.aggregate(last=Max("at"))["last"]
    return timedelta(0) if last is None else last + lock_out(failed, tries) - now


def check_tries(kind: str, address: str, now: datetime) -> None:
    """Raise TooSoon while too many tries of a kind came from an address."""
    recent = Attempt.objects.filter(kind=kind, address=address[:45], at__gt=now - WINDOW)
    wait = _wait(recent, TRIES_OF_ADDRESS, now)
    if wait > timedelta(0):
        raise TooSoon(_("Too many attempts; wait a little."), wait_seconds=int(wait.total_seconds()))


@durable
def note_try(kind: str, login: str, address: str, now: datetime) -> Attempt:
    """Note what somebody tried."""
    return Attempt.objects.create(id=new_id(), kind=kind, login=login, address=address[:45], at=now)


@durable
def _let_in(person: Person, attempt: Attempt, now: datetime) -> str:
    Attempt.objects.filter(pk=attempt.pk).delete()
    forgive_tries_within(person.login)
    return start_session(person, now=now)


def forgive_tries_within(login: str) -> None:
    """Count wrong guesses so far no more: whoever has the login is here. They are kept for the operator."""
    assert_open()
    Attempt.objects.filter(kind="sign_in", login=login).update(kind="sign_in_over")
