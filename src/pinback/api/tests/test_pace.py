"""Who asks too often waits; nobody waits for another."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from pinback.api import pace as pace_module
from pinback.api.pace import Pace
from tests.support.calling import Caller
from tests.support.cast import Cast

SECRET = "Bearer pbs_invented"


class Seconds:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """The time that the API counts by, with nobody counted yet."""
    seconds = Seconds()
    monkeypatch.setattr(pace_module, "pace", Pace(seconds))
    return seconds


@pytest.fixture
def _six_a_minute(monkeypatch: pytest.MonkeyPatch, seconds: Seconds) -> None:
    monkeypatch.setattr(settings, "PINBACK_RATE", 6)


def test_a_minutes_requests_at_once_and_then_one_by_one() -> None:
    seconds = Seconds()
    pace = Pace(seconds)
    let_in = [pace.ask("ann", 6) for _ in range(7)]
    assert [standing.let_in for standing in let_in] == [True] * 6 + [False]
    assert [standing.remaining for standing in let_in] == [5, 4, 3, 2, 1, 0, 0]
    assert let_in[-1].wait_seconds == pytest.approx(10)
    assert let_in[-1].full_seconds == pytest.approx(60)
    seconds.now += 9
    assert not pace.ask("ann", 6).let_in
    seconds.now += 1
    assert pace.ask("ann", 6).let_in
    assert not pace.ask("ann", 6).let_in
    assert pace.ask("bob", 6).remaining == 5
    seconds.now += 60
    assert pace.ask("ann", 6).remaining == 5


def test_nobody_gets_more_than_the_rate_over_time() -> None:
    seconds = Seconds()
    pace = Pace(seconds)
    let_in = 0
    for _ in range(10 * 60 * 4):
        let_in += pace.ask("ann", 30).let_in
        seconds.now += 0.25
    assert 30 + 10 * 30 - 1 <= let_in <= 30 + 10 * 30


def test_who_is_gone_is_forgotten() -> None:
    seconds = Seconds()
    pace = Pace(seconds)
    for number in range(500):
        pace.ask(f"once{number}", 6)
        seconds.now += 1
    assert len(pace) <= 120
    seconds.now += 121
    pace.ask("ann", 6)
    assert len(pace) == 1


@pytest.mark.usefixtures("market", "_six_a_minute")
def test_a_session_that_asks_too_often_waits_alone(seconds: Seconds) -> None:
    cast = Cast()
    ann, bob = Caller(cast, "ann"), Caller(cast, "bob")
    answers = [ann.get("/me") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert answers[0]["RateLimit-Policy"] == '"default";q=6;w=60'
    assert [answer["RateLimit"] for answer in answers[-3:]] == [
        '"default";r=1;t=50',
        '"default";r=0;t=60',
        '"default";r=0;t=60',
    ]
    last = answers[-1]
    assert last["Content-Type"] == "application/problem+json"
    assert last.json()["code"] == "too_many_requests"
    assert 10 <= int(last["Retry-After"]) <= 11
    assert bob.get("/me").status_code == 200
    seconds.now += int(last["Retry-After"])
    assert ann.get("/me").status_code == 200


@pytest.mark.usefixtures("market", "_six_a_minute")
def test_a_write_that_is_too_much_is_not_carried_out() -> None:
    ann = Caller(Cast(), "ann")
    address = {"recipient": "Ann", "phone": "13800138000", "region": "上海市", "street": "1 Tea Road"}
    answers = [ann.post("/me/addresses", address, **{"Idempotency-Key": f"k{n}"}) for n in range(7)]
    assert [answer.status_code for answer in answers] == [201] * 6 + [429]


@pytest.mark.usefixtures("market", "_six_a_minute")
def test_strangers_count_by_address_whatever_secret_they_invent() -> None:
    def ask(number: int, address: str = "203.0.113.7") -> Any:
        headers = {"Authorization": f"{SECRET}{number}"} if number % 2 else {}
        path = "/api/v1/me" if number % 3 else "/api/v1/products"
        return Client().get(path, headers=headers, REMOTE_ADDR=address)

    answers = [ask(number) for number in range(9)]
    assert [answer.status_code == 429 for answer in answers] == [False] * 6 + [True] * 3
    assert ask(1, "203.0.113.8").status_code == 401
    ann = Caller(Cast(), "ann")
    inside = Client().get("/api/v1/me", headers=ann.headers, REMOTE_ADDR="203.0.113.7")
    assert inside.status_code == 200


@pytest.mark.usefixtures("market", "_six_a_minute")
def test_what_payment_providers_and_carriers_tell_is_never_too_much() -> None:
    notices = [
        Client().post(f"/api/v1{path}", json.dumps({}), "application/json")
        for path in ("/pay/wechat/notify", "/pay/card/notify", "/carriers/none/notify")
        for _ in range(4)
    ]
    assert 429 not in {answer.status_code for answer in notices}
    assert not any(answer.has_header("RateLimit") for answer in notices)


@pytest.mark.usefixtures("market")
def test_no_rate_is_no_limit(seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PINBACK_RATE", 0)
    answer = Client().get("/api/v1/products")
    assert answer.status_code == 200
    assert not answer.has_header("RateLimit")
    assert len(pace_module.pace) == 0
