"""What a page weighs in a browser that has nothing of it yet, and how far its parts move while it loads.

Bytes are those that came over the line, headers and compression included, as Chromium counts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.stories.market import Market, Shop
from tests.support.photo import photo

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
}
SETTLED_MS = 1_000
"""So long after the last byte a page is watched for what still moves."""

_WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifts.push(shift.value);
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Weight:
    """A page: each request's address with the bytes of its answer, and the sum of its layout's shifts."""

    path: str
    answers: dict[str, int] = field(default_factory=dict)
    shift: float = 0.0

    @property
    def transferred_bytes(self) -> int:
        """All that came over the line."""
        return sum(self.answers.values())

    def of(self, *parts: str) -> int:
        """Bytes of the answers that have one of these in their address."""
        return sum(size for url, size in self.answers.items() if any(part in url for part in parts))


def weigh(browser: Browser, url: str, path: str, *, session: str = "", before: str = "") -> Weight:
    """Open a page cold, on a phone of today, in a session if one is given; `before` is a script of a test's
    own.
    """
    context = browser.new_context(**PHONE, base_url=url, locale="en")
    if session:
        context.add_cookies([{"name": "pinback_session", "value": session, "url": url}])
    page = context.new_page()
    page.add_init_script(_WATCH_SHIFTS + before)
    weight, addresses = Weight(path), {}
    line = context.new_cdp_session(page)

    def answered(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def ended(event: dict[str, Any]) -> None:
        address = addresses.get(event["requestId"], "")
        if address.startswith("http"):
            weight.answers[address] = int(event["encodedDataLength"])

    line.send("Network.enable")
    line.on("Network.responseReceived", answered)
    line.on("Network.loadingFinished", ended)
    answer = page.goto(path, wait_until="networkidle")
    assert answer is not None
    assert answer.ok, f"{path}: {answer.status}"
    page.wait_for_timeout(SETTLED_MS)
    weight.shift = float(page.evaluate("window.shifts.reduce((sum, one) => sum + one, 0)"))
    context.close()
    return weight


def rows(weights: Sequence[tuple[str, Weight]]) -> Sequence[str]:
    """A table: page, requests, kB, of them pictures, layout shift."""
    head = ["| page | requests | kB | of them pictures | layout shift |", "|--|--|--|--|--|"]
    return head + [
        f"| {name} | {len(one.answers)} | {one.transferred_bytes / 1000:.0f} "
        f"| {one.of('/media/') / 1000:.0f} | {one.shift:.3f} |"
        for name, one in weights
    ]


def stage(browser: Browser, market: Market) -> Sequence[tuple[str, str, str]]:
    """A shop that has photographed all it sells, and somebody who buys: name, path and session of the pages
    that are weighed. The photos go the way of a shop's own: through the form of the product.
    """
    shop = market.shop("Tea House 茶馆")
    products = [shop.product(f"Oolong 乌龙茶 {number}", has_picture=False) for number in range(1, 7)]
    shop.campaign()
    _photograph(browser, market, shop, products)
    buyer = market.token(market.person("ann"))
    order = market.buy(products[0], buyer)
    return [
        ("product", f"/p/{products[0]}/", ""),
        ("home", "/", ""),
        ("shop", f"/s/{shop.name}/", ""),
        ("checkout", f"/p/{products[0]}/buy?kind=open", buyer),
        ("order", f"/orders/{order}/", buyer),
        ("orders", "/orders/", buyer),
    ]


def _photograph(browser: Browser, market: Market, shop: Shop, products: Sequence[str]) -> None:
    """Upload photos: three of the first product, one of each other."""
    context = browser.new_context(base_url=market.url, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "pinback_session", "value": shop.token, "url": market.url}])
    page = context.new_page()
    for number, product in enumerate(products):
        page.goto(f"/seller/{shop.name}/products/{product}/")
        files: list[FilePayload] = [
            {"name": f"{place}.jpg", "mimeType": "image/jpeg", "buffer": photo()}
            for place in range(1 if number else 3)
        ]
        page.locator('input[type="file"]').set_input_files(files)
        page.locator("form[enctype] button").click()
        expect(page.locator("#pictures img")).to_have_count(len(files), timeout=60_000)
    context.close()
