"""The API does what it says of itself: requests that are invented from its description, valid ones and
invalid ones, find no server error and no answer that is not described.

They are asked of a market in which there is one of everything, by the operator, a shop's owner, a buyer, and
nobody; whatever a request did is taken back before the next one. `PINBACK_SCHEMATHESIS=500` tries longer: so
many requests for each operation.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, NamedTuple

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from conftest import as_default, empty
from pinback.api import engine, news
from pinback.api.app import api
from pinback.config.wsgi import application
from pinback.kit import clock
from tests.access.world import World

PREFIX = "/api/v1"
STREAMS = Path(__file__).parents[1] / "examples"
EXAMPLES = int(os.environ.get("PINBACK_SCHEMATHESIS", "5"))
ASKERS = ("opal", "olive", "ann", None)


def status_is_described(context: Any, response: Any, case: Any) -> None:
    """The status is one that the operation names: that an error may always be met is not enough."""
    described = case.operation.definition.raw["responses"]
    assert str(response.status_code) in described, f"{response.status_code} is not among {sorted(described)}"


CHECKS = [
    not_a_server_error,
    status_is_described,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DESCRIPTION = from_dict(api.get_openapi_schema(path_prefix=f"{PREFIX}/"))
OPERATIONS = {
    found.ok().label: found.ok() for found in DESCRIPTION.get_all_operations() if isinstance(found, Ok)
}

LINES = [
    line.replace('"shop": "S"', '"shop": "tea"')
    for path in sorted(STREAMS.glob("*.ndjson"))
    if "decisions" not in path.name
    for line in path.read_text(encoding="utf-8").splitlines()
] + ["{}", "[]", "not JSON", '{"type": "order.paid"}']
"""Events, some of them in the wrong place, and lines that are none."""

KINDS = [
    "sqlite",
    pytest.param("postgres", marks=pytest.mark.postgres),
]
"""Both databases: each refuses what the other lets pass."""

pytestmark = pytest.mark.slow


@schemathesis.serializer("application/x-ndjson")
def lines_of_json(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Lines of JSON are sent as they are."""
    return str(value).encode()


def whole(environ: Any, start_response: Any) -> list[bytes]:
    """The application as a server calls it: its answer is read to the end, and closed."""
    answer = application(environ, start_response)
    with closing(answer):
        return [b"".join(answer)]


class Request(NamedTuple):
    """An invented request, and who sends it."""

    case: Any
    asker: str | None


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A market with one of everything, on each kind of database."""
    alias = request.getfixturevalue(f"{request.param}_alias")
    with as_default(alias), pytest.MonkeyPatch.context() as patch:
        # Few events are settled in a thread of their own, which would not see what is not committed.
        patch.setattr(engine, "_FEW", 0)
        # Whoever would wait for news finds every place taken, and is answered at once.
        taken = BoundedSemaphore(1)
        taken.acquire()
        patch.setattr(news, "_waiters", taken)
        patch.setattr(settings, "PINBACK_RATE", 10**9)
        # As in Django's own client: a request leaves the transaction alone that it is taken back with.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        empty("default")
        try:
            yield World()
        finally:
            empty("default")
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)


@contextmanager
def taken_back() -> Iterator[None]:
    """What is written inside is gone at the end."""
    atomic = transaction.atomic()
    # As in Django's own TestCase: durable transactions may stand inside.
    atomic._from_testcase = True  # type: ignore[attr-defined]
    with atomic:
        yield
        transaction.set_rollback(True)


@st.composite
def requests_of(draw: st.DrawFn, label: str, mode: GenerationMode, world: World) -> Request:
    """A request of an operation; most name things that are there."""
    operation = OPERATIONS[label]
    case = draw(operation.as_strategy(generation_mode=mode))
    path = operation.path.removeprefix(PREFIX)
    for name in [part.partition("}")[0] for part in path.split("{")[1:]]:
        real = world.value(path, name)
        path = path.replace(f"{{{name}}}", real, 1)
        if draw(st.integers(0, 3)):
            case.path_parameters[name] = real
    if case.media_type == "application/x-ndjson":
        case.body = "\n".join(draw(st.lists(st.sampled_from(LINES), max_size=5)))
    elif mode.is_positive:
        case.body = draw(lifelike(case.body, world))
    return Request(case, draw(st.sampled_from(ASKERS)))


@st.composite
def lifelike(draw: st.DrawFn, body: Any, world: World) -> Any:
    """A body that names things of the world now and then."""
    if isinstance(body, list):
        return [draw(lifelike(part, world)) for part in body]
    if not isinstance(body, dict):
        return body
    changed = {name: draw(lifelike(part, world)) for name, part in body.items()}
    for name in changed:
        known = 1 if name == "version" else world.names.get(name)
        if known is not None and draw(st.booleans()):
            changed[name] = known
    return changed


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_no_answer_is_undescribed(label: str, world: World) -> None:
    check(label, GenerationMode.POSITIVE, world)
    operation = OPERATIONS[label]
    if operation.body or operation.query or operation.headers:
        # An operation that takes nothing but names cannot be asked anything invalid.
        check(label, GenerationMode.NEGATIVE, world)


def check(label: str, mode: GenerationMode, world: World) -> None:
    """Ask an operation many times."""

    @how(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(request=requests_of(label, mode, world))
    def ask(request: Request) -> None:
        headers = {}
        if request.asker is not None:
            headers["Authorization"] = f"Bearer {world.secrets[request.asker]}"
        with taken_back(), clock.held_at(world.cast.now):
            response = request.case.call(base_url="http://testserver", headers=headers, app=whole)
            request.case.validate_response(response, checks=CHECKS)

    ask()


def test_every_operation_is_asked() -> None:
    described = DESCRIPTION.raw_schema["paths"]
    assert len(OPERATIONS) == sum(len(operations) for operations in described.values())
