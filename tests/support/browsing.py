"""Pages as people ask for them in tests: a browser without scripts, somebody's or a visitor's.

    ann = browser(cast, "ann")
    assert "No address yet" in text(ann.get("/addresses/"))

The `cast` they belong to is a fixture of the tests of the pages.
"""

from typing import Any

from django.test import Client

from pinback.accounts.actions import start_session
from pinback.web.sessions import COOKIE
from tests.support.cast import HOME, Cast

PART = {"HX-Request": "true"}
"""Headers of a request for a part of a page."""

SCRIPT = "<script>alert(1)</script>"
"""What somebody types who wants others to run it."""

ADDRESS = {"recipient": HOME.recipient, "phone": HOME.phone, "region": HOME.region, "street": HOME.street}
"""Where to, as it is typed into the page of an order."""


def browser(cast: Cast, name: str | None = None) -> Client:
    """The browser of somebody who is signed in, or of a visitor; each has another one."""
    client = Client(headers={"User-Agent": name or "nobody"})
    if name is not None:
        client.cookies[COOKIE] = start_session(cast.person(name), now=cast.now)
    return client


def text(answer: Any) -> str:
    """What an answer says."""
    return str(answer.content.decode())
