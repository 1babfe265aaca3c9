"""Keys of the operator do what their scopes say, and nothing of money; the list of people."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings

from pinback.accounts.actions import make_key, make_operator_key, revoke_operator_keys
from pinback.accounts.models import Person, Shop
from pinback.accounts.rules import ENGINE_SCOPES, OPERATOR_SCOPES, SCOPES
from pinback.api.models import EngineShop
from pinback.checkout.refunds import RefundTerms, start_refund_within
from pinback.insight import operating
from pinback.insight.models import AuditRun
from pinback.kit import clock
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import NotFound, Refused
from pinback.kit.transactions import durable
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

BY_SCOPE: dict[str, list[tuple[str, str, Any, int]]] = {
    "shops.admit": [
        ("put", "/engine/shops/silk", None, 200),
        ("delete", "/engine/shops/silk", None, 204),
        ("get", "/operator/shops", None, 200),
        ("post", "/operator/shops/tea/suspend", {"reason": "x"}, 200),
        ("post", "/operator/shops/tea/reopen", {"reason": "x"}, 200),
    ],
    "clock.set": [
        ("get", "/sandbox/clock", None, 200),
        ("post", "/sandbox/clock", {"forward_seconds": 60}, 200),
    ],
    "people.read": [("get", "/operator/people", None, 200)],
    "audit.run": [
        ("post", "/operator/audits", None, 202),
        ("get", "/operator/audits", None, 200),
        ("get", "/operator/overview", None, 200),
    ],
}
SESSIONS_ONLY = [
    "/operator/anomalies",
    "/operator/cases",
    "/operator/ledger/account?account=external",
    "/operator/ledger/postings",
    "/operator/money-out",
    "/operator/payouts",
    "/operator/risk/debtors",
    "/operator/risk/devices",
    "/operator/risk/loops",
    "/operator/risk/places",
]


def ask(cast: Cast, secret: str, method: str, path: str, body: Any = None) -> int:
    """The status of an answer."""
    with clock.held_at(cast.now):
        answer = getattr(Client(), method)(
            f"/api/v1{path}",
            data=body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
    return int(answer.status_code)


def key_of(cast: Cast, *scopes: str, person: str = "opal") -> str:
    """The secret of a new key."""
    return make_operator_key(cast.person(person), name="k", scopes=scopes, now=cast.now)[1]


@pytest.mark.parametrize("scope", sorted(BY_SCOPE))
def test_a_scope_allows_what_it_says_and_no_other_does(scope: str) -> None:
    cast = Cast()
    mine = key_of(cast, scope)
    others = key_of(cast, *(OPERATOR_SCOPES - {scope}))
    for method, path, body, status in BY_SCOPE[scope]:
        assert ask(cast, others, method, path, body) == 404, path
        assert ask(cast, mine, method, path, body) == status, path


def test_a_refused_key_changed_nothing() -> None:
    cast = Cast()
    without = key_of(cast, *(OPERATOR_SCOPES - {"shops.admit", "clock.set", "audit.run"}))
    before = clock.now()
    for scope in ("shops.admit", "clock.set", "audit.run"):
        for method, path, body, _status in BY_SCOPE[scope]:
            assert ask(cast, without, method, path, body) == 404
    assert not EngineShop.objects.exists()
    assert not AuditRun.objects.exists()
    assert Shop.objects.get(name="tea").status == "open"
    assert clock.now() - before < timedelta(seconds=60)


@pytest.mark.parametrize("path", SESSIONS_ONLY)
def test_money_and_evidence_are_for_a_person_who_signed_in(path: str) -> None:
    cast = Cast()
    assert Caller(cast, "opal").get(path).status_code == 200
    assert ask(cast, key_of(cast, *OPERATOR_SCOPES), "get", path) == 404


def test_the_clock_stays_where_there_is_no_sandbox() -> None:
    cast = Cast()
    with override_settings(PINBACK_SANDBOX=False):
        assert ask(cast, key_of(cast, "clock.set"), "post", "/sandbox/clock", {"forward_seconds": 1}) == 404


def test_a_key_ends_with_its_makers_office() -> None:
    cast = Cast()
    secret = key_of(cast, "shops.admit")
    assert ask(cast, secret, "put", "/engine/shops/silk") == 200
    Person.objects.filter(pk=cast.person("opal").pk).update(is_operator=False)
    assert ask(cast, secret, "put", "/engine/shops/silk") == 404


def test_a_key_is_ended_by_its_name_or_how_it_begins() -> None:
    cast = Cast()
    opal = cast.person("opal")
    secret = key_of(cast, "audit.run")
    other = make_operator_key(opal, name="other", scopes=["audit.run"], now=cast.now)[1]
    assert revoke_operator_keys(cast.person("ann"), "k", now=cast.now) == 0
    assert revoke_operator_keys(opal, "k", now=cast.now) == 1
    assert ask(cast, secret, "get", "/operator/audits") == 401
    assert ask(cast, other, "get", "/operator/audits") == 200
    assert revoke_operator_keys(opal, other[:12], now=cast.now) == 1
    assert ask(cast, other, "get", "/operator/audits") == 401


def test_scopes_of_the_operator_are_none_of_a_shops_and_the_other_way_round() -> None:
    cast = Cast()
    acting = cast.actor("olive")
    for scope in sorted(OPERATOR_SCOPES - SCOPES):
        with pytest.raises(Refused):
            make_key("tea", name="x", scopes=[scope], expires_at=None, acting=acting, now=cast.now)
    for scopes in ((), ("funds.pay_out",), ("shops.admit", "staff.write")):
        with pytest.raises(Refused):
            key_of(cast, *scopes)
    assert ENGINE_SCOPES < OPERATOR_SCOPES


def test_a_key_of_a_shop_whose_owner_is_the_operator_is_the_shops() -> None:
    cast = Cast()
    cast.open_shop("mine", {"opal": "owner"})
    _key, secret = make_key(
        "mine", name="x", scopes=sorted(SCOPES), expires_at=None, acting=cast.actor("opal"), now=cast.now
    )
    assert ask(cast, secret, "put", "/engine/shops/mine") == 404
    assert ask(cast, secret, "get", "/operator/people") == 404


def test_people_are_found_by_name_login_phone_and_id() -> None:
    cast = Cast()
    ann, bob = cast.person("ann"), cast.person("bob")
    Person.objects.filter(pk=bob.pk).update(login="+8613800138000", name="Bob Chen 陈")
    cast.open_shop("silk", {"ann": "owner"})
    opal = Caller(cast, "opal")

    def found(words: str) -> list[str]:
        answer = opal.get(f"/operator/people?words={words}&limit=100").json()
        return [row["name"] for row in answer["items"]]

    assert found("ann") == ["Ann"]
    assert found("ANN%40EXAMPLE.com") == ["Ann"]
    assert found("138%200013%208000") == found("%2B8613800138000") == found("陈") == ["Bob Chen 陈"]
    assert found(public_id(ann.pk)) == ["Ann"]
    assert found("ann bob") == found("nobody") == []
    assert set(found("")) >= {"Ann", "Bob Chen 陈", "Olive", "Opal"}
    (row,) = opal.get("/operator/people?words=ann").json()["items"]
    assert row["shops"] == [{"shop": "silk", "role": "owner"}]
    assert (row["orders"], row["owed_minor"], row["is_operator"]) == (0, 0, False)


def test_people_are_paged_the_newest_first_with_what_they_ordered_and_owe() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product(solo=6_000)
    source = cast.buy("ann", tea)
    cast.buy("ann", tea, voucher="best")
    durable(start_refund_within)(source, public_id(new_id()), RefundTerms(amount_minor=400), now=cast.now)
    cast.send_money()
    acting = cast.actor("opal")
    everybody, following = operating.people(acting, limit=100)
    assert following is None
    ids = [row.person.pk for row in everybody]
    assert ids == sorted(ids, reverse=True)
    paged: list[operating.PersonRow] = []
    cursor = None
    while True:
        rows, cursor = operating.people(acting, cursor=cursor, limit=2)
        paged += rows
        if cursor is None:
            break
    assert paged == list(everybody)
    (ann,) = [row for row in everybody if row.person.name == "Ann"]
    # Of the voucher of 1,000 that was used, 400 were withheld.
    assert (ann.orders, ann.owed_minor) == (2, 600)
    assert {row.owed_minor for row in everybody if row.person.name != "Ann"} == {0}


@pytest.mark.parametrize("name", ["ann", "olive", "sam"])
def test_nobody_else_sees_people(name: str) -> None:
    cast = Cast()
    assert Caller(cast, name).get("/operator/people").status_code == 404
    with pytest.raises(NotFound):
        operating.people(cast.actor(name))
    assert Caller(cast, None).get("/operator/people").status_code == 401
