"""What every answer says to browsers: nobody frames it, nothing but our own scripts runs, types are not
guessed; and that no page has a script or a style in itself.
"""

import re
from html.parser import HTMLParser

import pytest
from django.http import HttpResponse

from tests.access.world import World
from tests.safety.pages import address_of, ask, browser, pages, text_of

pytestmark = pytest.mark.slow

CARD = {"payment": "https://js.stripe.com"}
"""The one page on which the provider's script may run."""


class Inline(HTMLParser):
    """What in a page would run or style by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note scripts and styles of the page's own, handlers, and addresses that are scripts."""
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.found.append(f"<{tag}>")
        if tag in ("style", "base", "object", "embed"):
            self.found.append(f"<{tag}>")
        for name, value in given.items():
            if name.startswith("on") or re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE):
                self.found.append(f"<{tag} {name}={value[:60]}>")


def _policy(response: HttpResponse) -> dict[str, list[str]]:
    parts = [part.split() for part in response["Content-Security-Policy"].split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


def _check(response: HttpResponse, path: str) -> list[str]:
    """What is wrong with an answer's headers."""
    if "Content-Security-Policy" not in response:
        return [f"{path}: no policy"]
    policy = _policy(response)
    expected = {
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "default-src": ["'none'"],
        "script-src": ["'self'"],
    }
    wrong = [
        f"{path}: {name} {policy.get(name)}" for name, value in expected.items() if policy.get(name) != value
    ]
    if response.get("X-Frame-Options") != "DENY":
        wrong.append(f"{path}: can be framed")
    if response.get("X-Content-Type-Options") != "nosniff":
        wrong.append(f"{path}: its type can be guessed")
    if response.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        wrong.append(f"{path}: tells others where one was")
    return wrong


def test_every_page_forbids_frames_and_foreign_scripts(world: World) -> None:
    wrong = []
    for who in (None, "ann", "olive", "opal"):
        client = browser(world, who)
        for page in pages():
            response = ask(client, world, "get", address_of(page, world))
            wrong += _check(response, page.path)
    assert wrong == []


@pytest.mark.parametrize("address", ["/nothing/here", "/operator/", "/seller/none/", "/p/../", "/api/v1/me"])
def test_errors_say_it_too(world: World, address: str) -> None:
    assert _check(ask(browser(world, "ann"), world, "get", address), address) == []


def test_no_page_has_a_script_in_itself(world: World) -> None:
    wrong, number = [], 0
    for who in (None, "ann", "olive", "opal"):
        client = browser(world, who)
        for page in pages():
            response = ask(client, world, "get", address_of(page, world))
            if "html" in response.get("Content-Type", ""):
                inline = Inline()
                inline.feed(text_of(response))
                number += 1
                wrong += [(page.path, found) for found in inline.found]
    assert wrong == []
    assert number > 200


def test_the_look_for_scripts_sees_them() -> None:
    """The control."""
    inline = Inline()
    inline.feed('<p onclick="x"><a href=" JavaScript:x">x</a><script>x</script><script src="y"></script>')
    assert inline.found == ["<p onclick=x>", "<a href= JavaScript:x>", "<script>"]
