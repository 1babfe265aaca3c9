"""Letters: asked for in a transaction, written and sent by the worker, tried again for a day."""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core import mail
from django.utils import translation
from django.utils.translation import gettext as _

from pinback.accounts.links import path_of_new_link
from pinback.accounts.models import Letter, Person
from pinback.accounts.queries import sends_mail
from pinback.accounts.rules import LETTERS_ARE_TRIED, letter_wait
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.transactions import assert_open, durable

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 20
_LEASE = timedelta(minutes=2)
_KEPT = timedelta(days=7)


def post_letter_within(kind: str, login: str, *, now: datetime) -> None:
    """Have a letter sent to a login, when the transaction commits; one that waits already is the same one."""
    assert_open()
    waiting = Letter.objects.filter(kind=kind, login=login, next_try_at__isnull=False)
    if not waiting.exists():
        Letter.objects.create(id=new_id(), kind=kind, login=login, asked_at=now, next_try_at=now)


def tell_of_new_password_within(person: Person, *, now: datetime) -> None:
    """Have somebody told that their password is another one now, if mail reaches them."""
    if "@" in person.login and sends_mail():
        post_letter_within("changed", person.login, now=now)


def send_letters(now: datetime) -> int:
    """Send what is due; how many letters went out. After a failure the others wait for the next sweep: each
    could wait as long for a mail server that does not answer.
    """
    if not sends_mail():
        return 0
    due = Letter.objects.filter(next_try_at__lte=now).order_by("next_try_at")
    sent = 0
    for letter in due[:_MOST_AT_ONCE]:
        claimed = Letter.objects.filter(pk=letter.pk, next_try_at=letter.next_try_at)
        if not claimed.update(next_try_at=now + _LEASE, tries=letter.tries + 1):
            continue
        try:
            sent += _send(letter, now)
        except (OSError, smtplib.SMTPException) as error:
            log.warning("letter %s was not sent: %r", letter.pk, error)
            _put_off(letter, now)
            break
    return sent


def _send(letter: Letter, now: datetime) -> bool:
    """Write a letter and send it, unless nobody has this login, or it has no mailbox."""
    person = Person.objects.filter(login=letter.login, is_active=True).first()
    is_for_somebody = person is not None and person.has_usable_password() and "@" in letter.login
    if person is not None and is_for_somebody:
        with translation.override(person.language):
            subject, body = _written(letter.kind, person)
        mail.send_mail(subject, body, None, [person.login])
    _done(letter, person if is_for_somebody else None, now)
    return is_for_somebody


def _written(kind: str, person: Person) -> tuple[str, str]:
    # Not with the name: anybody can register with another's address, and write to them by way of a name.
    host = settings.PINBACK_PUBLIC_URL
    greeting = _("Hello,")
    if kind == "link":
        lines = [
            greeting,
            _("With this link you set a new password. It works once, within 24 hours:"),
            host + path_of_new_link(person),
            _("If you did not ask for it, do nothing: your password stays as it is."),
        ]
        return _("A new password for {host}").format(host=host), "\n\n".join(lines) + "\n"
    lines = [
        greeting,
        _("Your password was changed just now, and all your other sessions ended."),
        _("If that was not you, ask for a new link at once: {address}").format(
            address=f"{host}/password/forgotten"
        ),
    ]
    return _("Your password for {host} was changed").format(host=host), "\n\n".join(lines) + "\n"


@durable
def _done(letter: Letter, person: Person | None, now: datetime) -> None:
    Letter.objects.filter(pk=letter.pk).delete()
    if person is not None and letter.kind == "link":
        note_change("password", person.pk, before="", after="link_sent", now=now)


def _put_off(letter: Letter, now: datetime) -> None:
    is_over = now - letter.asked_at >= LETTERS_ARE_TRIED
    later = None if is_over else now + letter_wait(letter.tries)
    Letter.objects.filter(pk=letter.pk).update(next_try_at=later)
    if is_over:
        log.error("letter %s is given up", letter.pk)


def forget_letters(now: datetime) -> int:
    """Forget letters that were given up a week ago."""
    return Letter.objects.filter(next_try_at=None, asked_at__lt=now - _KEPT).delete()[0]
