"""The whole thread over the API: a product is made and offered, a group bought, paid, complete."""

from typing import Any

import pytest

from pinback.kit.ids import id_of
from pinback.payments.models import Payment
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

ADDRESS = {"recipient": "Ann", "phone": "+8613800138000", "region": "上海", "street": "Road 1"}
PRODUCT = {
    "title": "Oolong",
    "group_size": 2,
    "skus": [{"name": "500 g", "solo_price_minor": 6000, "group_price_minor": 5000, "stock": 9}],
}


def made(answer: Any, status: int = 201) -> Any:
    """The body of an answer that must have this status."""
    assert answer.status_code == status, answer.content
    return answer.json()


def on_sale(cast: Cast) -> Any:
    """A product that olive made and offered."""
    olive = Caller(cast, "olive")
    product = made(olive.post("/shops/tea/products", PRODUCT))
    path = f"/shops/tea/products/{product['product']}"
    return made(olive.post(f"{path}/offer", {"version": product["version"]}), 200)


def order(product: Any, **wish: Any) -> Any:
    """The body of an order of one unit."""
    lines = [{"sku": product["skus"][0]["sku"], "quantity": 1}]
    return {"product": product["product"], "lines": lines, "address": ADDRESS, **wish}


def buy(cast: Cast, name: str, product: Any, **wish: Any) -> Any:
    """Somebody places an order and pays it."""
    caller = Caller(cast, name)
    placed = made(caller.post("/orders", order(product, **wish)))
    begun = made(caller.post(f"/orders/{placed['order']}/payment", {"method": "wechat"}))
    cast.notice(Payment.objects.get(pk=id_of(begun["payment"])))
    return made(caller.get(f"/orders/{placed['order']}"), 200)


def test_the_whole_thread() -> None:
    cast = Cast()
    cast.campaign()
    product = on_sale(cast)
    first = buy(cast, "ann", product, kind="open")
    assert (first["status"], first["step"], first["pay_until"]) == ("paid", "wait_for_group", None)
    shown = made(Caller(cast, None).get(f"/products/{product['product']}"), 200)
    assert shown["offers"][0]["rebate_minor"] == 1_000
    (group,) = shown["groups"]
    assert (group["seats_left"], group["leader"]) == (1, "A**")
    second = buy(cast, "bob", product, kind="join", group=group["group"])
    assert (second["status"], second["step"]) == ("confirmed", "wait_for_shipping")
    assert second["rebate"]["status"] == "issued"
    assert second["rebate"]["amount_minor"] == 1_000
    shared = made(Caller(cast, None).get(f"/groups/{group['group']}"), 200)
    assert shared["status"] == "complete"
    assert [member["name"] for member in shared["members"]] == ["A**", "B**"]
    wallet = made(Caller(cast, "ann").get("/wallet"), 200)
    assert wallet["items"][0]["status"] == "available"
    orders = made(Caller(cast, "walt").get("/shops/tea/orders?status=confirmed"), 200)
    assert len(orders["items"]) == 2
    found = made(Caller(cast, None).get("/products?search=oolong"), 200)
    assert [item["product"] for item in found["items"]] == [product["product"]]


def test_a_quote_is_what_is_placed() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    product = on_sale(cast)
    buy(cast, "ann", product, kind="solo")
    ann = Caller(cast, "ann")
    wish = order(product, kind="solo", voucher="best")
    del wish["address"]
    quoted = made(ann.post("/quotes", wish), 200)
    placed = made(ann.post("/orders", order(product, kind="solo", voucher="best")))
    assert quoted["voucher"] == placed["voucher"]
    assert quoted["voucher_minor"] == placed["voucher_minor"] == 1_000
    assert quoted["due_minor"] == placed["due_minor"] == 5_000
    assert quoted["rebate_minor"] == 1_000
    assert made(ann.get("/wallet"), 200)["items"][0]["why"] == "in_unpaid_order"


def test_strangers_see_no_order_and_close_none() -> None:
    cast = Cast()
    product = on_sale(cast)
    placed = made(Caller(cast, "ann").post("/orders", order(product, kind="solo")))
    path = f"/orders/{placed['order']}"
    for name in ("bob", "opal"):
        assert Caller(cast, name).post(f"{path}/cancel").status_code == 404
        assert Caller(cast, name).post(f"{path}/payment", {"method": "wechat"}).status_code == 404
    assert Caller(cast, "bob").get(path).status_code == 404
    assert Caller(cast, "walt").get(path).status_code == 200
    assert Caller(cast, "walt").post(f"{path}/cancel").status_code == 404
    assert Caller(cast, "bob").get("/shops/tea/orders").status_code == 404
    assert Caller(cast, "sam").post("/shops/tea/products", PRODUCT).status_code == 403


def test_a_cursor_that_is_none() -> None:
    cast = Cast()
    answer = Caller(cast, None).get("/products?cursor=zzzzzzzzzzzzz")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")
