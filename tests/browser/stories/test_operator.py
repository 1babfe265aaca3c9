"""The operator's story: an escalated refund is decided, money is traced to its order, the books are audited,
standards are tightened and time passes.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.stories.conftest import OpenDevice
from tests.browser.stories.market import OPERATOR, Market

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _escalated(market: Market) -> tuple[str, str, str]:
    """A refund that is escalated, of an order that was received: the shop, the order, the buyer's session."""
    shop = market.shop("Tea House 茶馆")
    product = shop.product("Oolong 乌龙茶")
    buyer = market.token(market.person("ann"))
    order = market.buy(product, buyer)
    parcel = {"carrier": "sandbox", "tracking": "T1"}
    market.ask("POST", f"/orders/{order}/parcels", parcel, token=shop.token)
    market.ask("POST", f"/orders/{order}/receipt", token=buyer)
    case = market.ask_back(order, buyer)
    market.ask("POST", f"/cases/{case}/refuse", {"reason": "It was whole 是好的"}, token=shop.token)
    market.ask("POST", f"/cases/{case}/escalate", token=buyer)
    return shop.name, order, buyer


def test_the_operators_story(sandbox: Market, device: OpenDevice) -> None:
    shop, order, buyer = _escalated(sandbox)
    opal = device()
    opal.sign_in(OPERATOR)
    opal.open("/operator/")
    opal.looks("operator-overview")
    opal.tap('main a[href*="/operator/refunds/"]')
    opal.sees("Broken 碎了")
    opal.sees("It was whole 是好的")
    opal.looks("operator-refunds")
    opal.tap("details.act summary.btn-primary")
    opal.sees("¥135.00", within="details.act[open]")
    opal.tap('details.act[open] button[name="act"][value="buyer"]')
    cases = sandbox.ask("GET", f"/orders/{order}/cases", token=buyer)
    assert cases[0]["state"] in ("refunding", "refunded")

    # Why does this shop's balance differ from yesterday? Two clicks from the ledger to the order.
    opal.open("/operator/ledger/")
    opal.looks("operator-ledger")
    opal.taps = 0
    opal.tap(f'main a[href*="/operator/ledger/{shop}/"]')
    opal.tap(f'main a[href*="/orders/{order}/"]')
    assert opal.taps == 2
    opal.sees("Oolong 乌龙茶")
    opal.looks("operator-order")

    opal.open("/operator/audits/")
    opal.tap('main form button[type="submit"], main form button:not([type])')
    opal.sees(re.compile("no difference|没有差异"))
    opal.looks("operator-audit")

    opal.open("/operator/clock/?days=0&hours=1&minutes=0")
    before = sandbox.ask("GET", "/sandbox/clock", token=sandbox.token(OPERATOR))["now"]
    opal.looks("operator-clock")
    opal.tap("main form button.btn-danger")
    expect(opal.find("main")).to_be_visible()
    assert sandbox.ask("GET", "/sandbox/clock", token=sandbox.token(OPERATOR))["now"] > before
