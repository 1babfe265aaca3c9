"""Every page, on phone and desk, light and dark, in both languages: quiet, drawn, as wide as the screen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.story import EMPTY_SHOP, SHOP, shops

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
WIDTHS = (390, 1440)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LANGUAGES = ("en-GB", "zh-CN")
VIEWS = list(product(WIDTHS, SCHEMES, LANGUAGES))
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What sticks out of the screen and cannot be scrolled to by its own box.
STICKING_OUT = """[...document.querySelectorAll("main *")]
  .filter((e) => !e.closest(".scroll, svg") && e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.outerHTML.slice(0, 80))"""
DRAWN = """[...document.querySelectorAll("[data-chart]")]
  .map((e) => e.querySelectorAll("svg path").length)"""
POLICY = """document.addEventListener("securitypolicyviolation",
  (e) => console.error("policy", e.violatedDirective, e.sourceFile));"""
# Texts whose colour does not stand out from the ground behind them (WCAG AA).
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return parts(getComputedStyle(document.documentElement).colorScheme.includes("dark")
      && matchMedia("(prefers-color-scheme: dark)").matches ? "black" : "white");
  };
  return [...document.querySelectorAll("header *, main *")]
    .filter((e) => !e.closest("svg") && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((e) => e.checkVisibility())
    .map((e) => {
      const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.trim().slice(0, 40)];
    })
    .filter(([ratio]) => ratio < 4.5);
}"""


@contextmanager
def window(
    browser: Browser, width: int, scheme: Scheme, language: str, *, scripts: bool = True
) -> Iterator[tuple[Page, list[str]]]:
    """A new window without cookies, and what its console, its scripts and its policy complain about."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale=language,
        reduced_motion="reduce",
        java_script_enabled=scripts,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.add_init_script(POLICY)
    try:
        yield page, complaints
    finally:
        context.close()


def address(shop: str) -> str:
    """Where a shop's page is."""
    from django.urls import reverse

    return reverse("shop", kwargs={"shop": shop})


@pytest.mark.parametrize(("width", "scheme", "language"), VIEWS)
def test_a_full_shop(
    chromium: Browser, market_url: str, screens: Path, width: int, scheme: Scheme, language: str
) -> None:
    with window(chromium, width, scheme, language) as (page, complaints):
        page.goto(market_url + address(SHOP), wait_until="networkidle")
        page.wait_for_selector("[data-chart] svg path", state="attached")
        drawn = page.evaluate(DRAWN)
        assert len(drawn) == 4
        assert min(drawn) >= 4
        for chart in page.query_selector_all("[data-chart]"):
            described = chart.get_attribute("aria-label") or ""
            assert (SHOP in described) or re.search("spring|new-year", described)
        page.screenshot(path=screens / f"shop-{width}-{scheme}-{language}.png", full_page=True)
        for table in page.query_selector_all("summary"):
            table.click()
        assert page.evaluate(OVERFLOW) == 0
        assert page.evaluate(STICKING_OUT) == []
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.lang") == ("en" if language == "en-GB" else "zh-Hans")
        assert complaints == []


@pytest.mark.parametrize(("width", "scheme", "language"), VIEWS)
def test_the_list_of_shops_and_an_empty_shop(
    chromium: Browser, market_url: str, screens: Path, width: int, scheme: Scheme, language: str
) -> None:
    with window(chromium, width, scheme, language) as (page, complaints):
        for name, path in (("shops", "/engine/"), ("empty", address(EMPTY_SHOP))):
            page.goto(market_url + path, wait_until="networkidle")
            page.screenshot(path=screens / f"{name}-{width}-{scheme}-{language}.png", full_page=True)
            assert page.evaluate(OVERFLOW) == 0
            assert page.evaluate(STICKING_OUT) == []
            assert page.evaluate(CONTRAST) == []
        assert complaints == []


@pytest.mark.parametrize("shop", shops())
def test_a_shop_of_any_name_is_reached_from_the_list(chromium: Browser, market_url: str, shop: str) -> None:
    with window(chromium, 390, "light", "en-GB") as (page, complaints):
        page.goto(market_url)
        page.get_by_role("link", name=shop, exact=True).click()
        page.wait_for_load_state("networkidle")
        assert page.text_content("h1") == shop
        assert page.evaluate(OVERFLOW) == 0
        assert page.evaluate(STICKING_OUT) == []
        assert complaints == []


def test_the_language_is_switched_and_kept(chromium: Browser, market_url: str) -> None:
    with window(chromium, 1440, "light", "en-GB") as (page, complaints):
        page.goto(market_url + address(SHOP))
        assert page.get_by_role("heading", name="Money", exact=True).is_visible()
        page.get_by_role("button", name="简体中文").click()
        page.wait_for_load_state("networkidle")
        assert page.url == market_url + address(SHOP)
        assert page.get_by_role("heading", name="资金", exact=True).is_visible()
        page.reload()
        assert page.evaluate("document.documentElement.lang") == "zh-Hans"
        page.get_by_role("button", name="English").click()
        assert page.get_by_role("heading", name="Money", exact=True).is_visible()
        assert complaints == []


def test_without_scripts_the_tables_remain(chromium: Browser, market_url: str) -> None:
    with window(chromium, 390, "dark", "en-GB", scripts=False) as (page, _complaints):
        page.goto(market_url + address(SHOP))
        assert not page.locator("[data-chart]").first.is_visible()
        page.get_by_text("Sales by month, as a table").click()
        assert page.get_by_role("cell", name="¥2,390.48").is_visible()
        page.get_by_role("button", name="简体中文").click()
        assert page.get_by_role("heading", name="资金", exact=True).is_visible()


def test_charts_follow_the_theme(chromium: Browser, market_url: str) -> None:
    with window(chromium, 1440, "light", "en-GB") as (page, complaints):
        page.goto(market_url + address(SHOP))
        page.wait_for_selector("[data-chart] svg path", state="attached")
        light = page.inner_html("[data-chart=chart-units]")
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(
            "light => document.querySelector('[data-chart=chart-units]').innerHTML !== light", arg=light
        )
        assert complaints == []


def test_everything_is_reached_by_keyboard(chromium: Browser, market_url: str) -> None:
    with window(chromium, 1440, "light", "en-GB") as (page, _complaints):
        page.goto(market_url + address(SHOP))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip-link"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.tagName") == "SUMMARY":
                break
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.parentElement.open") is True


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_is_not_there(chromium: Browser, market_url: str, screens: Path, language: str) -> None:
    with window(chromium, 390, "light", language) as (page, _complaints):
        response = page.goto(f"{market_url}/engine/shops/nobody/")
        assert response is not None
        assert response.status == 404
        page.screenshot(path=screens / f"not-found-390-light-{language}.png")
        assert page.evaluate(OVERFLOW) == 0
        page.get_by_role("main").get_by_role("link").click()
        assert page.url == f"{market_url}/engine/"
