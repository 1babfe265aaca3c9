"""Letters: written when they are sent, sent once by however many workers, tried again, and given up."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings

from pinback.accounts import actions
from pinback.accounts.models import Letter, Person
from pinback.accounts.queries import letters as counted
from pinback.kit import clock
from pinback.kit.history import changes_of
from tests.support.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("market")

LOCAL = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def cast(market: str) -> Iterator[Cast]:
    found = Cast()
    found.person("ann")
    with override_settings(
        EMAIL_URL="memory:",
        EMAIL_BACKEND=LOCAL,
        PINBACK_PUBLIC_URL="https://shop.example",
        DEFAULT_FROM_EMAIL="Tea market <tea@shop.example>",
    ):
        mail.outbox = []
        yield found


def ask(cast: Cast, login: str = "ann@example.com") -> None:
    actions.ask_for_link(login, address="192.0.2.1", now=cast.now)


def send(cast: Cast) -> int:
    with clock.held_at(cast.now):
        return actions.send_letters(cast.now)


def test_a_letter_goes_out_once_and_is_recorded_without_its_link(cast: Cast) -> None:
    ask(cast)
    assert (send(cast), send(cast)) == (1, 0)
    (letter,) = mail.outbox
    assert letter.from_email == "Tea market <tea@shop.example>"
    assert letter.body.startswith("Hello,\n")
    assert not Letter.objects.exists()
    (change,) = changes_of("password", cast.person("ann").pk)
    assert (change.after, change.person_id, change.note) == ("link_sent", None, "")


def test_it_is_in_the_readers_language(cast: Cast) -> None:
    Person.objects.filter(login="ann@example.com").update(language="zh-hans")
    ask(cast)
    send(cast)
    assert "新密码" in mail.outbox[0].subject


def test_who_has_no_password_or_no_access_gets_no_link(cast: Cast) -> None:
    program, gone = cast.person("program"), cast.person("gone")
    program.set_unusable_password()
    program.save()
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    for name in ("program", "gone", "nobody"):
        ask(cast, f"{name}@example.com")
    assert send(cast) == 0
    assert (mail.outbox, counted()) == ([], (0, 0))


def test_what_another_worker_is_sending_is_left_alone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(cast)
    during: list[int] = []
    real = mail.send_mail

    def slow(*given: Any) -> int:
        during.append(send(cast))
        return real(*given)

    monkeypatch.setattr(mail, "send_mail", slow)
    assert send(cast) == 1
    assert during == [0]
    assert len(mail.outbox) == 1


def test_what_a_worker_died_over_is_taken_up_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*given: Any) -> int:
        raise KeyboardInterrupt

    ask(cast)
    with monkeypatch.context() as patch:
        patch.setattr(mail, "send_mail", dies)
        with pytest.raises(KeyboardInterrupt):
            send(cast)
    assert send(cast) == 0
    cast.later(minutes=2)
    assert send(cast) == 1


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(), TimeoutError(), smtplib.SMTPServerDisconnected()], ids=repr
)
def test_a_letter_that_fails_waits_longer_each_time_and_is_given_up_after_a_day(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*given: Any) -> int:
        raise error

    monkeypatch.setattr(mail, "send_mail", fails)
    ask(cast)
    began, waits = cast.now, []
    while (letter := Letter.objects.get()).next_try_at is not None:
        waits.append(letter.next_try_at - cast.now)
        cast.now = letter.next_try_at
        assert send(cast) == 0
    assert waits[1:4] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits[-1] == timedelta(hours=1)
    assert timedelta(hours=24) <= cast.now - began < timedelta(hours=26)
    assert counted() == (0, 1)
    # It can be asked for again, and what was given up is forgotten in the end.
    ask(cast)
    assert counted() == (1, 1)
    assert actions.forget_letters(cast.later(days=8)) == 1


def test_one_that_fails_does_not_hold_the_others_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    real = mail.send_mail

    def refuses_one(subject: str, body: str, sender: Any, to: list[str]) -> int:
        if to == ["ann@example.com"]:
            raise smtplib.SMTPRecipientsRefused({})
        return real(subject, body, sender, to)

    monkeypatch.setattr(mail, "send_mail", refuses_one)
    cast.person("bob")
    ask(cast)
    ask(cast, "bob@example.com")
    assert [send(cast), send(cast)] == [0, 1]
    assert counted() == (1, 0)


def test_a_process_without_mail_leaves_letters_to_one_that_has_it(cast: Cast) -> None:
    ask(cast)
    with override_settings(EMAIL_URL=""):
        assert send(cast) == 0
    assert counted() == (1, 0)
    assert send(cast) == 1


def test_a_password_that_somebody_changes_is_told_of(cast: Cast) -> None:
    ann = cast.actor("ann")
    actions.change_password(old=PASSWORD, new="another horse battery", acting=ann, now=cast.now)
    assert send(cast) == 1
    (letter,) = mail.outbox
    assert "was changed" in letter.subject
    assert "https://shop.example/password/forgotten" in letter.body
    assert [change.after for change in changes_of("password", ann.person_id)] == ["changed"]


def test_nobody_writes_to_another_by_way_of_a_name(cast: Cast) -> None:
    """Anybody can register with another's address, under any name, and ask for a link."""
    Person.objects.filter(login="ann@example.com").update(name="You have won: https://evil.example")
    ask(cast)
    send(cast)
    (letter,) = mail.outbox
    assert letter.recipients() == ["ann@example.com"]
    assert "evil" not in str(letter.message())
