"""Looking around: what is hot and offered, filters in the address, pages without their surroundings."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from pinback.checkout.models import Order
from pinback.delivery import actions as delivery
from pinback.kit.ids import public_id
from pinback.marketing import actions
from tests.support.browsing import PART
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def get(path: str, **query: Any) -> str:
    answer = Client().get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def part(path: str, **query: Any) -> str:
    answer = Client().get(path, query, headers=PART)
    assert "HX-Request" in answer.headers["Vary"]
    return answer.content.decode()


def received(cast: Cast, order: Order) -> None:
    id_ = public_id(order.pk)
    delivery.ship("tea", id_, carrier="sandbox", tracking=id_, acting=cast.actor("walt"), now=cast.now)
    delivery.receive("tea", id_, acting=cast.actor("ann"), now=cast.now)


def test_home_shows_what_is_sold_and_what_is_offered(cast: Cast) -> None:
    goods = cast.product(title="Oolong")
    cast.product(title="Pu-erh")
    assert "Sold most this month" not in get("/")
    received(cast, cast.buy("ann", goods, quantity=3))
    cast.campaign(threshold=5_000, rebate=1_000)
    page = get("/")
    hot = page[page.index('id="hot"') : page.index('id="all"')]
    assert "Oolong" in hot
    assert "3 sold this month" in hot
    assert "Pu-erh" not in hot
    assert "when you spend ¥50.00" in page


def test_search_sorts_and_filters_by_its_address(cast: Cast) -> None:
    cast.open_shop("cups", {"carl": "owner"})
    cast.product(title="Oolong tea", price=5_000, postage=500)
    cast.product(title="Green tea", price=3_000)
    cast.product("cups", title="Tea cup", price=4_000, staff="carl")
    cast.campaign("cups")
    by_price = get("/search", q="tea", sort="price")
    places = [by_price.index(title) for title in ("Green tea", "Tea cup", "Oolong tea")]
    assert places == sorted(places)
    assert "Oolong tea" not in get("/search", q="tea", free_postage="on")
    offered = get("/search", rebate="on")
    assert "Tea cup" in offered
    assert "Green tea" not in offered
    assert "Green tea" in get("/search", sort="nonsense", page="²")
    assert "Nothing fits" in get("/search", rebate="on", free_postage="on", page="9")
    results = part("/search", q="tea", sort="price")
    assert "<html" not in results
    assert 'id="results"' in results


def test_the_next_page_brings_cards_alone(cast: Cast) -> None:
    for number in range(21):
        cast.product(title=f"Tea {number:02}")
    for path in ("/", "/search", "/s/tea/"):
        first = get(path)
        assert "page=2" in first
        second = part(path, page="2")
        assert "<html" not in second
        assert "Tea 00" in second
        assert "Tea 20" not in second
        assert "page=3" not in second


def test_a_product_tells_what_is_missing_to_the_threshold(cast: Cast) -> None:
    goods = cast.product(price=5_000)
    cast.campaign(threshold=6_000, rebate=800)
    page = get(f"/p/{public_id(goods.pk)}/")
    assert "¥10.00 more would earn a voucher of ¥8.00" in page
    cast.campaign(threshold=5_000, rebate=500)
    page = get(f"/p/{public_id(goods.pk)}/")
    assert "One unit earns a voucher of ¥5.00" in page


def test_the_groups_of_a_product_follow_by_themselves(cast: Cast) -> None:
    goods = cast.product(group_size=3)
    cast.buy("ann", goods, kind="open")
    groups = part(f"/p/{public_id(goods.pk)}/")
    assert "<html" not in groups
    assert "2 more buyers" in groups
    assert "A**" in groups


def test_what_is_sold_out_cannot_be_bought(cast: Cast) -> None:
    goods = cast.product(stock=1)
    cast.buy("ann", goods)
    page = get(f"/p/{public_id(goods.pk)}/")
    assert "Sold out" in page
    assert "kind=open" not in page


def test_going_back_restores_a_whole_page(cast: Cast) -> None:
    goods = cast.product()
    headers = {**PART, "HX-History-Restore-Request": "true"}
    assert "<html" in Client().get(f"/p/{public_id(goods.pk)}/", headers=headers).content.decode()


def test_an_activity_shows_its_shops_and_their_offers(cast: Cast) -> None:
    terms = actions.ActivityTerms(
        name="Tea days <script>",
        about="Warm",
        starts_at=cast.now + timedelta(hours=1),
        ends_at=cast.now + timedelta(days=3),
    )
    opal, olive = cast.actor("opal"), cast.actor("olive")
    made = public_id(actions.announce(terms, acting=opal, now=cast.now).pk)
    assert "Tea days &lt;script&gt;" in get("/")
    assert "No shop takes part yet" in get(f"/activities/{made}/")
    actions.sign_up("tea", made, acting=olive, now=cast.now)
    page = get(f"/activities/{made}/")
    assert "Begins in" in page
    assert "Tea days <script>" not in page
    assert "/s/tea/" in page
    assert Client().get(f"/activities/{public_id(7)}/").status_code == 404
