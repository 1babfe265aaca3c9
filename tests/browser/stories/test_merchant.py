"""The merchant's story: a shop is opened, a campaign planned in three steps and paid, midnight passes, and
the first voucher is given.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.stories.conftest import OpenDevice
from tests.browser.stories.market import Market, Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TERMS = {"threshold_minor": "100", "rebate_minor": "4", "quantity": "10", "name": "Autumn 秋天"}


def test_the_merchants_story(sandbox: Market, device: OpenDevice) -> None:
    olive, ann = device(), device()
    login = olive.register("olive")
    name = login.partition("@")[0]
    olive.open("/seller/")
    olive.tap('main a[href$="/seller/open"]')
    olive.fill(title="Tea House 茶馆", name=name)
    olive.tap("main form button.btn-primary")
    olive.looks("seller-new-shop")
    shop = Shop(sandbox, name, login, sandbox.token(login))
    tea = shop.product("Oolong 乌龙茶", price=9_900, solo=12_900)

    # From signing in to a paid campaign: three steps, at most six fields.
    olive.open(f"/seller/{name}/")
    olive.tap(f'nav a[href="/seller/{name}/marketing/"]')
    olive.tap('main a[href$="/marketing/new"]')
    fields = olive.find("#terms :is(input, select):not([type=hidden])").count()
    assert fields <= 6
    olive.fill(**TERMS)
    olive.sees("¥40.00", within="#quote")
    # 4 is below 5 % of 100: told at the field, before anything is sent, and not let through.
    expect(olive.find("#id_rebate_minor-wrong")).not_to_be_empty()
    olive.looks("seller-campaign-wrong")
    olive.fill(rebate_minor="8")
    olive.sees("¥80.00", within="#quote")
    expect(olive.find("#id_rebate_minor-wrong")).to_be_empty()
    olive.tap("#terms button.btn-primary")
    olive.looks("seller-campaign-review")
    olive.sees("¥80.00")
    olive.tap('main button[name="method"][value="wechat"]')
    olive.sees("¥80.00")
    olive.looks("seller-campaign-pay")
    olive.tap('main button[name="outcome"][value="paid"]')
    campaign = olive.page.url
    assert "/marketing/" in campaign
    olive.looks("seller-campaign-scheduled")
    ann.open(f"/p/{tea}/")
    assert "¥8.00" not in ann.find("main").inner_text()

    sandbox.forward(hours=24)
    ann.register("ann")
    ann.open(f"/p/{tea}/buy?kind=solo")
    ann.type_address()
    ann.sees("¥8.00")
    ann.tap('button[name="place"]')
    ann.pay()
    ann.open("/wallet/")
    ann.sees("¥8.00")

    olive.open(campaign)
    olive.sees("1 / 10")
    olive.looks("seller-campaign-running")
