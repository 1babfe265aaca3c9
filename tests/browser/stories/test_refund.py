"""The refund story: an order that earned a voucher is refunded, the voucher is taken back, both see it."""

import re

import pytest

from tests.browser.stories.conftest import OpenDevice
from tests.browser.stories.devices import Device
from tests.browser.stories.market import Market

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TAKEN_BACK = re.compile("Taken back|已收回|被收回")


def _buys(device: Device, product: str) -> str:
    """Buy alone, and pay; the order's address."""
    device.open(f"/p/{product}/buy?kind=solo")
    if device.find('main [name="recipient"]').first.is_visible():
        device.type_address()
    device.tap('button[name="place"]')
    device.pay()
    return device.page.url


def test_the_refund_story(sandbox: Market, device: OpenDevice) -> None:
    tea = sandbox.shop("Tea House 茶馆")
    oolong = tea.product("Oolong 乌龙茶")
    tea.campaign(threshold=5_000, rebate=800)
    ann = device()
    ann.register("ann")
    order = _buys(ann, oolong)
    tea.market.ask(
        "POST", f"/orders/{_id(order)}/parcels", {"carrier": "sandbox", "tracking": "T1"}, token=tea.token
    )
    ann.open(order)
    ann.tap(".bottom-bar summary")
    ann.tap('button[value="receive"]')
    ann.open("/wallet/")
    ann.sees("¥8.00")

    # Four taps at most, and what comes back is known before the last one.
    ann.open(order)
    ann.taps = 0
    ann.tap('main a[href$="/refund"]')
    ann.tap('label:has([name="kind"][value="refund_only"])')
    ann.tap('label:has([name="reason"][value="damaged"])')
    ann.sees("¥135.00", within="#split")
    ann.looks("refund")
    ann.tap('button[name="apply"]')
    assert ann.taps == 4
    ann.sees("¥135.00")
    ann.looks("case")
    case = ann.page.url

    shop = device()
    shop.sign_in(tea.owner)
    shop.open(f"/seller/{tea.name}/refunds/")
    shop.looks("seller-refunds")
    shop.sees("¥135.00")
    tea.market.ask("POST", f"/cases/{_id(case)}/agree", token=tea.token)
    ann.open(case)
    ann.sees(re.compile("has arrived|arrived|已到账"))
    ann.open("/wallet/")
    ann.sees(TAKEN_BACK)
    ann.open(order)
    ann.sees(re.compile("No rebate|无返现|不返现|没有返现"))
    ann.looks("order-refunded")


def _id(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2].partition("?")[0]
