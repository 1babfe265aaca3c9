"""People sign in, keep addresses, open shops, let others in; others can do none of it to them."""

import json
from typing import Any

import pytest
from django.test import Client

from pinback.accounts.models import Attempt, Credential, Staff
from pinback.accounts.rules import lock_out, login_of
from pinback.kit import clock
from pinback.kit.ids import public_id
from tests.support.calling import Caller
from tests.support.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("market")

HOME = {"recipient": "Ann", "phone": "13800138000", "region": "上海", "street": "Road 1"}


def _sign_in(cast: Cast, login: str, password: str) -> Any:
    with clock.held_at(cast.now):
        return Client().post(
            "/api/v1/session",
            data=json.dumps({"login": login, "password": password}),
            content_type="application/json",
        )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("+44 20 7946 0018", "+442079460018"),
        (" Ann@Example.com ", "ann@example.com"),
        ("ann@", None),
        ("12", None),
        ("a\x00@example.com", None),
    ],
)
def test_a_login_has_one_spelling(given: str, kept: str | None) -> None:
    assert login_of(given) == kept


def test_registering_refuses_what_is_taken_weak_or_no_login() -> None:
    nobody = Caller(Cast(), None)
    ann = {"login": "13800138000", "name": "Ann", "password": "correct horse"}
    assert nobody.post("/people", ann).status_code == 201
    taken = nobody.post("/people", {**ann, "login": "+86 138 0013 8000"})
    assert (taken.status_code, taken.json()["code"]) == (422, "login_taken")
    assert nobody.post("/people", {**ann, "login": "x@y.example", "password": "12345"}).json()["code"] == (
        "weak_password"
    )
    assert nobody.post("/people", {**ann, "login": "xyz"}).json()["errors"][0]["field"] == "login"


@pytest.mark.parametrize("name", ["ann", "nobody-of-this-name"])
def test_guessing_locks_out_known_and_unknown_logins_alike_and_longer_each_time(name: str) -> None:
    cast = Cast()
    cast.person("ann")
    login = f"{name}@example.com"
    answers = [_sign_in(cast, login, "wrong") for _ in range(5)]
    assert {answer.json()["code"] for answer in answers} == {"wrong_login"}
    locked = _sign_in(cast, login, PASSWORD)
    assert locked.status_code == 429
    assert int(locked["Retry-After"]) == 61
    assert Attempt.objects.filter(kind="sign_in", login=login).count() == 5
    cast.later(seconds=61)
    assert _sign_in(cast, login, "wrong").status_code == 422
    assert int(_sign_in(cast, login, PASSWORD)["Retry-After"]) == 121
    cast.later(seconds=121)
    assert _sign_in(cast, login, PASSWORD).status_code == (201 if name == "ann" else 422)


def test_the_lock_grows_to_an_hour() -> None:
    assert [int(lock_out(failed, 5).total_seconds()) for failed in (4, 5, 6, 7, 99)] == [
        0,
        60,
        120,
        240,
        3600,
    ]


def test_a_new_password_ends_the_other_sessions_and_signing_out_this_one() -> None:
    cast = Cast()
    here, there = Caller(cast, "ann"), Caller(cast, "ann")
    assert len(here.get("/me/sessions").json()["items"]) == 2
    assert here.post("/me/password", {"old": "no", "new": "another horse"}).json()["code"] == "wrong_password"
    assert here.post("/me/password", {"old": PASSWORD, "new": "another horse"}).status_code == 204
    assert (here.get("/me").status_code, there.get("/me").status_code) == (200, 401)
    assert here.delete("/session").status_code == 204
    assert here.get("/me").status_code == 401


def test_one_address_is_the_default_and_a_stale_change_is_refused() -> None:
    ann = Caller(Cast(), "ann")
    first = ann.post("/me/addresses", HOME).json()
    second = ann.post("/me/addresses", {**HOME, "is_default": True}).json()
    assert first["phone"] == "+8613800138000"
    defaults = {row["id"]: row["is_default"] for row in ann.get("/me/addresses").json()["items"]}
    assert defaults == {first["id"]: False, second["id"]: True}
    path = f"/me/addresses/{first['id']}"
    assert ann.put(path, {**HOME, "version": 1}).status_code == 200
    assert ann.put(path, {**HOME, "version": 1}).json()["code"] == "stale"
    assert ann.delete(f"/me/addresses/{second['id']}").status_code == 204
    assert ann.get("/me/addresses").json()["items"][0]["is_default"] is True


def test_w069_an_id_in_the_body_changes_nobody_elses_things() -> None:
    cast = Cast()
    bob = public_id(cast.person("bob").pk)
    ann = Caller(cast, "ann")
    for name in ("person", "person_id", "buyer", "owner"):
        assert ann.post("/me/addresses", {**HOME, name: bob}).status_code == 422
        assert ann.post("/shops", {"name": "silk", "title": "Silk", name: bob}).status_code == 422
    assert Caller(cast, "bob").get("/me/addresses").json()["items"] == []


def test_a_shop_keeps_an_owner() -> None:
    cast = Cast()
    ann = Caller(cast, "ann")
    assert ann.post("/shops", {"name": "Silk!", "title": "Silk"}).status_code == 422
    assert ann.post("/shops", {"name": "silk", "title": "Silk"}).status_code == 201
    assert ann.post("/shops", {"name": "tea", "title": "Tea"}).json()["code"] == "name_taken"
    me = public_id(cast.person("ann").pk)
    assert ann.delete(f"/shops/silk/staff/{me}").json()["code"] == "last_owner"
    assert ann.put(f"/shops/silk/staff/{me}", {"role": "finance"}).json()["code"] == "last_owner"
    cast.person("bob")
    assert ann.post("/shops/silk/staff", {"login": "bob@example.com", "role": "owner"}).status_code == 201
    assert ann.delete(f"/shops/silk/staff/{me}").status_code == 204
    assert ann.get("/shops/silk/staff").status_code == 404
    assert Staff.objects.filter(shop__name="silk").count() == 1


def test_a_key_is_shown_once_kept_hashed_and_works_until_it_is_revoked() -> None:
    cast = Cast()
    olive = Caller(cast, "olive")
    assert olive.post("/shops/tea/keys", {"name": "x", "scopes": ["keys.write"]}).json()["code"] == (
        "bad_scopes"
    )
    made = olive.post("/shops/tea/keys", {"name": "x", "scopes": ["orders.read"]}).json()
    assert made["secret"] not in json.dumps(list(Credential.objects.values()), default=str)
    program = Caller(cast, None)
    program.headers["Authorization"] = f"Bearer {made['secret']}"
    assert program.get("/me").status_code == 200
    assert program.get("/shops/tea/keys").status_code == 403
    listed = olive.get("/shops/tea/keys").json()["items"][0]
    assert "secret" not in listed
    assert listed["last_used_at"] is not None
    assert olive.delete(f"/shops/tea/keys/{made['id']}").status_code == 204
    assert program.get("/me").status_code == 401


@pytest.mark.parametrize("name", ["walt", "faye", "mary", "sam", "ann"])
def test_only_owners_let_others_in(name: str) -> None:
    cast = Cast()
    caller = Caller(cast, name)
    expected = 404 if name == "ann" else 403
    me = public_id(cast.person(name).pk)
    assert caller.put(f"/shops/tea/staff/{me}", {"role": "owner"}).status_code == expected
    assert caller.post("/shops/tea/keys", {"name": "x", "scopes": ["orders.read"]}).status_code == expected
    assert caller.put("/shops/tea", {"title": "Mine", "version": 1}).status_code == expected
    assert not Credential.objects.filter(kind="key").exists()
