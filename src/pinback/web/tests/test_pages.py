"""The pages: what they show, in both languages, of full, empty and odd shops."""

import json
import re
from html import escape, unescape
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from tests.browser.story import EMPTY_SHOP, ODD_SHOPS, SHOP, market, shops
from tests.support.settling import settle_stream

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}


def _market() -> None:
    settle_stream(b"".join(market()), using="default")


def _page(client: Client, shop: str, headers: dict[str, str] | None = None) -> str:
    response = client.get(reverse("shop", kwargs={"shop": shop}), headers=headers or {})
    assert response.status_code == 200
    return response.content.decode()


def _words(page: str) -> str:
    """What is read on a page: tags and the data of charts left out, spaces made one."""
    text = re.sub(r"<script.*?</script>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_an_empty_database_says_what_to_do(client: Client) -> None:
    response = client.get("/engine/")
    assert response.status_code == 200
    assert "No shop yet" in response.content.decode()
    assert "pinback settle" in response.content.decode()


def test_the_only_shop_is_the_first_page(client: Client) -> None:
    settle_stream(
        b'{"id":"1","type":"shop.opened","at":"2026-01-01T00:00:00Z","shop":"a?b"}', using="default"
    )
    response = client.get("/engine/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/engine/shops/a%3Fb/"


def test_several_shops_are_listed(client: Client) -> None:
    _market()
    page = client.get("/engine/").content.decode()
    linked = {unescape(address) for address in re.findall(r'href="(/engine/shops/[^"]*)"', page)}
    assert linked == {reverse("shop", kwargs={"shop": shop}) for shop in shops()}
    assert "9 shops" in page


def test_a_shop_shows_its_figures(client: Client) -> None:
    _market()
    words = _words(_page(client, SHOP))
    for shown in (
        "Completed orders 35 of 39 placed",
        "Refunded ¥395.41 4.7% of cash, 7.9% of orders",
        "Net cost of rebates ¥25.00 of ¥1,700.00 in fees",
        "Running since 9 Feb 2026 00:00 : 16 of 40 vouchers left.",
        "Stopped with 50 of 50 vouchers left; ¥1,000.00 went back to the shop.",
        "It starts at 0:00 of the day after its fee of ¥1,000.00 is paid.",
        "of this, owed by buyers ¥10.00",
        "Outside Pinback −¥9,709.80 Sum ¥0.00",
        "On hold: a refund is open 1 ¥15.00",
        "1 buyer ¥10.00",
        "As of 22 Feb 2026 13:17 (Asia/Shanghai)",
        "Jan 2026 10 10 ¥2,390.48",
    ):
        assert shown in words


def test_a_shop_shows_its_figures_in_chinese(client: Client) -> None:
    _market()
    page = _page(client, SHOP, CHINESE)
    assert '<html lang="zh-Hans">' in page
    words = _words(page)
    for shown in (
        "成功成交订单 35 共下单 39 个",
        "满 ¥150.00 返 ¥15.00",
        "合计 ¥0.00",
        "已冻结：退款处理中",
        "2026年2月22日 13:17",
    ):
        assert shown in words


def test_charts_have_data_and_a_description(client: Client) -> None:
    _market()
    page = _page(client, SHOP)
    drawn = re.findall(r'data-chart="([^"]+)"', page)
    data = dict(re.findall(r'<script id="([^"]+)" type="application/json">(.*?)</script>', page))
    assert (
        sorted(drawn)
        == sorted(data)
        == ["chart-burn-down-1", "chart-burn-down-4", "chart-cash", "chart-units"]
    )
    units = json.loads(data["chart-units"])
    assert units["categories"] == ["Jan 2026", "Feb 2026"]
    assert units["series"][0]["values"] == [10, 25]
    assert SHOP in units["description"]
    cash = json.loads(data["chart-cash"])
    assert cash["series"][0]["values"] == [239_048, 557_332]
    assert cash["format"] == {"currency": "CNY", "minor_digits": 2}
    assert page.count("<details>") == 3


@pytest.mark.parametrize("shop", [*ODD_SHOPS, "W" * 64])
def test_odd_names_are_shown_and_escaped(client: Client, shop: str) -> None:
    _market()
    page = _page(client, shop)
    assert f'<h1 class="id">{escape(shop)}</h1>' in page
    # Our own ones, of the key figures.
    assert page.count("<b>") == 6


def test_hostile_names_cannot_leave_their_place(client: Client) -> None:
    shop = "</script><script>alert(1)</script>".replace("/", "|")
    lines = [{"product": "<img|src=x|onerror=alert(1)>", "quantity": 1, "unit_price": 1}]
    fields: list[tuple[str, dict[str, object]]] = [
        ("order.placed", {"buyer": "b", "lines": lines}), ("order.paid", {"amount": 1}),
        ("order.confirmed", {}), ("order.received", {}),
    ]  # fmt: skip
    events = [
        {"id": str(n), "type": kind, "at": "2026-01-01T00:00:00Z", "shop": shop, "order": "o", **more}
        for n, (kind, more) in enumerate(fields)
    ]
    settle_stream("\n".join(map(json.dumps, events)).encode(), using="default")
    page = _page(client, shop)
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<img|src" not in page


def test_an_empty_shop_says_what_to_do(client: Client) -> None:
    _market()
    words = _words(_page(client, EMPTY_SHOP))
    for shown in (
        "No campaign yet.",
        "Nothing sold yet.",
        "No order yet.",
        "No voucher yet.",
        "No refund yet.",
    ):
        assert shown in words
    assert "data-chart" not in _page(client, EMPTY_SHOP)


@pytest.mark.parametrize(("headers", "shown"), [({}, "This page is not here"), (CHINESE, "这里没有这个页面")])
def test_an_unknown_shop_is_not_found(client: Client, headers: dict[str, str], shown: str) -> None:
    _market()
    for path in ("/engine/shops/nobody/", "/engine/shops/~a/", "/nothing"):
        response = client.get(path, headers=headers)
        assert response.status_code == 404
        assert shown in response.content.decode()


@pytest.mark.parametrize(("headers", "shown"), [({}, "Something went wrong"), (CHINESE, "这里出错了")])
@pytest.mark.filterwarnings("ignore")
def test_a_fault_is_told_without_its_insides(client: Client, headers: dict[str, str], shown: str) -> None:
    with patch("pinback.web.engine.views.number_of_shops", side_effect=RuntimeError("secret")):
        response = client.get("/engine/", headers=headers)
    assert response.status_code == 500
    page = response.content.decode()
    assert shown in page
    assert "secret" not in page
    assert 'name="language"' not in page


def test_the_language_is_chosen_by_a_form(client: Client) -> None:
    _market()
    response = client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/shops/tea-house/"})
    assert response.headers["Location"] == "/shops/tea-house/"
    assert "资金" in _page(client, SHOP)
    assert "资金" in _page(client, SHOP, {"Accept-Language": "en"})


def test_pages_are_only_read(client: Client) -> None:
    assert client.post("/engine/").status_code == 405
    assert client.head("/engine/").status_code == 200


def test_many_shops_are_shown_by_pages(client: Client) -> None:
    events = [
        {"id": "1", "type": "shop.opened", "at": "2026-01-01T00:00:00Z", "shop": f"shop-{number:03}"}
        for number in range(120)
    ]
    settle_stream("\n".join(map(json.dumps, events)).encode(), using="default")
    page = client.get("/engine/?page=3").content.decode()
    assert "shop-119" in page
    assert "shop-099" not in page
    assert "Page 3 of 3" in page
    assert "shop-000" in client.get("/engine/?page=nonsense").content.decode()
