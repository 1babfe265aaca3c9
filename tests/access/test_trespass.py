"""Every route, tried by everybody it is not for: nobody sees or changes what is not theirs.

Routes come from the API's own description, checked against Django's resolver; a new one is tried from its
first day. Bodies are valid and things are real: a control shows for each route that somebody may use it just
so, so that a refusal is one of access and not of form. What the right person was asked for while they were
let in (`Actor.may`) says which roles and keys may follow, and all others must not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from pinback.accounts.actors import Actor
from pinback.accounts.rules import MAY, SCOPES
from tests.access.asking import PREFIX, Answer, Asking, Route, routes
from tests.access.watching import Rows, Watch, snapshot, watched
from tests.access.world import World

PUBLIC = {
    "GET /activities",
    "GET /activities/{activity}",
    "GET /groups/{group}",
    "GET /links/{link}",
    "GET /links/{link}/qr.svg",
    "GET /products",
    "GET /products/{product}",
    "GET /products/{product}/groups",
    "GET /products/{product}/reviews",
    "GET /shops/{shop}",
    "GET /shops/{shop}/counters",
    "GET /standards",
    "POST /carriers/{carrier}/notify",
    "POST /links/{link}/visits",
    "POST /pay/card/notify",
    "POST /password-links",
    "POST /pay/wechat/notify",
    "POST /people",
    "POST /session",
}
"""What is there for everybody, signed in or not."""

DRAWS_ON_WHAT_IS_SHARED = {
    "POST /orders": "takes stock, and comes to settlement in the shop's turn",
    "POST /shops": "settlement counts its shops' events",
}
"""What anybody may do for themselves, and touches rows that belong to nobody in particular."""

FOR_ONESELF = {"POST /debts/{shop}/payment": "what one owes a shop oneself"}
"""What has something in its path, and is about whoever asks all the same."""

FOR_KEYS_WITHOUT_A_SCOPE = {"GET /me": "says whose key it is"}

STAFF = {"olive": "owner", "walt": "warehouse", "faye": "finance", "mary": "marketing", "sam": "service"}
NOT_COUNTED = {"accounts_attempt"}
"""Notes of who tried what, which are to be written."""

RIGHTFUL = ("ann", "olive", "opal")
STRANGERS = ("zoe", "bob", "otto")
SHUT_OUT = (None, "ann, long ago", "revoked key of tea", "key of tea, over")


def is_past_the_door(answer: Answer) -> bool:
    """Whether the answer is one that only somebody gets who may ask: done, or not now, but not `not you`."""
    if answer.status in (400, 401, 403, 404, 405, 413, 415) or answer.status >= 500:
        return False
    return answer.code != "invalid"


@dataclass
class Walk:
    """Asks, and keeps what was wrong."""

    asking: Asking
    before: dict[str, Rows]
    wrong: list[str] = field(default_factory=list)
    asked_for: set[str] = field(default_factory=set)

    def try_as(self, route: Route, who: str | None) -> tuple[Answer, Watch]:
        """Ask as somebody; what they did is taken back."""
        self.asked_for = set()
        with watched(self.before) as watch:
            answer = self.asking.ask(route, who)
        if answer.status >= 500:
            self.wrong.append(f"{route.name} as {who}: {answer.status} {answer.text[:300]}")
        return answer, watch

    def must_be_refused(self, route: Route, who: str | None, *statuses: int) -> None:
        """Somebody gets one of these statuses, sees nothing, and changes nothing."""
        answer, watch = self.try_as(route, who)
        if answer.status not in statuses:
            self.wrong.append(f"{route.name} as {who}: {answer.status} {answer.text[:200]}")
        self.must_be_blind(route, who, answer)
        touched = watch.touched() - NOT_COUNTED
        if touched:
            self.wrong.append(f"{route.name} as {who}: wrote {sorted(touched)}")

    def must_be_blind(self, route: Route, who: str | None, answer: Answer) -> None:
        """The answer tells nothing that only others are to know."""
        shown = [mark for mark in self.asking.world.marks() if mark in answer.text]
        if shown:
            self.wrong.append(f"{route.name} as {who}: shows {shown}")

    def rightful(self, route: Route) -> dict[str, set[str]]:
        """Who of ann, olive and opal may use a route, and what each was asked for."""
        found = {}
        for who in RIGHTFUL:
            answer, _watch = self.try_as(route, who)
            if is_past_the_door(answer):
                found[who] = set(self.asked_for)
        return found


@pytest.fixture
def walk(market: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Walk:
    """A walk through a world that has one of everything; it notes what actors are asked for."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    made = Walk(Asking(World()), snapshot())
    may = Actor.may

    def noting(actor: Actor, shop_id: int, permission: str) -> bool:
        made.asked_for.add(permission)
        return may(actor, shop_id, permission)

    monkeypatch.setattr(Actor, "may", noting)
    return made


def _resolved(found: list[Any], before: str = "") -> Iterator[str]:
    for one in found:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _resolved(one.url_patterns, path)
        else:
            assert isinstance(one, URLPattern)
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def test_the_description_names_every_route_that_there_is() -> None:
    served = {f"/{path}" for path in _resolved(get_resolver().url_patterns) if path.startswith("api/")}
    own = {f"{PREFIX}/", f"{PREFIX}/openapi.json", f"{PREFIX}/docs"}
    assert served - own == {PREFIX + route.path for route in routes()}


def test_what_is_public_is_listed_by_name() -> None:
    assert {route.name for route in routes() if route.is_public} == PUBLIC


def test_a_parameter_that_nobody_thought_of_is_an_error(walk: Walk) -> None:
    with pytest.raises(LookupError, match="nonsense"):
        walk.asking.world.value("/things/{nonsense}", "nonsense")


@pytest.mark.slow
def test_nobody_sees_or_changes_what_is_not_theirs(walk: Walk) -> None:
    for route in routes():
        if route.is_public:
            _public(walk, route)
        else:
            _private(walk, route)
    assert not walk.wrong, "\n".join(["", *walk.wrong])


@pytest.mark.slow
def test_the_walk_sees_a_door_that_stands_open(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the walk itself: with the checks off it finds what they keep out."""
    monkeypatch.setattr(Actor, "works_for", lambda actor, shop_id: True)
    monkeypatch.setattr(Actor, "may", lambda actor, shop_id, permission: True)
    (route,) = (one for one in routes() if one.name == "PUT /shops/{shop}")
    walk.must_be_refused(route, "zoe", 404)
    (read,) = (one for one in routes() if one.name == "GET /shops/{shop}/staff")
    walk.must_be_refused(read, "zoe", 404)
    told = "\n".join(walk.wrong)
    assert "PUT /shops/{shop} as zoe: 200" in told
    assert "PUT /shops/{shop} as zoe: wrote ['accounts_shop']" in told
    assert "GET /shops/{shop}/staff as zoe: shows ['walt@example.com']" in told


def _public(walk: Walk, route: Route) -> None:
    for who in (None, "zoe"):
        answer, _watch = walk.try_as(route, who)
        walk.must_be_blind(route, who, answer)


def _private(walk: Walk, route: Route) -> None:
    rightful = walk.rightful(route)
    if not rightful:
        answers = {who: walk.try_as(route, who)[0][:2] for who in RIGHTFUL}
        walk.wrong.append(f"{route.name}: the control failed, nobody may use it: {answers}")
        return
    for who in SHUT_OUT:
        walk.must_be_refused(route, who, 401)
    for who in STRANGERS:
        if route.name in FOR_ONESELF or ("ann" in rightful and not route.parameters):
            _for_oneself(walk, route, who)
        else:
            walk.must_be_refused(route, who, 404)
    for who in RIGHTFUL:
        if who not in rightful:
            walk.must_be_refused(route, who, 403, 404)
    _staff(walk, route, rightful)
    _keys(walk, route, rightful)


def _for_oneself(walk: Walk, route: Route, who: str) -> None:
    """What everybody may do, everybody does to their own things."""
    answer, watch = walk.try_as(route, who)
    walk.must_be_blind(route, who, answer)
    beside = watch.touched_beside(walk.asking.world.cast.person(who).pk) - NOT_COUNTED
    if beside and route.name not in DRAWS_ON_WHAT_IS_SHARED:
        walk.wrong.append(f"{route.name} as {who}: changed {sorted(beside)}")


def _staff(walk: Walk, route: Route, rightful: dict[str, set[str]]) -> None:
    """Roles that have what the owner was asked for may follow; the others are told that they may not."""
    asked_for = rightful.get("olive")
    if route.name in FOR_ONESELF or asked_for is None or ("ann" in rightful and not asked_for):
        return
    if not asked_for:
        walk.wrong.append(f"{route.name}: let an owner in without asking for a permission")
        return
    for who, role in STAFF.items():
        if not asked_for <= MAY[role]:
            walk.must_be_refused(route, who, 403, 404)


def _keys(walk: Walk, route: Route, rightful: dict[str, set[str]]) -> None:
    """A key opens what it has the scopes for, in its shop; nothing that is for people, and nothing more."""
    if route.name in FOR_KEYS_WITHOUT_A_SCOPE:
        return
    walk.must_be_refused(route, "key of oil", 403, 404)
    asked_for = rightful.get("olive", set())
    if not asked_for or not asked_for <= SCOPES:
        walk.must_be_refused(route, "key of tea", 403, 404)
    for one in asked_for & SCOPES:
        walk.must_be_refused(route, f"key of tea without {one}", 403)
