"""Sessions: for the server alone, new at each sign-in and with a new password, ended where one signs out."""

from django.test import Client, override_settings

from pinback.web.sessions import COOKIE
from tests.access.world import World
from tests.safety.pages import ask, browser
from tests.support.cast import PASSWORD

NEW = "another horse, another battery"


def _sign_in(client: Client, world: World, login: str = "ann@example.com") -> str:
    response = ask(client, world, "post", "/sign-in", {"login": login, "password": PASSWORD})
    assert response.status_code == 302
    return str(client.cookies[COOKIE].value)


def _is_in(world: World, secret: str) -> bool:
    client = browser(world, None)
    client.cookies[COOKIE] = secret
    return ask(client, world, "get", "/account/").status_code == 200


def test_the_cookie_is_for_the_server_alone(world: World) -> None:
    client = browser(world, None)
    _sign_in(client, world)
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    assert not cookie["domain"]


def test_over_https_it_is_sent_over_https_only(world: World) -> None:
    client = browser(world, None)
    with override_settings(CSRF_COOKIE_SECURE=True):
        _sign_in(client, world)
    assert client.cookies[COOKIE]["secure"] is True


def test_signing_in_takes_no_session_that_somebody_planted(world: World) -> None:
    client = browser(world, None)
    client.cookies[COOKIE] = "pbs_" + "x" * 43
    secret = _sign_in(client, world)
    assert secret != "pbs_" + "x" * 43
    assert _is_in(world, secret)


def test_signing_in_again_ends_the_session_that_was_there(world: World) -> None:
    client = browser(world, None)
    first = _sign_in(client, world)
    second = _sign_in(client, world)
    assert first != second
    assert (_is_in(world, first), _is_in(world, second)) == (False, True)


def test_a_new_password_gives_a_new_session_and_ends_all_others(world: World) -> None:
    here, elsewhere = browser(world, None), browser(world, None)
    first, other = _sign_in(here, world), _sign_in(elsewhere, world)
    response = ask(here, world, "post", "/account/password", {"old": PASSWORD, "new": NEW})
    second = here.cookies[COOKIE].value
    assert response.status_code == 302
    assert second != first
    assert [_is_in(world, secret) for secret in (first, other, second)] == [False, False, True]
    assert here.cookies[COOKIE]["httponly"]


def test_a_wrong_old_password_changes_no_session(world: World) -> None:
    here = browser(world, None)
    first = _sign_in(here, world)
    assert ask(here, world, "post", "/account/password", {"old": "x", "new": NEW}).status_code == 422
    assert here.cookies[COOKIE].value == first
    assert _is_in(world, first)


def test_signing_out_ends_it_also_for_who_has_copied_it(world: World) -> None:
    client = browser(world, None)
    secret = _sign_in(client, world)
    ask(client, world, "post", "/sign-out")
    assert not client.cookies[COOKIE].value
    assert not _is_in(world, secret)


def test_a_key_of_a_shop_opens_no_page(world: World) -> None:
    assert not _is_in(world, world.secrets["key of tea"])
