"""The API's description is valid OpenAPI 3.1, tells of every error, and does not change its names."""

import json
from typing import Any

import jsonschema_rs
import pytest
from django.conf import settings
from django.test import Client
from openapi_spec_validator import validate

from pinback.api.app import api
from pinback.api.describing import TAGS, operations_of
from pinback.api.examples import EXAMPLES
from tests.support.calling import Caller
from tests.support.cast import Cast

SCHEMA: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
OPERATIONS = list(operations_of(SCHEMA))
BY_ID = {operation["operationId"]: operation for _, _, operation in OPERATIONS}
WITHOUT_KEY = {
    # Their answer has a secret, which is not kept.
    "accounts_sign_in",
    "operator_make_link",
    "shops_make_key",
    "shops_make_staff_link",
    # Asking again is throttled, and one letter.
    "accounts_ask_for_link",
    # Each event has an id, which is carried out once.
    "engine_settle_everywhere",
    "engine_settle_in_shop",
    # Notices, which have ids too.
    "payments_wechat_notify",
    "payments_card_notify",
    "delivery_notify",
}


def test_it_is_openapi() -> None:
    validate(SCHEMA)
    assert SCHEMA["openapi"].startswith("3.1.")
    assert SCHEMA["servers"][0]["url"] == "/"


def test_it_is_what_the_server_gives() -> None:
    assert Client().get("/api/v1/openapi.json").json() == SCHEMA


def test_the_server_is_where_the_world_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PINBACK_PUBLIC_URL", "https://pin.example")
    assert api.get_openapi_schema()["servers"][0]["url"] == "https://pin.example"


def test_every_operation_is_described() -> None:
    assert {tag["name"] for tag in SCHEMA["tags"]} == set(TAGS)
    for path, method, operation in OPERATIONS:
        assert operation["description"], path
        assert operation["summary"], path
        assert set(operation["tags"]) <= set(TAGS), (method, path)


def test_every_error_of_every_operation_is_a_problem() -> None:
    for path, method, operation in OPERATIONS:
        if operation["tags"] == ["Providers"]:
            continue  # Payment providers are answered in their own form.
        errors = {status: named for status, named in operation["responses"].items() if status[0] != "2"}
        assert {"429", "default"} <= errors.keys(), (method, path)
        assert ("401" in errors) == ("security" in operation), (method, path)
        assert "404" in errors or "{" not in path, (method, path)
        assert {"400", "409", "422"} <= errors.keys() or method == "get", (method, path)
        assert {"413", "415"} <= errors.keys() or "requestBody" not in operation, (method, path)
        for response in errors.values():
            component = SCHEMA["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
            content = component["content"]["application/problem+json"]
            assert content["schema"]["$ref"] == "#/components/schemas/Problem"


def test_every_write_takes_a_key() -> None:
    without = {
        operation["operationId"]
        for _, method, operation in OPERATIONS
        if method != "get"
        and not any(given["name"] == "Idempotency-Key" for given in operation["parameters"])
    }
    assert without == WITHOUT_KEY
    assert not any(
        given["name"] == "Idempotency-Key"
        for _, method, operation in OPERATIONS
        if method == "get"
        for given in operation["parameters"]
    )


def test_no_body_takes_fields_that_are_not_described() -> None:
    open_ended = [
        name
        for name in shapes_of_bodies()
        if SCHEMA["components"]["schemas"][name].get("type") == "object"
        and SCHEMA["components"]["schemas"][name].get("additionalProperties") is not False
    ]
    assert open_ended == []


def shapes_of_bodies() -> set[str]:
    """The names of all shapes that bodies of requests have, or have inside."""
    found: set[str] = set()
    waiting = [operation.get("requestBody", {}) for operation in BY_ID.values()]
    while waiting:
        for name in named_in(waiting.pop()) - found:
            found.add(name)
            waiting.append(SCHEMA["components"]["schemas"][name])
    return found


def named_in(value: Any) -> set[str]:
    """The shapes that a part of the description refers to."""
    if isinstance(value, list):
        return set().union(*(named_in(part) for part in value))
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"].rsplit("/", 1)[1]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*(named_in(part) for part in value.values()))


@pytest.mark.parametrize("operation", EXAMPLES)
def test_examples_have_the_shape_of_their_bodies(operation: str) -> None:
    content = BY_ID[operation]["requestBody"]["content"]["application/json"]
    validator = jsonschema_rs.validator_for({**content["schema"], "components": SCHEMA["components"]})
    assert content["examples"]
    for example in content["examples"].values():
        validator.validate(example["value"])
        assert not validator.is_valid({**example["value"], "unknown": 1})


def test_names_of_operations_are_not_changed_by_accident() -> None:
    """Clients are generated with these names; a new one is added here, an old one stays."""
    assert {
        "accounts_register",
        "accounts_sign_in",
        "shops_open_shop",
        "catalog_create",
        "checkout_quote",
        "checkout_place",
        "checkout_pay",
        "delivery_ship",
        "delivery_receive",
        "desk_open_case",
        "desk_quote",
        "engine_settle_in_shop",
        "news_decisions_of_shop",
        "marketing_create",
        "hooks_create",
    } <= BY_ID.keys()
    assert len(BY_ID) == len(OPERATIONS)


@pytest.mark.usefixtures("market")
def test_problems_that_are_given_have_the_described_shape() -> None:
    described = {"$ref": "#/components/schemas/Problem", "components": SCHEMA["components"]}
    validator = jsonschema_rs.validator_for(described)
    ann = Caller(Cast(), "ann")
    for answer in (ann.get("/nothing"), ann.post("/orders", {}), ann.get("/orders?cursor=x")):
        assert answer["Content-Type"] == "application/problem+json"
        validator.validate(answer.json())
