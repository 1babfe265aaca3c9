"""Finds every page in the addresses themselves, and asks for it as anybody."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver

from pinback.kit import clock
from pinback.web.sessions import COOKIE
from pinback.web.urls import urlpatterns
from tests.access.world import World

HOST = "testserver"
KINDS = {"kind": "product"}
OTHERS = {
    ("seller-payment", "payment"): "fee",
    ("seller-payment-decide", "payment"): "fee",
    ("operator-hook-again", "endpoint"): "own endpoint",
    ("seller-correct", "order"): "shipped",
}
"""Where a page is about another one of its kind than all others are."""


class Page(NamedTuple):
    """A page: its name, and its address with `{name}` for what is filled in."""

    name: str
    path: str
    view: Callable[..., Any]

    @property
    def parameters(self) -> Sequence[str]:
        """The names in its address."""
        return [part.partition("}")[0] for part in self.path.split("{")[1:]]

    @property
    def permission(self) -> str | None:
        """What staff of a shop must be allowed for it, as its guard says; None: it is no page of a shop."""
        return next((name for name in _held_by(self.view, "permission") if isinstance(name, str)), None)


def pages() -> Sequence[Page]:
    """All pages, in the order of their addresses."""
    return list(_found(urlpatterns, "/"))


def _found(patterns: Sequence[URLPattern | URLResolver], before: str) -> Iterator[Page]:
    for pattern in patterns:
        route = before + "".join(_braces(str(pattern.pattern)))
        if isinstance(pattern, URLResolver):
            yield from _found(pattern.url_patterns, route)
        else:
            yield Page(pattern.name or route, route, pattern.callback)


def _braces(route: str) -> Iterator[str]:
    """`<str:shop>` as `{shop}`."""
    for part in route.split("<"):
        inside, closed, rest = part.partition(">")
        yield f"{{{inside.partition(':')[2]}}}{rest}" if closed else part


def _held_by(view: Any, name: str) -> Iterator[object]:
    """What the decorators around a view hold under a name."""
    while view is not None:
        variables = dict(zip(view.__code__.co_freevars, view.__closure__ or (), strict=True))
        if name in variables:
            yield variables[name].cell_contents
        view = getattr(view, "__wrapped__", None)


def address_of(page: Page, world: World) -> str:
    """Where a page is in a world. LookupError: nobody thought of what is in its address."""
    filled = page.path
    for name in page.parameters:
        filled = filled.replace(f"{{{name}}}", _value(page, world, name), 1)
    return filled


def _value(page: Page, world: World, name: str) -> str:
    if name == "target":
        return world.names["product"]
    if name in KINDS:
        return KINDS[name]
    if (page.name, name) in OTHERS:
        return world.names[OTHERS[page.name, name]]
    return world.value(page.path, name)


def browser(world: World, who: str | None, *, enforce_csrf: bool = False) -> Client:
    """A browser without scripts, signed in as somebody of the world."""
    client = Client(
        enforce_csrf_checks=enforce_csrf,
        raise_request_exception=False,
        SERVER_NAME=HOST,
        headers={"accept-language": "en"},
    )
    if who is not None:
        client.cookies[COOKIE] = world.secrets[who]
    return client


def text_of(response: Any) -> str:
    """What came back, also where it is streamed."""
    if response.streaming:
        return b"".join(response.streaming_content).decode(errors="replace")
    return str(response.content.decode(errors="replace"))


def ask(client: Client, world: World, method: str, address: str, data: Any = None) -> HttpResponse:
    """Ask at the moment of the world."""
    with clock.held_at(world.cast.now):
        response: HttpResponse = (
            getattr(client, method)(address, data) if data else getattr(client, method)(address)
        )
        return response


def status_of(response: HttpResponse, address: str) -> int:
    """How a page answered. Whoever opens an address that only takes forms is led to the page above it, which
    looks itself who asks: that is as much as 405.
    """
    if response.status_code == 302:
        to = response.headers["Location"]
        if to.endswith("/") and address.startswith(to) and to != address:
            return 405
    return response.status_code
