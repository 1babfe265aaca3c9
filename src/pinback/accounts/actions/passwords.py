"""A new password for whoever forgot theirs: by a link that is mailed, or that somebody who may makes.

Asking looks nobody up: a letter to the login is noted, and whether somebody has that login is found out when
it is sent. So both cost the same, and look the same.
"""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actions.letters import post_letter_within, tell_of_new_password_within
from pinback.accounts.actions.people import check_password
from pinback.accounts.actions.sessions import check_and_note_try, forgive_tries_within
from pinback.accounts.actors import Actor
from pinback.accounts.links import path_of_new_link, person_by_link
from pinback.accounts.models import Credential, Letter, Person
from pinback.accounts.queries import check_operator, is_only_staff, sends_mail, staff_member
from pinback.accounts.rules import login_of
from pinback.kit.history import note_change
from pinback.kit.refusals import NotFound, Refused
from pinback.kit.transactions import durable


def ask_for_link(login: str, *, address: str, now: datetime) -> None:
    """Have a link mailed to whoever has this e-mail address as their login, if somebody has.

    Raises Refused at `login`: no e-mail address, or no mail is sent from here. TooSoon: asked too often for
    this login, or from this address. Not in a transaction of the caller: the attempt stays noted.
    """
    kept = login_of(login)
    if kept is None:
        raise Refused("bad_login", _("This is neither a phone number nor an e-mail address."), "login")
    if "@" not in kept or not sends_mail():
        raise Refused("no_mail", _("Links are sent to e-mail addresses only."), "login")
    check_and_note_try("link", kept, address, now)
    _post(kept, now)


@durable
def _post(login: str, now: datetime) -> None:
    post_letter_within("link", login, now=now)


@durable
def make_link(person_id: int, *, acting: Actor, now: datetime) -> str:
    """The path of a link for anybody, by the operator, who has seen to it that they are who they say. It is
    shown this once. Raises NotFound: no operator, or no such person.
    """
    check_operator(acting)
    return _make_within(person_id, acting, now)


@durable
def make_staff_link(shop: str, person_id: int, *, acting: Actor, now: datetime) -> str:
    """The path of a link for a member of staff, by an owner of the shop, shown this once.

    Whoever has the link gets in as that person. So it is made only for accounts in which there is nothing but
    the work for this shop, and holds only as long as that is so: anybody can be named as staff without being
    asked. Raises NotFound, Forbidden, Refused `more_than_staff`.
    """
    member = staff_member(acting, shop, person_id)
    if acting.is_key or not is_only_staff(member.person):
        raise Refused(
            "more_than_staff",
            _("There is more in this account than the work for your shop; ask the operator for a link."),
        )
    return _make_within(person_id, acting, now, by_shop=True)


def _make_within(person_id: int, acting: Actor, now: datetime, *, by_shop: bool = False) -> str:
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None:
        raise NotFound("person")
    note_change("password", person.pk, before="", after="link_made", person_id=acting.person_id, now=now)
    return path_of_new_link(person, by_shop=by_shop)


def set_password_by_link(public: str, token: str, new: str, *, now: datetime) -> Person:
    """The new password of a link; all sessions of the person end, and wrong guesses so far lock nobody out.

    Raises Refused: `link_over`, or `weak_password` at `new`. Not in a transaction of the caller: hashing
    takes its time, and is done before anything is locked.
    """
    person = _held(public, token)
    check_password(new, person, "new")
    return _set(public, token, make_password(new), now=now)


def _held(public: str, token: str) -> Person:
    person = person_by_link(public, token)
    if person is None:
        raise _over()
    return person


def _over() -> Refused:
    return Refused("link_over", _("This link was used already, or is too old. Ask for a new one."))


@durable
def _set(public: str, token: str, hashed: str, *, now: datetime) -> Person:
    person = _held(public, token)
    # The link holds for the password so far: of two who use it at once, one finds that password.
    if not Person.objects.filter(pk=person.pk, password=person.password).update(password=hashed):
        raise _over()
    Credential.objects.filter(person=person, kind="session", revoked_at=None).update(revoked_at=now)
    forgive_tries_within(person.login)
    Letter.objects.filter(kind="link", login=person.login).delete()
    note_change("password", person.pk, before="", after="set_by_link", now=now)
    tell_of_new_password_within(person, now=now)
    return person
