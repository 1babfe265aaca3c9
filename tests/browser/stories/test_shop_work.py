"""The daily work of a shop: refunds decided by keyboard, and many orders shipped from one table."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.stories.conftest import ONE_VIEW, OpenDevice
from tests.browser.stories.devices import Device
from tests.browser.stories.market import Market, Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ORDERS = 12


def _orders(market: Market, product: str, number: int) -> tuple[str, list[str]]:
    """So many paid orders of one new buyer: the buyer's session, and the orders."""
    buyer = market.token(market.person("ann"))
    return buyer, [market.buy(product, buyer) for _ in range(number)]


def _shop(market: Market, device: Device) -> tuple[Shop, str]:
    shop = market.shop("Tea House 茶馆")
    device.sign_in(shop.owner)
    return shop, shop.product("Oolong 乌龙茶")


@ONE_VIEW
def test_a_refund_is_decided_with_at_most_three_keys(sandbox: Market, device: OpenDevice) -> None:
    olive = device()
    shop, tea = _shop(sandbox, olive)
    buyer, orders = _orders(sandbox, tea, 3)
    for order in orders:
        sandbox.ask_back(order, buyer)
    olive.open(f"/seller/{shop.name}/refunds/")
    olive.sees("¥135.00")
    olive.looks("seller-refunds-queue")
    waiting = olive.find("[data-queue-rows] > li")
    expect(waiting).to_have_count(3)
    for key in ("a", "Enter"):
        olive.page.keyboard.press(key)
    expect(waiting).to_have_count(2)
    for key in ("r", "1", "Enter"):
        olive.page.keyboard.press(key)
    expect(waiting).to_have_count(1)
    states = sorted(sandbox.ask("GET", f"/orders/{order}/cases", token=buyer)[0]["state"] for order in orders)
    assert states.count("refused") == 1
    assert states.count("waiting_for_shop") == 1


@ONE_VIEW
def test_many_orders_are_shipped_from_a_table_with_four_clicks(
    sandbox: Market, device: OpenDevice, tmp_path: Path
) -> None:
    olive = device()
    shop, tea = _shop(sandbox, olive)
    _, orders = _orders(sandbox, tea, ORDERS)
    olive.open(f"/seller/{shop.name}/orders/")
    olive.looks("seller-orders")
    olive.taps = 0
    olive.tap(f'main a[href="/seller/{shop.name}/shipping/"]')
    with olive.page.expect_download() as begun:
        olive.tap('main a[href$="/to-ship.csv"]')
    text = Path(begun.value.path()).read_text("utf-8-sig")
    assert all(order in text for order in orders)

    lines = [f"{order},SF,T{number}" for number, order in enumerate(orders)]
    lines[0] = lines[0].replace(orders[0], "nothing")
    lines[1] = f"{orders[1]},SF,"
    lines[2] = lines[3]
    table = tmp_path / "filled.csv"
    table.write_text("\n".join(["order,carrier,tracking", *lines]), "utf-8")
    olive.taps += 1
    olive.find('main input[type="file"]').set_input_files(table)
    olive.page.wait_for_load_state()
    olive.sees(re.compile(rf"\b{ORDERS - 3}\b"))
    olive.looks("seller-shipping-check")
    olive.tap("#applying button.btn-primary")
    assert olive.taps <= 4
    expect(olive.find('#applying a[href*="work=shipped"]')).to_be_visible(timeout=20_000)
    shipped = sum(
        bool(sandbox.ask("GET", f"/orders/{order}/parcels", token=shop.token)["items"]) for order in orders
    )
    assert shipped == ORDERS - 3

    corrected = [
        "order,carrier,tracking",
        *(f"{order},SF,R{place}" for place, order in enumerate(orders[:3])),
    ]
    olive.fill(table="\n".join(corrected))
    olive.tap("section:has(#bad) button")
    olive.sees(re.compile(r"\b3\b"))
    assert not olive.find("#bad").count()
    olive.tap("#applying button.btn-primary")
    expect(olive.find('#applying a[href*="work=shipped"]')).to_be_visible(timeout=20_000)
    assert all(sandbox.ask("GET", f"/orders/{order}/parcels", token=shop.token)["items"] for order in orders)
