"""Share links: one for a person and a thing, visits counted once in an hour, QR codes."""

import pytest

from pinback.kit.ids import public_id
from pinback.marketing import actions
from pinback.marketing.models import Link, LinkDay, Visit
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def test_a_person_has_one_link_to_a_thing() -> None:
    cast = Cast()
    goods = public_id(cast.product().pk)
    ann, bob = Caller(cast, "ann"), Caller(cast, "bob")
    wish = {"kind": "product", "target": goods}
    first, again, other = (who.post("/links", wish).json() for who in (ann, ann, bob))
    assert first["link"] == again["link"] != other["link"]
    assert first["address"].endswith(f"/l/{first['link']}/")
    assert actions.standing_link("product", goods, now=cast.now).pk not in {first["link"], other["link"]}
    assert Link.objects.count() == 3


def test_only_what_everybody_can_see_is_shared() -> None:
    cast = Cast()
    ann = Caller(cast, "ann")
    assert ann.post("/links", {"kind": "shop", "target": "tea"}).json()["target"] == "tea"
    for wish in (
        {"kind": "product", "target": public_id(7)},
        {"kind": "group", "target": public_id(7)},
        {"kind": "campaign", "target": "x"},
        {"kind": "shop", "target": "nobody"},
    ):
        assert ann.post("/links", wish).status_code == 404
    assert Caller(cast, None).post("/links", {"kind": "shop", "target": "tea"}).status_code == 401


def test_a_visitor_counts_once_in_an_hour_and_is_forgotten() -> None:
    cast = Cast()
    link = public_id(actions.standing_link("shop", "tea", now=cast.now).pk)
    path = f"/links/{link}/visits"
    nobody = Caller(cast, None)
    counted = [nobody.post(path, {"device": name}).json()["counted"] for name in ("a", "a", "b")]
    assert counted == [True, False, True]
    cast.later(hours=1)
    assert nobody.post(path, {"device": "a"}).json() == {
        "kind": "shop",
        "target": "tea",
        "shop": "tea",
        "counted": True,
    }
    cast.later(hours=20)
    nobody.post(path, {"device": "a"})
    assert nobody.get(f"/links/{link}").json()["visits"] == 4
    assert list(LinkDay.objects.order_by("day").values_list("day__day", "visits")) == [(10, 3), (11, 1)]
    assert not Visit.objects.filter(visitor="a").exists()
    cast.later(days=3)
    assert actions.forget_visits(cast.now) == 4
    assert Link.objects.get().visits == 4
    assert nobody.post("/links/0000000000000/visits", {}).status_code == 404


def test_a_qr_code_is_a_picture() -> None:
    cast = Cast()
    link = public_id(actions.standing_link("shop", "tea", now=cast.now).pk)
    answer = Caller(cast, None).get(f"/links/{link}/qr.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")


def test_the_shop_sees_its_links_and_others_do_not() -> None:
    cast = Cast()
    cast.product()
    actions.standing_link("shop", "tea", now=cast.now)
    assert len(Caller(cast, "mary").get("/shops/tea/links").json()["items"]) == 1
    assert Caller(cast, "walt").get("/shops/tea/links").status_code == 403
    assert Caller(cast, "bob").get("/shops/tea/links").status_code == 404
