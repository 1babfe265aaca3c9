"""Whatever is wrong with a request, the answer is a problem with a stable code, and the field where there is
one; nobody sees a traceback.
"""

import json
import logging
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from pinback.accounts import actions
from pinback.accounts.models import Person
from pinback.api import outside
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

JSON = "application/json"
ADDRESS = {
    "recipient": "Ann",
    "phone": "13800138000",
    "region": "上海市 徐汇区",
    "street": "1 Tea Road",
}


@pytest.fixture
def ann() -> Caller:
    """A buyer who calls."""
    return Caller(Cast(), "ann")


def send(caller: Caller, method: str, path: str, body: Any = b"", content_type: str = JSON) -> Any:
    """Any bytes to any address below /api."""
    return Client(raise_request_exception=False).generic(
        method, f"/api{path}", body, content_type=content_type, headers=caller.headers
    )


def problem_of(response: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a response that is this problem."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["title"]
    assert body["detail"]
    assert body["type"] == "about:blank"
    return body


def fields_of(body: dict[str, Any]) -> dict[str, str]:
    """The code of each field that is wrong."""
    assert all(error["detail"] for error in body["errors"])
    return {error["field"]: error["code"] for error in body["errors"]}


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/me/", "/v2/me", "/", "/v1/orders/%00"])
def test_an_address_that_is_not_there(ann: Caller, path: str) -> None:
    problem_of(send(ann, "GET", path), 404, "not_found")


def test_a_thing_that_is_not_there(ann: Caller) -> None:
    problem_of(ann.get("/orders/0000000000000"), 404, "not_found")
    problem_of(ann.get("/orders/no-id-at-all"), 404, "not_found")


def test_a_method_that_is_not_taken(ann: Caller) -> None:
    response = send(ann, "DELETE", "/v1/me")
    problem_of(response, 405, "method_not_allowed")
    assert {method.strip() for method in response["Allow"].split(",")} == {"GET", "PATCH"}


@pytest.mark.parametrize("body", [b"{", b" ", b"\xff", b'{"name": NaN}', b"[" * 100_000, b'{"a": 1} {}'])
def test_a_body_that_is_no_json(ann: Caller, body: bytes) -> None:
    problem_of(send(ann, "POST", "/v1/me/addresses", body), 400, "bad_request")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"[{}]"])
def test_a_body_that_is_no_object(ann: Caller, body: bytes) -> None:
    problem_of(send(ann, "POST", "/v1/me/addresses", body), 422, "invalid")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\udfff tail"])
def test_texts_that_no_database_keeps(ann: Caller, text: str) -> None:
    body = problem_of(ann.post("/me/addresses", {**ADDRESS, "street": text}), 422, "invalid")
    assert fields_of(body) == {"street": "text_characters"}
    body = problem_of(ann.post("/me/addresses", {"street": [{"no": text}]}), 422, "invalid")
    assert fields_of(body) == {"street.0.no": "text_characters"}
    problem_of(ann.post("/me/addresses", {text: "x"}), 422, "invalid")


def test_texts_in_a_query_that_no_database_keeps(ann: Caller) -> None:
    body = problem_of(ann.get("/products?text=a%00b"), 422, "invalid")
    assert fields_of(body) == {"text": "text_characters"}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400])
def test_numbers_beyond_64_bits(ann: Caller, number: int) -> None:
    placed = {"shop": "tea", "lines": [{"sku": "x", "quantity": number}]}
    body = problem_of(ann.post("/quotes", placed), 422, "invalid")
    assert fields_of(body) == {"lines.0.quantity": "integer_size"}
    problem_of(ann.get(f"/wallet?limit={number}"), 422, "invalid")
    problem_of(ann.get(f"/shops/tea/state/vouchers/c1/{number}"), 422, "invalid")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_kind(ann: Caller, kind: str) -> None:
    problem_of(
        send(ann, "POST", "/v1/me/addresses", json.dumps(ADDRESS), kind), 415, "unsupported_media_type"
    )


def test_a_body_that_is_too_large(ann: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    large = json.dumps({**ADDRESS, "street": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    problem_of(send(ann, "POST", "/v1/me/addresses", large), 413, "too_large")
    with_key = Client().post(
        "/api/v1/me/addresses", large, JSON, headers={**ann.headers, "Idempotency-Key": "k"}
    )
    problem_of(with_key, 413, "too_large")
    monkeypatch.setattr(outside, "MOST_UPLOAD_BYTES", 10)
    form = send(ann, "POST", "/v1/cases/x/photos", b"x" * 11, "multipart/form-data; boundary=b")
    problem_of(form, 413, "too_large")


def test_fields_that_are_not_known(ann: Caller) -> None:
    body = problem_of(ann.post("/me/addresses", {**ADDRESS, "colour": "red"}), 422, "invalid")
    assert fields_of(body) == {"colour": "extra_forbidden"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"no part at all", "multipart/form-data; boundary=b", 422),
        (b"x", "multipart/form-data", 400),
        (b"--b\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=b", 422),
        (b"x", "multipart/form-data; boundary=\xff", 400),
    ],
)
def test_a_broken_form(ann: Caller, body: bytes, kind: str, status: int) -> None:
    response = send(ann, "POST", "/v1/cases/x/photos", body, kind)
    problem_of(response, status, "invalid" if status == 422 else "bad_request")


@pytest.mark.parametrize("cursor", ["x", "-1", "zzzzzzzzzzzzz", "0' OR 1=1 --"])
def test_a_bad_cursor(ann: Caller, cursor: str) -> None:
    for path in ("/products", "/orders", "/me/sessions", "/me/addresses"):
        response = Client().get(f"/api/v1{path}", {"cursor": cursor}, headers=ann.headers)
        if response.status_code == 200:
            continue  # A list that has no pages.
        assert "cursor" in fields_of(problem_of(response, 422, "bad_cursor")), path


def test_nobody_who_is_not_signed_in() -> None:
    for headers in ({}, {"Authorization": "Bearer no"}, {"Authorization": "Basic eDp5"}):
        response = Client().get("/api/v1/me", headers=headers)
        problem_of(response, 401, "signed_out")
        assert response["WWW-Authenticate"] == "Bearer"


def test_what_nobody_foresaw_is_logged_and_told_without_a_traceback(
    ann: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        Person.objects.update(name="changed")
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr(actions, "add_address", fail)
    caplog.set_level(logging.ERROR, "pinback.api")
    response = Client(raise_request_exception=False).post(
        "/api/v1/me/addresses", json.dumps(ADDRESS), JSON, headers=ann.headers
    )
    problem_of(response, 500, "internal_error")
    assert b"secret words" not in response.content
    assert b"Traceback" not in response.content
    assert "secret words" in caplog.text
    assert not Person.objects.filter(name="changed").exists()


def test_a_database_that_is_away_is_worth_another_try(ann: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(actions, "add_address", fail)
    response = Client(raise_request_exception=False).post(
        "/api/v1/me/addresses", json.dumps(ADDRESS), JSON, headers=ann.headers
    )
    problem_of(response, 503, "unavailable")
    assert int(response["Retry-After"]) > 0


def test_details_are_in_the_readers_language(ann: Caller) -> None:
    def asked(language: str) -> tuple[str, set[str]]:
        headers = {**ann.headers, "Accept-Language": language}
        body = Client().post("/api/v1/me/addresses", "{}", JSON, headers=headers).json()
        return (
            body["detail"],
            {error["code"] for error in body["errors"]},
        )

    english, chinese = asked("en"), asked("zh-CN,zh;q=0.9,en;q=0.5")
    assert english[0] == "Some fields are not right."
    assert english[1] == chinese[1] == {"missing"}
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese[0]), chinese
