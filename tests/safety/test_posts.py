"""No page takes a post that another site made: each asks for its token, and each form carries one."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.middleware.csrf import _get_new_csrf_string

from tests.access.watching import snapshot, watched
from tests.access.world import World
from tests.safety.pages import address_of, ask, browser, pages, text_of

pytestmark = pytest.mark.slow


class Forms(HTMLParser):
    """The forms of a page that are posted, each with whether it carries the token."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, and its token."""
        given = dict(attrs)
        if tag == "form" and (given.get("method") or "").lower() == "post":
            self.found.append((given.get("action") or "", False))
            self._inside = True
        if (
            tag == "input"
            and self._inside
            and given.get("name") == "csrfmiddlewaretoken"
            and given.get("value")
        ):
            self.found[-1] = (self.found[-1][0], True)

    def handle_endtag(self, tag: str) -> None:
        """A form ends."""
        if tag == "form":
            self._inside = False


def test_no_page_takes_a_post_without_its_token(world: World) -> None:
    before = snapshot()
    wrong = []
    for page in pages():
        who = "opal" if page.path.startswith("/operator/") else "olive" if "/seller/" in page.path else "ann"
        with watched(before) as watch:
            response = ask(browser(world, who, enforce_csrf=True), world, "post", address_of(page, world))
        if response.status_code != 403 or watch.touched():
            wrong.append(f"{page.path}: {response.status_code} {watch.touched()}")
    assert wrong == []


def test_a_post_with_the_token_is_taken(world: World) -> None:
    """The control: it is the token that is missing, and nothing else."""
    client = browser(world, "ann", enforce_csrf=True)
    token = _get_new_csrf_string()
    client.cookies["csrftoken"] = token
    refused = ask(client, world, "post", "/account/sessions")
    taken = ask(client, world, "post", "/account/sessions", {"csrfmiddlewaretoken": token})
    assert (refused.status_code, taken.status_code) == (403, 302)


def test_a_post_from_another_site_is_refused_with_a_token_too(world: World) -> None:
    client = browser(world, "ann", enforce_csrf=True)
    token = _get_new_csrf_string()
    client.cookies["csrftoken"] = token
    headers: Any = {"origin": "https://evil.example"}
    response = client.post("/account/sessions", {"csrfmiddlewaretoken": token}, headers=headers)
    assert response.status_code == 403


def test_every_form_that_is_posted_carries_the_token(world: World) -> None:
    bare, number = [], 0
    for who in ("ann", "olive", "opal"):
        client = browser(world, who)
        for page in pages():
            response = ask(client, world, "get", address_of(page, world))
            if response.status_code != 200 or "html" not in response["Content-Type"]:
                continue
            forms = Forms()
            forms.feed(text_of(response))
            number += len(forms.found)
            bare += [(page.path, action) for action, has_token in forms.found if not has_token]
    assert bare == []
    assert number > 60
