"""The API's kernel: signing in, errors, a write that happens once."""

import json
from typing import Any

import pytest
from django.test import Client

from pinback.accounts.actions import register
from pinback.api.models import Answer
from pinback.kit import clock

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
