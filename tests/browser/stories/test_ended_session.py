"""A session that ends while somebody fills a form in: nothing is sent, and nothing that was typed is lost."""

import re

import pytest
from playwright.sync_api import expect

from pinback.web.sessions import COOKIE
from tests.browser.stories.conftest import ONE_VIEW, OpenDevice
from tests.browser.stories.devices import Device
from tests.browser.stories.market import PASSWORD, Market

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("shop_work")]

_AGAIN = 'main form:has([name="password"]) button.button-main'


def _sign_in_again(device: Device, login: str) -> None:
    expect(device.page).to_have_url(re.compile("/sign-in"))
    device.sees("what you typed is kept")
    device.fill(login=login, password=PASSWORD)
    device.tap(_AGAIN)


@ONE_VIEW
def test_a_buyers_form_is_filled_again(sandbox: Market, device: OpenDevice) -> None:
    shop = sandbox.shop("Tea House 茶馆")
    ann = device()
    login = ann.register("ann")
    order = sandbox.buy(shop.product("Oolong 乌龙茶"), sandbox.token(login))
    ann.open(f"/orders/{order}/refund")
    ann.tap('label:has([name="reason"][value="damaged"])')
    ann.find("main textarea").fill("Three pieces 碎成三块")
    ann.context.clear_cookies(name=COOKIE)
    ann.tap('button[name="apply"]')
    _sign_in_again(ann, login)
    ann.sees("What you typed is here")
    expect(ann.find("main textarea")).to_have_value("Three pieces 碎成三块")
    expect(ann.find('[name="reason"][value="damaged"]')).to_be_checked()
    assert sandbox.ask("GET", f"/orders/{order}/cases", token=sandbox.token(login)) == []
    ann.tap('button[name="apply"]')
    expect(ann.page).to_have_url(re.compile("/cases/"))
    # What was sent is not offered again.
    ann.open(f"/orders/{order}/")
    assert ann.page.evaluate("sessionStorage.length") == 0


@ONE_VIEW
def test_a_shops_form_is_filled_again(sandbox: Market, device: OpenDevice) -> None:
    shop = sandbox.shop("Tea House 茶馆")
    olive = device()
    olive.sign_in(shop.owner)
    order = sandbox.buy(shop.product("Oolong 乌龙茶"), sandbox.token(sandbox.person("ann")))
    olive.open(f"/seller/{shop.name}/orders/{order}/")
    olive.find('main [name="carrier"]').first.fill("sandbox")
    olive.find('main [name="tracking"]').first.fill("T 1 ?")
    olive.context.clear_cookies(name=COOKIE)
    olive.find('main [name="tracking"]').first.press("Enter")
    _sign_in_again(olive, shop.owner)
    expect(olive.find('main [name="tracking"]').first).to_have_value("T 1 ?")
