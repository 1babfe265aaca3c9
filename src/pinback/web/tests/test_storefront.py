"""The storefront as buyers use it: looking around, a group from a shared link, the wallet, and strangers."""

import re
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from pinback.accounts.models import Person
from pinback.checkout.models import Order
from pinback.delivery import actions as delivery
from pinback.kit import clock
from pinback.kit.ids import new_id, public_id
from pinback.payments.models import Payment
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Voucher
from pinback.web.templatetags.figures import money
from tests.support.browsing import ADDRESS, browser
from tests.support.cast import HOME, Cast

pytestmark = pytest.mark.usefixtures("market")


def get(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def buy(client: Client, product: Any, **more: str) -> str:
    """Place an order by its page, pay it in the sandbox, and be at its page; returns its path."""
    placed = client.post(
        f"/p/{public_id(product.pk)}/buy", {**ADDRESS, "quantity": "1", "place": "1", **more}
    )
    assert placed.status_code == 302, placed.content.decode()
    paying = client.post(placed.headers["Location"], {"method": "wechat"}, follow=True)
    assert "sandbox" in paying.content.decode()
    payment = Payment.objects.order_by("-id")[0]
    paid = client.post(f"/sandbox/pay/{public_id(payment.pk)}", {"outcome": "paid"})
    path: str = paid.headers["Location"]
    return path


def test_visitors_look_around(cast: Cast) -> None:
    goods = cast.product(title="Oolong tea")
    visitor = browser(cast)
    for path in ("/", "/search?q=oolong", "/s/tea/"):
        page = get(visitor, path)
        assert "Oolong tea" in page
        assert "¥50.00" in page
    assert "No product has all these words" in get(visitor, "/search?q=nothing")
    page = get(visitor, f"/p/{public_id(goods.pk)}/")
    assert "¥60.00" in page
    assert "Open a group" in page


def test_two_buyers_make_a_group_from_a_shared_link(cast: Cast) -> None:
    goods = cast.product(group_size=2)
    ann, bob = browser(cast, "ann"), browser(cast, "bob")
    path = buy(ann, goods, kind="open")
    page = get(ann, path)
    assert "waiting for the group" in page
    shared = re.search(r'data-copy="http://testserver(/l/[^"]+)"', page)
    assert shared is not None
    landed = browser(cast).get(shared[1], follow=True)
    assert "1 more buyer" in landed.content.decode()
    landing = landed.request["PATH_INFO"]
    group = landing.strip("/").split("/")[1]
    buy(bob, goods, kind="join", group=group)
    assert "Deal made" in get(ann, path)
    assert "complete" in get(bob, landing)
    live = ann.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in live


def test_leaving_a_group_shows_first_what_comes_back(cast: Cast) -> None:
    goods = cast.product(group_size=3)
    ann = browser(cast, "ann")
    path = buy(ann, goods, kind="open")
    page = get(ann, path)
    assert 'value="leave"' in page
    assert "Paid to you" in page
    assert ann.post(f"{path}act", {"act": "leave"}).status_code == 302
    assert "on its way back" in get(ann, path)


def test_orders_are_found_by_where_they_are(cast: Cast) -> None:
    ann = browser(cast, "ann")
    buy(ann, cast.product(title="Oolong"), kind="solo")
    cast.place("ann", cast.product(title="Pu-erh"))
    assert "Oolong" in get(ann, "/orders/")
    to_pay = get(ann, "/orders/?status=placed")
    assert "Pu-erh" in to_pay
    assert "Oolong" not in to_pay
    assert "No order of yours" in get(ann, "/orders/?status=refunded")
    assert "Oolong" in get(ann, "/orders/?status=nonsense")
    part = ann.get("/orders/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Oolong" not in get(browser(cast, "bob"), "/orders/")


def test_the_wallet_tells_the_story_of_a_voucher(cast: Cast) -> None:
    cast.campaign()
    goods = cast.product()
    ann = browser(cast, "ann")
    assert "No voucher yet" in get(ann, "/wallet/")
    path = buy(ann, goods, kind="solo")
    assert "You earned a voucher" in get(ann, path)
    assert "Ready to use" in get(ann, "/wallet/")
    quote = get(ann, f"/p/{public_id(goods.pk)}/buy?kind=solo")
    assert "¥50.00" in quote


def test_the_amounts_of_an_order_paid_with_a_voucher_add_up(cast: Cast) -> None:
    cast.campaign()
    goods = cast.product()
    ann = browser(cast, "ann")
    buy(ann, goods, kind="solo")
    (voucher,) = Voucher.objects.all()
    page = get(ann, buy(ann, goods, kind="solo"))
    order = SettledOrder.objects.order_by("-pk").get(voucher_code=voucher.code)
    cash = order.goods_minor + order.postage_minor
    rows = dict(re.findall(r"<dt[^>]*>([^<]+)</dt><dd[^>]*>([^<]+)</dd>", page))
    assert rows["Goods"] == money(order.goods_minor + voucher.amount_minor)
    assert rows["Paid with a voucher"] == f"−{money(voucher.amount_minor)}"
    assert rows["Postage"] == money(order.postage_minor)
    assert rows["Cash"] == money(cash)


def test_a_parcel_is_received_by_its_buyer(cast: Cast) -> None:
    ann = browser(cast, "ann")
    path = buy(ann, cast.product(), kind="solo")
    order = path.strip("/").split("/")[-1]
    delivery.ship("tea", order, carrier="sandbox", tracking="T1", acting=cast.actor("walt"), now=cast.now)
    page = get(ann, path)
    assert "T1" in page
    # What receiving comes to is said before it is done.
    assert re.search(r"The ¥[\d.]+ go to Tea", page)
    assert page.index(" go to Tea") < page.index('value="receive"')
    assert ann.post(f"{path}act", {"act": "receive"}).status_code == 302
    assert "Received" in get(ann, path)


def test_a_missing_address_is_told_at_its_field_and_keeps_what_was_typed(cast: Cast) -> None:
    goods = cast.product()
    given = {**ADDRESS, "street": "", "quantity": "1", "place": "1", "kind": "solo"}
    answer = browser(cast, "ann").post(f"/p/{public_id(goods.pk)}/buy", given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="id_street_error"' in page
    assert HOME.phone in page
    assert not Order.objects.exists()


def test_strangers_and_visitors(cast: Cast) -> None:
    path = buy(browser(cast, "ann"), cast.product(), kind="solo")
    for other in ("bob", "olive"):
        get(browser(cast, other), path, 404)
        assert browser(cast, other).post(f"{path}act", {"act": "cancel"}).status_code == 404
    answer = browser(cast).get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_scripts_in_a_title_stay_text(cast: Cast) -> None:
    goods = cast.product(title="<script>alert(1)</script>")
    for path in ("/", f"/p/{public_id(goods.pk)}/"):
        assert "<script>alert" not in get(browser(cast), path)


def test_an_empty_market_is_a_store_without_products() -> None:
    """Whoever registers before the first shop is open is not sent to reports that are not for them."""
    assert Client().get("/").headers["Location"] == "/engine/"
    Person.objects.create(id=new_id(), login="ann@example.com", name="Ann", created_at=clock.now())
    assert Client().get("/").status_code == 200


@pytest.mark.parametrize(("language", "words"), [("en", "Too busy for this now"), ("zh-hans", "现在太忙")])
def test_a_database_that_does_not_answer_is_told_with_the_time_to_come_again(
    language: str, words: str
) -> None:
    locked = OperationalError("database is locked")
    with mock.patch("pinback.web.storefront.views.looking.find_on_sale", side_effect=locked):
        answer = Client().get("/search", headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert words in answer.content.decode()
