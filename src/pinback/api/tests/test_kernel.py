"""The API's kernel: signing in, errors, a write that happens once."""

import json
from typing import Any

import pytest
from django.test import Client

from pinback.accounts.actions import register
from pinback.api import once
from pinback.api.models import Answer
from pinback.kit import clock
from pinback.kit.ids import public_id
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def post(path: str, body: Any, **headers: str) -> Any:
    """A POST of JSON."""
    return Client().post(
        f"/api/v1{path}", data=json.dumps(body), content_type="application/json", headers=headers
    )


def test_a_session_opens_what_is_behind_it() -> None:
    register("a@example.com", name="Ann", password="correct horse", language="en", now=clock.now())
    assert Client().get("/api/v1/me").status_code == 401
    made = post("/session", {"login": "a@example.com", "password": "correct horse"})
    assert made.status_code == 201
    token = made.json()["token"]
    found = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert found.json()["name"] == "Ann"


def test_a_wrong_password_is_a_problem_at_its_field() -> None:
    answer = post("/session", {"login": "a@example.com", "password": "wrong"})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "login"


def test_the_same_key_gets_the_first_answer() -> None:
    body = {"login": "a@example.com", "name": "Ann", "password": "correct horse"}
    first = post("/people", body, **{"Idempotency-Key": "k1"})
    again = post("/people", body, **{"Idempotency-Key": "k1"})
    assert first.status_code == 201
    assert first.json() == again.json()
    assert Answer.objects.count() == 1
    other = post("/people", {**body, "name": "x"}, **{"Idempotency-Key": "k1"})
    assert other.json()["code"] == "idempotency_conflict"


def test_a_first_answer_is_not_given_to_a_session_that_has_ended() -> None:
    cast = Cast()
    ann = Caller(cast, "ann")
    address = {"recipient": "Ann", "phone": "13800138000", "region": "上海市", "street": "1 Tea Road"}
    key = {"Idempotency-Key": "k1"}
    made = ann.post("/me/addresses", address, **key)
    assert made.status_code == 201
    again = ann.post("/me/addresses", address, **key)
    assert (again.json(), again["Idempotent-Replay"]) == (made.json(), "true")
    assert ann.delete("/session").status_code == 204
    refused = ann.post("/me/addresses", address, **key)
    assert (refused.status_code, refused.json()["code"]) == (401, "signed_out")


@pytest.mark.parametrize("key", ["x" * 256, "a\tb", "\x7f"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    body = {"login": "a@example.com", "name": "Ann", "password": "correct horse"}
    answer = post("/people", body, **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


def test_a_claim_that_a_crash_left_is_taken_over_after_a_while() -> None:
    cast = Cast()
    ann = Caller(cast, "ann")
    path = f"/orders/{public_id(cast.place('ann', cast.product()).pk)}/payment"
    key = {"Idempotency-Key": "k1"}
    first = ann.post(path, {"method": "wechat"}, **key)
    assert first.status_code == 201
    Answer.objects.filter(key="k1").update(status=0, body="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(once, "_WAIT_SECONDS", 0)
        waiting = ann.post(path, {"method": "wechat"}, **key)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "in_progress")
    assert waiting["Retry-After"] == "1"
    cast.later(minutes=2)
    again = ann.post(path, {"method": "wechat"}, **key)
    assert (again.status_code, again.json()["payment"]) == (201, first.json()["payment"])
