"""What pages weigh on a phone that comes for the first time, and that nothing moves while they load."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.stories.market import Market
from tests.browser.stories.weighing import PHONE, Weight, rows, stage, weigh

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("weight")]

MOST_BYTES = {"product": 150_000, "checkout": 60_000, "order": 60_000, "orders": 60_000}
"""A shop's list of products has a picture for each: what it weighs is in benchmarks/README.md."""
MOST_SHIFT = 0.02


_LATE = """
document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
  const late = document.createElement("div");
  late.style.blockSize = "300px";
  document.querySelector("main").prepend(late);
}, 500));
"""


@pytest.fixture(scope="module")
def pages(chromium: Browser, sandbox: Market) -> dict[str, tuple[str, str]]:
    """Name, path and session of each page that is weighed."""
    return {name: (path, session) for name, path, session in stage(chromium, sandbox)}


@pytest.fixture(scope="module")
def weights(chromium: Browser, sandbox: Market, pages: dict[str, tuple[str, str]]) -> dict[str, Weight]:
    """What each of them weighs."""
    return {
        name: weigh(chromium, sandbox.url, path, session=session) for name, (path, session) in pages.items()
    }


def test_pages_are_light_with_real_photos(weights: dict[str, Weight]) -> None:
    table = "\n".join(rows(list(weights.items())))
    heavy = [name for name, most in MOST_BYTES.items() if weights[name].transferred_bytes > most]
    assert not heavy, table
    # It is a photo that came, and not the place where one would be.
    assert weights["product"].of("/media/pictures/800/") > 40_000, table
    assert weights["product"].of(".css", ".js") > 5_000, table


def test_nothing_moves_while_a_page_loads(weights: dict[str, Weight]) -> None:
    moved = {name: weight.shift for name, weight in weights.items() if weight.shift > MOST_SHIFT}
    assert moved == {}


def test_what_moves_is_seen(chromium: Browser, sandbox: Market) -> None:
    """The control: something comes in late, above all the rest."""
    assert weigh(chromium, sandbox.url, "/", before=_LATE).shift > MOST_SHIFT


def test_pictures_behind_the_first_come_when_somebody_reaches_for_them(
    chromium: Browser, sandbox: Market, pages: dict[str, tuple[str, str]], weights: dict[str, Weight]
) -> None:
    assert len([one for one in weights["product"].answers if "/media/pictures/800/" in one]) == 1
    context = chromium.new_context(**PHONE, has_touch=True, base_url=sandbox.url)
    page = context.new_page()
    page.goto(pages["product"][0])
    second = page.locator("#picture-2")
    assert second.evaluate("one => one.currentSrc").startswith("data:")
    page.locator(".thumbs a").nth(1).tap()
    expect(second).to_be_in_viewport()
    expect(second).to_have_attribute("srcset", re.compile("/media/pictures/800/"))
    assert "/media/pictures/800/" in second.evaluate("one => one.decode().then(() => one.currentSrc)")
    context.close()


def test_without_scripts_all_pictures_are_there(
    chromium: Browser, sandbox: Market, pages: dict[str, tuple[str, str]]
) -> None:
    context = chromium.new_context(**PHONE, java_script_enabled=False, base_url=sandbox.url)
    page = context.new_page()
    page.goto(pages["product"][0])
    expect(page.locator(".gallery img:visible")).to_have_count(3)
    assert page.locator(".gallery noscript img").first.bounding_box() is not None
    context.close()
