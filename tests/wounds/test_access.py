"""Wounds of access: other people's orders by their numbers, and identity taken from the request."""

import json
from typing import Any

import pytest
from django.test import Client

from pinback.accounts.models import Address, Person
from pinback.checkout.models import Order
from pinback.desk import actions as desk
from pinback.groups.models import Member
from pinback.kit import clock
from pinback.kit.ids import id_of, new_id, public_id
from pinback.settlement.models import Event
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("open_market")

OTHERS: list[tuple[str, str, Any]] = [
    ("get", "/orders/{order}", None),
    ("post", "/orders/{order}/payment", {"method": "wechat"}),
    ("post", "/orders/{order}/cancel", None),
    ("post", "/orders/{order}/leave", None),
    ("post", "/orders/{order}/receipt", None),
    ("post", "/orders/{order}/refund-quote", {"scope": "whole"}),
    (
        "post",
        "/orders/{order}/cases",
        {"kind": "refund_only", "scope": "whole", "reason": "changed_mind"},
    ),
    ("get", "/orders/{order}/cases", None),
    ("get", "/orders/{order}/parcels", None),
    ("get", "/orders/{order}/compensations", None),
    ("post", "/orders/{order}/reviews", {"line": 1, "stars": 1, "text": ""}),
    ("get", "/cases/{case}", None),
    ("get", "/cases/{case}/history", None),
    ("get", "/cases/{case}/quote", None),
    ("post", "/cases/{case}/withdraw", None),
    ("post", "/cases/{case}/escalate", None),
    ("post", "/cases/{case}/return", {"carrier": "sandbox", "tracking": "T1"}),
    ("get", "/shops/tea/state/vouchers/{voucher}", None),
]
"""What a buyer can do with what is theirs."""


def _ask(caller: Caller, method: str, path: str, body: Any) -> Any:
    return caller.get(path) if method == "get" else caller.post(path, body)


def test_w067_another_buyers_things_are_as_if_they_were_not_there() -> None:
    """Get, cancel and ship took a number and never asked whose it was."""
    cast = Cast()
    cast.campaign()
    goods = cast.product()
    order = cast.buy("ann", goods)
    case = desk.open_case(public_id(order.pk), desk.Asked(), acting=cast.actor("ann"), now=cast.now)
    names = {
        "order": public_id(order.pk),
        "case": public_id(case.pk),
        "voucher": (cast.state(order).earned_code or "").partition("/")[2],
    }
    unknown = {"order": public_id(new_id()), "case": public_id(new_id()), "voucher": "none/1"}
    bob = Caller(cast, "bob")
    before = _everything()
    for method, path, body in OTHERS:
        theirs = _ask(bob, method, path.format(**names), body)
        nobodys = _ask(bob, method, path.format(**unknown), body)
        assert (theirs.status_code, nobodys.status_code) == (404, 404), path
        assert theirs.json()["code"] == nobodys.json()["code"], path
    assert _everything() == before
    # The owner is let in, so the paths are right.
    assert Caller(cast, "ann").get(f"/orders/{names['order']}").status_code == 200


def test_w067_walking_over_numbers_finds_nothing() -> None:
    """Numbers that follow each other invite to try the next one."""
    cast = Cast()
    order = cast.buy("ann", cast.product())
    bob, id_ = Caller(cast, "bob"), id_of(public_id(order.pk))
    found = {bob.get(f"/orders/{public_id(id_ + step)}").status_code for step in range(-20, 21)}
    assert found == {404}


def test_w069_who_somebody_is_comes_from_the_session_alone() -> None:
    """A profile was updated by the id in the request, and the session became that of its owner."""
    cast = Cast()
    ann, bob = cast.person("ann"), cast.person("bob")
    goods = cast.product(group_size=2)
    group = cast.group_of(cast.buy("cai", goods, kind="open"))
    caller, id_ = Caller(cast, "bob"), public_id(ann.pk)
    caller.headers |= {"X-User-Id": id_, "X-Person": id_}
    home = {"recipient": "Bob", "phone": "13800138000", "region": "上海", "street": "Road 2"}
    assert _patch(caller, "/me", {"name": "Mallory", "person": id_}).status_code == 422
    assert _patch(caller, f"/me?person={id_}", {"name": "Robert"}).status_code == 200
    assert caller.post("/me/addresses", {**home, "person": id_}).status_code == 422
    assert caller.post(f"/me/addresses?person={id_}", home).status_code == 201
    order: dict[str, Any] = {
        "product": public_id(goods.pk),
        "lines": [{"sku": public_id(cast.sku(goods).pk), "quantity": 1}],
        "kind": "join",
        "group": group,
        "address": home,
    }
    for extra in ({"buyer": id_}, {"person": id_}):
        assert caller.post("/orders", {**order, **extra}).status_code == 422
    assert caller.post(f"/orders?buyer={id_}", order).status_code == 201
    ann.refresh_from_db()
    assert (ann.name, Person.objects.get(pk=bob.pk).name) == ("Ann", "Robert")
    assert set(Address.objects.values_list("person_id", flat=True)) == {bob.pk}
    assert not Order.objects.filter(buyer=ann).exists()
    assert not Member.objects.filter(person_id=ann.pk).exists()
    assert caller.get("/me").json()["person"] == public_id(bob.pk)


def _patch(caller: Caller, path: str, body: Any) -> Any:
    with clock.held_at(caller.cast.now):
        return Client().patch(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=caller.headers
        )


def _everything() -> tuple[int, Any]:
    rows = list(Order.objects.order_by("pk").values())
    return Event.objects.count(), rows
