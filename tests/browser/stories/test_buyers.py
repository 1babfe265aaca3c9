"""The buyers' story: one opens a group, two join from the shared link, all receive, a voucher is used."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.stories.conftest import OpenDevice
from tests.browser.stories.devices import Device
from tests.browser.stories.market import Market, Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _joins(device: Device, link: str, name: str) -> str:
    """Somebody new comes by a shared link, registers on the way, and pays; the order's address."""
    device.open(link)
    device.looks("group")
    device.tap('.bottom-bar a[href*="kind=join"]')
    device.tap('main a[href*="/register"]')
    device.register(name)
    device.type_address()
    device.looks("buy")
    device.tap('button[name="place"]')
    device.pay()
    return device.page.url


def _ships(shop: Shop, order: str) -> None:
    parcel = {"carrier": "sandbox", "tracking": f"T{order}"}
    shop.market.ask("POST", f"/orders/{order}/parcels", parcel, token=shop.token)


def test_the_buyers_story(sandbox: Market, device: OpenDevice) -> None:
    tea, cups = sandbox.shop("Tea House 茶馆"), sandbox.shop("Cup House 杯子铺")
    oolong, cup = tea.product("Oolong 乌龙茶"), cups.product("Cup 茶杯", price=2_000, solo=2_500)
    tea.campaign(threshold=5_000, rebate=800)
    ann, bob, cid = device(), device(), device()

    ann.register("ann")
    ann.open(f"/p/{oolong}/")
    ann.sees("¥8.00")
    ann.looks("product")
    ann.tap('.bottom-bar a[href*="kind=open"]')
    ann.type_address()
    ann.tap('button[name="place"]')
    ann.looks("pay")
    ann.pay()
    order = ann.page.url
    ann.looks("order-waiting")
    link = ann.find("[data-copy]").first.get_attribute("data-copy")
    assert link

    _joins(bob, link, "bob")
    theirs = _joins(cid, link, "cid")
    # The first one watches: their page follows by itself.
    expect(ann.find("#live .seat-free")).to_have_count(0, timeout=20_000)
    assert ann.page.url == order

    for url in (order, bob.page.url, theirs):
        _ships(tea, url.rstrip("/").rpartition("/")[2])
    ann.open(order)
    ann.looks("order-shipped")
    ann.tap(".bottom-bar summary")
    ann.tap('button[value="receive"]')
    ann.open("/wallet/")
    ann.sees("¥8.00")
    ann.looks("wallet")

    ann.open(f"/p/{cup}/buy?kind=solo")
    ann.sees("¥8.00")
    ann.tap('button[name="place"]')
    ann.sees("¥23.00")
    ann.pay()
    ann.open("/wallet/")
    ann.sees(re.compile("Used|已使用|已用"))


@pytest.mark.parametrize("view", [(390, "zh-CN")], ids=["390-zh"])
def test_from_a_shared_link_to_paid_in_three_taps(sandbox: Market, device: OpenDevice) -> None:
    """When the address is known: join, place the order, pay (`pages.md`); the sandbox asks how it ends."""
    tea = sandbox.shop("Tea House 茶馆")
    oolong = tea.product("Oolong 乌龙茶", group_size=5)
    ann, bob = device(), device()
    ann.register("ann")
    ann.open(f"/p/{oolong}/buy?kind=open")
    ann.type_address()
    ann.tap('button[name="place"]')
    ann.pay()
    link = ann.find("[data-copy]").first.get_attribute("data-copy")
    assert link
    bob.register("bob")
    bob.open(f"/p/{oolong}/buy?kind=solo")
    bob.type_address()
    bob.tap('button[name="place"]')

    bob.open(link)
    bob.taps = 0
    bob.tap('.bottom-bar a[href*="kind=join"]')
    bob.tap('button[name="place"]')
    bob.tap('button[name="method"][value="wechat"]')
    assert bob.taps == 3
    bob.tap('button[name="outcome"][value="paid"]')
    bob.sees(re.compile("Paid|已付款|已支付"))


def test_going_back_from_the_payment_and_placing_again_is_one_order(
    sandbox: Market, device: OpenDevice
) -> None:
    oolong = sandbox.shop("Tea House 茶馆").product("Oolong 乌龙茶")
    ann = device()
    login = ann.register("ann")
    ann.open(f"/p/{oolong}/buy?kind=solo")
    ann.type_address()
    ann.tap('button[name="place"]')
    first = ann.page.url
    ann.page.go_back()
    ann.tap('button[name="place"]')
    ann.sees(re.compile("placed this order already|已经下过单"))
    ann.looks("pay-again")
    assert ann.page.url == first
    orders = sandbox.ask("GET", "/orders", token=sandbox.token(login))
    assert len(orders["items"]) == 1
