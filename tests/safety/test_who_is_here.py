"""Who has an account is not told by signing in; by registering it is told slowly, and only to who asks for
one.
"""

from typing import Any

import pytest

from pinback.accounts.models import Attempt, Person
from pinback.accounts.rules import TRIES_OF_ADDRESS
from tests.access.world import World
from tests.safety.pages import ask, browser, text_of

KNOWN, UNKNOWN = "ann@example.com", "nobody@example.com"


def _bare(response: Any, login: str) -> str:
    """A page without what differs by itself: the token and what was typed."""
    lines = [line for line in text_of(response).splitlines() if "csrf" not in line.lower()]
    return "\n".join(lines).replace(login, "LOGIN")


def test_signing_in_answers_alike_whether_the_login_is_known_or_not(world: World) -> None:
    answers = []
    for login in (KNOWN, UNKNOWN):
        data = {"login": login, "password": "wrong"}
        response = ask(browser(world, None), world, "post", "/sign-in", data)
        answers.append((response.status_code, _bare(response, login)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422


def test_a_locked_out_login_answers_alike_too(world: World) -> None:
    answers = []
    for login in (KNOWN, UNKNOWN):
        for _again in range(6):
            data = {"login": login, "password": "wrong"}
            response = ask(browser(world, None), world, "post", "/sign-in", data)
        answers.append((response.status_code, _bare(response, login)))
        Attempt.objects.all().delete()
    assert answers[0] == answers[1]
    assert "wait" in answers[0][1].lower()


def test_who_asks_for_many_logins_has_to_wait(world: World) -> None:
    """That a login is taken has to be told; that it cannot be asked for thousands is what protects people."""
    told = []
    for number in range(TRIES_OF_ADDRESS + 5):
        data = {"name": "X", "login": KNOWN, "password": f"a horse of its own {number}"}
        told.append(text_of(ask(browser(world, None), world, "post", "/register", data)))
    assert sum("registered with this already" in page for page in told) == TRIES_OF_ADDRESS
    assert "wait" in told[-1].lower()
    assert Person.objects.filter(login=KNOWN).count() == 1


@pytest.mark.parametrize("address", ["/people/", "/u/ann", "/reset", "/password-reset", "/forgot"])
def test_there_is_no_page_that_names_people(world: World, address: str) -> None:
    assert ask(browser(world, None), world, "get", address).status_code == 404


def test_other_peoples_ids_and_no_ids_answer_alike(world: World) -> None:
    for address in ("/orders/{}/", "/cases/{}/", "/addresses/{}/", "/payments/{}/"):
        kind = address.split("/")[1]
        name = {"orders": "order", "cases": "case", "addresses": "address", "payments": "payment"}[kind]
        pages = []
        for id_ in (world.names[name], "0000000000001"):
            response = ask(browser(world, "zoe"), world, "get", address.format(id_))
            pages.append((response.status_code, _bare(response, id_)))
        assert pages[0] == pages[1], address
        assert pages[0][0] == 404
