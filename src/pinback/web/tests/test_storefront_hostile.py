"""Scripts in every text that a buyer or a shop can fill stay text, on every page of the storefront."""

import re

import pytest
from django.test import Client

from pinback.accounts.actions import AddressTerms, add_address, start_session
from pinback.accounts.models import Person, Shop
from pinback.catalog.models import Product, Sku
from pinback.checkout.models import Item, Order
from pinback.delivery import actions as delivery
from pinback.delivery.models import Parcel
from pinback.desk import actions as desk
from pinback.desk.models import Case
from pinback.kit.ids import public_id
from pinback.marketing import actions as marketing
from pinback.web.sessions import COOKIE
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7|add:7 }}"
ALIVE = re.compile(r"<script>alert|<img src=x|onerror=alert\(1\)>\{\{")


def fill_everything(cast: Cast) -> list[str]:
    """Fill every text; the pages to look at."""
    cast.campaign()
    goods = cast.product(group_size=3)
    group = cast.group_of(cast.buy("bob", goods, kind="open"))
    order = cast.buy("ann", goods)
    id_ = public_id(order.pk)
    ann, olive = cast.actor("ann"), cast.actor("olive")
    delivery.ship(
        "tea", id_, carrier="sandbox", tracking="T1", what="cups", acting=cast.actor("walt"), now=cast.now
    )
    delivery.receive("tea", id_, acting=ann, now=cast.now)
    desk.review(id_, 1, 3, SCRIPT, acting=ann, now=cast.now)
    desk.compensate(id_, 100, reason="late", apology=SCRIPT, acting=olive, now=cast.now)
    cast.send_money()
    asked = desk.Asked(reason="other", text=SCRIPT)
    case = public_id(desk.open_case(id_, asked, acting=ann, now=cast.now).pk)
    desk.refuse(case, SCRIPT, acting=olive, now=cast.now)
    unpaid = public_id(cast.place("ann", goods).pk)
    terms = AddressTerms(recipient=SCRIPT[:60], phone="+8613800138000", region=SCRIPT, street=SCRIPT)
    address = public_id(add_address(terms, is_default=True, acting=ann).pk)
    link = public_id(marketing.share("product", public_id(goods.pk), acting=ann, now=cast.now).pk)
    Shop.objects.update(title=SCRIPT[:60], about=SCRIPT)
    Product.objects.update(title=SCRIPT, about=SCRIPT)
    Sku.objects.update(name=SCRIPT[:60])
    Person.objects.update(name=SCRIPT[:60])
    Item.objects.update(title=SCRIPT)
    Order.objects.update(recipient=SCRIPT[:60], phone=SCRIPT[:20], region=SCRIPT, street=SCRIPT, note=SCRIPT)
    Parcel.objects.update(what=SCRIPT, tracking=SCRIPT[:64])
    Case.objects.update(carrier=SCRIPT[:20], tracking=SCRIPT[:64])
    product = public_id(goods.pk)
    return [
        "/",
        f"/search?q={SCRIPT}&sort={SCRIPT}",
        "/s/tea/",
        "/s/tea/reviews",
        f"/p/{product}/",
        f"/p/{product}/reviews",
        f"/p/{product}/buy?kind=open&voucher={SCRIPT}&quantity={SCRIPT}",
        f"/g/{group}/",
        f"/l/{link}/share",
        "/orders/",
        f"/orders/{id_}/",
        f"/orders/{unpaid}/",
        f"/orders/{unpaid}/pay",
        f"/cases/{case}/",
        "/cases/",
        "/wallet/",
        "/account/",
        "/account/profile",
        "/addresses/",
        f"/addresses/{address}/",
        f"/sign-in?next={SCRIPT}",
        f"/register?next={SCRIPT}",
    ]


@pytest.mark.parametrize("part", [False, True])
def test_every_text_stays_text(cast: Cast, part: bool) -> None:
    paths = fill_everything(cast)
    ann = Client(headers={"HX-Request": "true"} if part else {})
    ann.cookies[COOKIE] = start_session(cast.person("ann"), now=cast.now)
    shown = 0
    for path in paths:
        answer = ann.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        assert ALIVE.search(page) is None, path
        shown += "&lt;script&gt;" in page
    assert shown > len(paths) // 2, "the texts are not shown, so nothing was tried"
