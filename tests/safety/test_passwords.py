"""A forgotten password: nobody learns who is registered, and a link lets in once, in time, whom it is for."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import connection
from django.test import Client, override_settings

from pinback.accounts import actions
from pinback.accounts.links import PATH, path_of_new_link
from pinback.accounts.models import Attempt, Letter, Person
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.web.sessions import COOKIE
from pinback.web.signing import passwords
from tests.access.world import World
from tests.safety.pages import HOST, ask, browser, text_of
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.slow

NEW = "another horse, another battery"
SHOP = "https://shop.example"
LOCAL = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def _mail() -> Iterator[None]:
    with override_settings(EMAIL_URL="memory:", EMAIL_BACKEND=LOCAL, PINBACK_PUBLIC_URL=SHOP):
        mail.outbox = []
        yield


def _forgot(world: World, login: str, client: Client | None = None) -> Any:
    return ask(client or browser(world, None), world, "post", "/password/forgotten", {"login": login})


def _deliver(world: World) -> list[Any]:
    """What the worker sends now."""
    mail.outbox.clear()
    with clock.held_at(world.cast.now):
        actions.send_letters(world.cast.now)
    return list(mail.outbox)


def _link(world: World, who: str) -> str:
    with clock.held_at(world.cast.now):
        return path_of_new_link(Person.objects.get(login=f"{who}@example.com"))


def _use(world: World, path: str, new: str = NEW) -> tuple[Client, Any]:
    """Follow a link in a fresh browser, and set a password there."""
    client = browser(world, None)
    ask(client, world, "get", path)
    return client, ask(client, world, "post", "/password/new", {"new": new})


def _noting(statements: list[str]) -> Any:
    """A wrapper of Django's `execute_wrapper` that notes each statement, without its values."""

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" not in sql:
            statements.append(sql)
        return execute(sql, params, many, context)

    return note


def _without_tokens(text: str) -> str:
    """A page without the token of its forms, which is another one each time."""
    return re.sub(r"\b\w{64}\b", "", text)


def _is_in(world: World, secret: str) -> bool:
    client = browser(world, None)
    client.cookies[COOKIE] = secret
    return ask(client, world, "get", "/account/").status_code == 200


def _signs_in(world: World, login: str, password: str) -> bool:
    given = {"login": login, "password": password}
    return ask(browser(world, None), world, "post", "/sign-in", given).status_code == 302


def test_the_whole_way_from_forgetting_to_signing_in(world: World) -> None:
    assert _forgot(world, " ANN@example.com ").headers["Location"] == "/password/asked"
    (letter,) = _deliver(world)
    assert (letter.to, letter.from_email) == (["ann@example.com"], "noreply@localhost")
    (link,) = re.findall(rf"{SHOP}({PATH}\S+)", letter.body)
    client, answer = _use(world, link)
    assert answer.headers["Location"] == "/sign-in"
    assert COOKIE not in client.cookies or not client.cookies[COOKIE].value
    assert _signs_in(world, "ann@example.com", NEW)
    assert not _signs_in(world, "ann@example.com", PASSWORD)
    (told,) = _deliver(world)
    assert "was changed" in told.subject
    assert PATH not in told.body


def test_an_answer_and_its_work_are_the_same_whether_somebody_has_the_login(world: World) -> None:
    seen = []
    for login in ("ann@example.com", "nobody@example.com"):
        statements: list[str] = []
        with connection.execute_wrapper(_noting(statements)):
            answer = _forgot(world, login)
        following = ask(browser(world, None), world, "get", answer["Location"])
        page = _without_tokens(text_of(following))
        seen.append((answer.status_code, answer.content, dict(answer.items()), page, statements))
    assert seen[0] == seen[1]
    assert len(seen[0][-1]) > 2
    assert not [one for one in seen[0][-1] if "accounts_person" in one]
    assert Letter.objects.count() == 2
    assert [letter.to for letter in _deliver(world)] == [["ann@example.com"]]
    assert not Letter.objects.exists()


def test_the_api_tells_no_more(world: World) -> None:
    client = browser(world, None)
    answers = []
    for login in ("ann@example.com", "nobody@example.com"):
        with clock.held_at(world.cast.now):
            answer = client.post("/api/v1/password-links", {"login": login}, content_type="application/json")
        answers.append((answer.status_code, answer.content))
    assert answers[0] == answers[1]
    assert answers[0][0] == 202
    assert [letter.to for letter in _deliver(world)] == [["ann@example.com"]]


@pytest.mark.parametrize("login", ["ann@example.com", "nobody@example.com"])
def test_asking_for_a_login_is_throttled_whether_somebody_has_it_or_not(world: World, login: str) -> None:
    answers = [_forgot(world, login).status_code for _ in range(6)]
    assert answers == [302] * 5 + [422]
    # What one asked for already is not asked for again: one letter, not five.
    assert Letter.objects.count() == 1
    world.cast.later(minutes=2)
    assert _forgot(world, login).status_code == 302


def test_asking_from_an_address_is_throttled(world: World) -> None:
    answers = {_forgot(world, f"n{number}@example.com").status_code for number in range(30)}
    assert answers == {302}
    refused = _forgot(world, "ann@example.com")
    assert refused.status_code == 422
    assert "Too many attempts" in text_of(refused)
    assert Attempt.objects.filter(kind="link").count() == 30
    # Asking locks nobody out of signing in.
    assert _signs_in(world, "ann@example.com", PASSWORD)


def test_a_link_works_once(world: World) -> None:
    path = _link(world, "ann")
    assert _use(world, path)[1].status_code == 302
    client, again = _use(world, path, "a third horse, a third battery")
    assert again.status_code == 410
    assert not client.cookies[passwords.COOKIE].value
    assert _signs_in(world, "ann@example.com", NEW)


def test_of_two_who_use_a_link_at_once_one_gets_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, token = _link(world, "ann").removeprefix(PATH).split("/")
    held = actions.passwords._held

    def overtaken(public: str, token: str) -> Person:
        """Between the look at the link and its use, somebody else uses it."""
        found = held(public, token)
        Person.objects.filter(pk=found.pk).update(password="another")
        return found

    with clock.held_at(world.cast.now):
        person = held(public, token)
        monkeypatch.setattr(actions.passwords, "_held", overtaken)
        with pytest.raises(Refused, match="link_over"):
            actions.set_password_by_link(public, token, NEW, now=world.cast.now)
    assert Person.objects.get(pk=person.pk).password == "another"


def test_a_link_ends_after_a_day_and_with_any_new_password(world: World) -> None:
    path, other = _link(world, "ann"), _link(world, "bob")
    world.cast.later(hours=24, seconds=1)
    assert _use(world, path)[1].status_code == 410
    world.cast.now -= timedelta(seconds=2)
    bob = browser(world, None)
    ask(bob, world, "post", "/sign-in", {"login": "bob@example.com", "password": PASSWORD})
    ask(bob, world, "post", "/account/password", {"old": PASSWORD, "new": NEW})
    assert _use(world, other)[1].status_code == 410
    assert _use(world, path)[1].status_code == 302


def test_a_link_of_one_is_no_link_of_another_and_none_can_be_made_up(world: World) -> None:
    token = _link(world, "ann").rpartition("/")[2]
    bob = public_id(world.cast.person("bob").pk)
    for path in (f"{PATH}{bob}/{token}", f"{PATH}{bob}/{token[:-1]}x", f"{PATH}nobody/{token}", f"{PATH}1/2"):
        assert _use(world, path)[1].status_code == 410
    with override_settings(SECRET_KEY="of another installation"):
        elsewhere = _link(world, "bob")
    assert _use(world, elsewhere)[1].status_code == 410
    Person.objects.filter(login="ann@example.com").update(is_active=False)
    assert _use(world, f"{PATH}{public_id(world.cast.person('ann').pk)}/{token}")[1].status_code == 410


def test_using_a_link_ends_every_session_and_the_lock_of_wrong_guesses(world: World) -> None:
    for _guess in range(6):
        _signs_in(world, "ann@example.com", "not it")
    assert not _signs_in(world, "ann@example.com", PASSWORD)
    assert _is_in(world, world.secrets["ann"])
    assert _use(world, _link(world, "ann"))[1].status_code == 302
    assert not _is_in(world, world.secrets["ann"])
    assert _is_in(world, world.secrets["bob"])
    assert _signs_in(world, "ann@example.com", NEW)


def test_a_weak_password_is_refused_and_the_link_still_holds(world: World) -> None:
    client, weak = _use(world, _link(world, "ann"), "12345")
    assert weak.status_code == 422
    assert 'id="id_new_error"' in text_of(weak)
    assert ask(client, world, "post", "/password/new", {"new": NEW}).status_code == 302


def test_the_token_goes_nowhere_else(world: World) -> None:
    path = _link(world, "ann")
    token = path.rpartition("/")[2]
    client = browser(world, None)
    first = ask(client, world, "get", path)
    assert (first.status_code, first["Location"]) == (302, "/password/new")
    assert first["Referrer-Policy"] == "no-referrer"
    assert "no-store" in first["Cache-Control"]
    cookie = client.cookies[passwords.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/password/new", True, "Lax")
    page = ask(client, world, "get", "/password/new")
    assert page.status_code == 200
    assert token not in text_of(page)
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"
    with override_settings(CSRF_COOKIE_SECURE=True):
        ask(client, world, "get", path)
    assert client.cookies[passwords.COOKIE]["secure"] is True


def test_looking_at_a_link_uses_nothing(world: World) -> None:
    path = _link(world, "ann")
    for method in ("get", "head", "get"):
        ask(browser(world, None), world, method, path)
    assert _use(world, path)[1].status_code == 302


def test_links_in_letters_begin_with_our_own_address_whatever_the_request_says(world: World) -> None:
    client = browser(world, None)
    headers: Any = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    with override_settings(ALLOWED_HOSTS=["*"]), clock.held_at(world.cast.now):
        client.post("/password/forgotten", {"login": "ann@example.com"}, headers=headers)
    (letter,) = _deliver(world)
    assert [urlsplit(one).hostname for one in re.findall(r"https?://\S+", letter.body)] == ["shop.example"]


def test_no_page_on_the_way_leads_elsewhere(world: World) -> None:
    path = _link(world, "ann")
    for wanted in ("https://evil.example/", "//evil.example", f"https://{HOST}.evil.example/"):
        asked = _forgot(world, f"x@example.com?next={wanted}")
        assert asked.status_code == 422
        client = browser(world, None)
        first = ask(client, world, "get", path, {"next": wanted})
        assert first["Location"] == "/password/new"
    done = ask(client, world, "post", "/password/new", {"new": NEW, "next": "https://evil.example/"})
    assert done["Location"] == "/sign-in"


# --- links that somebody makes ---------------------------------------------------------------------------


def _shown_link(text: str) -> str:
    (link,) = re.findall(rf"<code>http://{HOST}({PATH}[^<]+)</code>", text)
    return str(link)


def test_the_operator_makes_a_link_for_anybody_and_it_is_recorded(world: World) -> None:
    ann = public_id(world.cast.person("ann").pk)
    made = ask(browser(world, "opal"), world, "post", f"/operator/people/{ann}/link")
    assert "no-store" in made["Cache-Control"]
    link = _shown_link(text_of(made))
    page = text_of(ask(browser(world, "opal"), world, "get", f"/operator/people/{ann}/"))
    assert link.rpartition("/")[2] not in page
    assert "A link for a new one was made" in page
    assert "Opal" in page
    assert _use(world, link)[1].status_code == 302
    page = text_of(ask(browser(world, "opal"), world, "get", f"/operator/people/{ann}/"))
    assert "Set anew by a link" in page


def test_an_owner_makes_a_link_for_staff_who_are_nothing_else(world: World) -> None:
    walt = public_id(world.cast.person("walt").pk)
    made = ask(browser(world, "olive"), world, "post", f"/seller/tea/staff/{walt}/link")
    assert made.status_code == 200
    assert _use(world, _shown_link(text_of(made)))[1].status_code == 302
    assert not _is_in(world, world.secrets["walt"])


@pytest.mark.parametrize("who", ["opal", "ann", "otto", "olive"])
def test_naming_somebody_as_staff_gives_no_way_into_their_account(world: World, who: str) -> None:
    """The operator, a buyer, the owner of another shop, an owner: all can be named without being asked."""
    olive, now = world.cast.actor("olive"), world.cast.now
    if who != "olive":
        actions.add_staff("tea", login=f"{who}@example.com", role="service", acting=olive, now=now)
    person = world.cast.person(who)
    place = f"/seller/tea/staff/{public_id(person.pk)}/"
    refused = ask(browser(world, "olive"), world, "post", f"{place}link")
    assert refused.status_code == 422
    assert PATH not in text_of(refused)
    assert "Make a link" not in text_of(ask(browser(world, "olive"), world, "get", place))
    with pytest.raises(Refused, match="more_than_staff"):
        actions.make_staff_link("tea", person.pk, acting=olive, now=now)


def test_a_link_of_a_shop_ends_when_more_comes_into_the_account(world: World) -> None:
    walt = world.cast.person("walt")
    with clock.held_at(world.cast.now):
        path = actions.make_staff_link("tea", walt.pk, acting=world.cast.actor("olive"), now=world.cast.now)
    world.cast.buy("walt", world.cast.product(title="Cup"))
    assert _use(world, path)[1].status_code == 410


@pytest.mark.parametrize("who", [None, "ann", "mary", "walt", "otto"])
def test_nobody_else_makes_links(world: World, who: str | None) -> None:
    sam = public_id(world.cast.person("sam").pk)
    for path in (f"/operator/people/{sam}/link", f"/seller/tea/staff/{sam}/link"):
        answer = ask(browser(world, who), world, "post", path)
        assert answer.status_code in (302, 403, 404)
        assert PATH not in text_of(answer)


# --- without mail ----------------------------------------------------------------------------------------


def test_without_mail_the_page_says_whom_to_ask_and_notes_nothing(world: World) -> None:
    with override_settings(EMAIL_URL="", PINBACK_CONTACT="+86 21 5555 0100"):
        page = text_of(ask(browser(world, None), world, "get", "/password/forgotten"))
        assert "This market sends no mail" in page
        assert "+86 21 5555 0100" in page
        assert 'name="login"' not in page
        _forgot(world, "ann@example.com")
    assert not Letter.objects.exists()


def test_a_phone_number_is_told_to_ask_a_person_whether_somebody_has_it_or_not(world: World) -> None:
    Person.objects.filter(login="bob@example.com").update(login="+8613800138000")
    texts = []
    for phone in ("13800138000", "13800138001"):
        refused = _forgot(world, phone)
        assert refused.status_code == 422
        texts.append(_without_tokens(text_of(refused)).replace(phone, ""))
    assert texts[0] == texts[1]
    assert "Links are sent to e-mail addresses only." in texts[0]
    assert not Letter.objects.exists()
