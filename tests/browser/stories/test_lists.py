"""A list as somebody wants it: rows and columns change while one looks on, a filter gets a name and is found
again; and the same without scripts.
"""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.stories.conftest import ONE_VIEW, OpenDevice
from tests.browser.stories.devices import Device
from tests.browser.stories.market import Market, Shop
from tests.browser.stories.test_every_page import AXE, LOOK

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _at_orders(market: Market, olive: Device) -> Shop:
    shop = market.shop("Tea House 茶馆")
    buyer = market.token(market.person("ann"))
    market.buy(shop.product("Oolong 乌龙茶"), buyer)
    olive.sign_in(shop.owner)
    olive.open(f"/seller/{shop.name}/orders/?work=to_ship")
    return shop


def _axe(olive: Device) -> None:
    olive.page.evaluate(AXE.read_text())
    assert olive.page.evaluate(LOOK) == []


def test_rows_and_columns_change_at_once_and_stay(sandbox: Market, device: OpenDevice) -> None:
    olive = device()
    _at_orders(sandbox, olive)
    region, table = olive.find("#orders td:has-text('上海')"), olive.find("#orders table")
    expect(region).to_have_count(0)
    olive.tap("#list-look")
    _axe(olive)
    olive.find("#density-compact").check()
    expect(table).to_have_class(re.compile("is-compact"))
    olive.find("#column-region").check()
    expect(region).to_have_count(1)
    expect(olive.find("#column-region")).to_be_focused()
    olive.looks("seller-orders-view")
    olive.page.keyboard.press("Escape")
    expect(olive.find("#column-region")).to_be_hidden()
    expect(olive.find("#list-look")).to_be_focused()
    # The address had changed without a new page: the list comes back as it is filtered now.
    olive.tap("#work-shipped")
    expect(region).to_have_count(0)
    olive.tap("#list-look")
    olive.find("#density-comfortable").check()
    expect(table.or_(olive.find("#orders .card-body a.btn"))).to_have_count(1)
    expect(olive.find("#work-shipped")).to_have_attribute("aria-current", "true")
    olive.page.go_back()
    expect(region).to_have_count(1)


def test_a_filter_gets_a_name_and_goes_again(sandbox: Market, device: OpenDevice) -> None:
    olive = device()
    shop = _at_orders(sandbox, olive)
    olive.taps = 0
    olive.tap(".saved summary")
    _axe(olive)
    olive.fill(name="Mornings 早上")
    olive.tap(".saved .btn-primary")
    assert olive.taps == 2
    olive.open(f"/seller/{shop.name}/orders/")
    olive.looks("seller-orders-saved")
    _axe(olive)
    olive.tap(".chip-saved a")
    expect(olive.page).to_have_url(re.compile(r"\?work=to_ship$"))
    olive.tap(".chip-saved button")
    expect(olive.find(".chip-saved")).to_have_count(0)


@ONE_VIEW
def test_all_of_it_without_scripts(
    chromium: Browser, sandbox: Market, device: OpenDevice, view: tuple[int, str]
) -> None:
    olive = device()
    shop = _at_orders(sandbox, olive)
    context = chromium.new_context(
        java_script_enabled=False,
        base_url=sandbox.url,
        viewport={"width": view[0], "height": 900},
        storage_state=olive.context.storage_state(),
    )
    page = context.new_page()
    page.goto(f"/seller/{shop.name}/orders/?work=to_ship")
    page.locator("#list-look").click()
    page.locator("#density-compact").check()
    page.locator("#column-region").check()
    page.locator(".list-look .no-script").click()
    expect(page).to_have_url(re.compile(r"\?work=to_ship$"))
    expect(page.locator("#orders table")).to_have_class(re.compile("is-compact"))
    expect(page.locator("#orders td:has-text('上海')")).to_have_count(1)
    page.locator(".saved summary").click()
    page.locator("#filter-name").fill("Mornings")
    page.locator(".saved .btn-primary").click()
    expect(page.locator(".chip-saved")).to_contain_text("Mornings")
    page.locator(".chip-saved button").click()
    expect(page.locator(".chip-saved")).to_have_count(0)
    context.close()
