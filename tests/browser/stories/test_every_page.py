"""Every page that links lead to, as everybody: it answers, is quiet, fits the screen, axe finds nothing,
and the Tab key reaches everything in it, in sight.

The market is the demo's, so lists are full and every state is there. Links are followed from each face's
first page; of pages that are alike (one route), a few.
"""

import re
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser

from pinback.demo.plan import BUYER_LOGIN, OPERATOR_LOGIN, OWNER_LOGIN, PASSWORD
from tests.browser.stories.devices import OVERFLOW, POLICY
from tests.browser.stories.keyboard import walked
from tests.support.pinback import run_pinback
from tests.support.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).resolve().parents[3] / "node_modules" / "axe-core" / "axe.min.js"
# What axe calls serious or critical, by rule, with the first elements it names.
LOOK = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter((found) => ["serious", "critical"].includes(found.impact))
  .map((found) => [found.id, ...found.nodes.slice(0, 3).map((e) => e.html.slice(0, 160))].join(" | "))"""
FACES = {
    "buyer": (BUYER_LOGIN, "/"),
    "owner": (OWNER_LOGIN, "/seller/"),
    "operator": (OPERATOR_LOGIN, "/operator/"),
}
VIEWS = [(390, "light", "zh-CN"), (1440, "dark", "en-GB")]
ALIKE = 2
# Files, and what is not made of our templates.
NO_PAGE = re.compile(r"\.(csv|svg|json|webp|jpg|png)$|^/(api|static|media)/|/csv$")


@pytest.fixture(scope="module")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a small demo market."""
    folder = tmp_path_factory.mktemp("demo")
    database = f"sqlite:///{folder / 'demo.sqlite3'}"
    env = {"PINBACK_HOME": str(folder)}
    ran = run_pinback("demo", "--small", "--no-serve", "--database", database, env=env, seconds=600)
    assert ran.code == 0, ran.err
    with served(database, env=env) as (url, _process):
        yield url.rstrip("/")


class Walk:
    """Follows links within one face, breadth first; keeps what is wrong by page."""

    def __init__(self, page: Any, url: str, name: str, screens: Path) -> None:
        self.page, self.url, self.name, self.screens = page, url, name, screens
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def follow(self, *starts: str) -> None:
        """Walk from these addresses."""
        waiting, known = deque(starts), set(starts)
        while waiting:
            address = waiting.popleft()
            route = self._route(address)
            if route is None or self.seen[route] >= ALIKE:
                continue
            self.seen[route] += 1
            self._visit(address, route)
            for link in self.page.eval_on_selector_all("a[href]", "all => all.map((a) => a.href)"):
                parts = urlsplit(link)
                found = parts.path + (f"?{parts.query}" if parts.query else "")
                if link.startswith(self.url) and found not in known and not NO_PAGE.search(parts.path):
                    known.add(found)
                    waiting.append(found)

    def _route(self, address: str) -> str | None:
        try:
            return resolve(urlsplit(address).path).view_name
        except Resolver404:
            self.wrong.append(f"{address}: a link to nowhere")
            return None

    def _visit(self, address: str, route: str) -> None:
        answer = self.page.goto(self.url + address, wait_until="load")
        if answer is None or not answer.ok:
            self.wrong.append(f"{address}: {answer and answer.status}")
            return
        over = self.page.evaluate(OVERFLOW)
        if over > 0:
            self.wrong.append(f"{address}: {over} px wider than the screen")
        if self.seen[route] == 1:
            self.page.screenshot(path=self.screens / f"{self.name}-{route}.png")
        self.page.evaluate(AXE.read_text())
        self.wrong += [f"{address}: {found}" for found in self.page.evaluate(LOOK)]
        if self.seen[route] == 1:
            self.wrong += [f"{address}: {found}" for found in walked(self.page)]
        self.wrong += [f"{address}: {complaint}" for complaint in self.complaints]
        self.complaints.clear()


@pytest.mark.parametrize("view", VIEWS, ids=["-".join(map(str, view)) for view in VIEWS])
@pytest.mark.parametrize("face", FACES)
def test_every_page(
    chromium: Browser, demo_url: str, screens: Path, face: str, view: tuple[int, Any, str]
) -> None:
    width, scheme, language = view
    login, start = FACES[face]
    context = chromium.new_context(
        viewport={"width": width, "height": 844 if width < 600 else 900},
        color_scheme=scheme,
        locale=language,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.add_init_script(POLICY)
    page.goto(f"{demo_url}/sign-in")
    page.fill('main [name="login"]', login)
    page.fill('main [name="password"]', PASSWORD)
    page.click('main form:has([name="password"]) button.button-main')
    page.wait_for_url(lambda url: "/sign-in" not in url)
    # A person's own language is what the demo made them with: here it is that of the browser.
    context.add_cookies(
        [{"name": "django_language", "value": language[:2].replace("zh", "zh-hans"), "url": demo_url}]
    )
    walk = Walk(page, demo_url, f"{face}-{width}-{scheme}-{language[:2]}", screens)
    walk.follow(start)
    context.close()
    assert len(walk.seen) > 5, walk.seen
    assert walk.wrong == []


def test_axe_finds_what_is_wrong(chromium: Browser) -> None:
    """The control of the walk: a page with a picture that says nothing, and grey on grey."""
    page = chromium.new_page()
    page.set_content(
        '<html lang="en"><title>a</title><main><img src="a"><p style="color:#bbb">grey on white</p></main>'
    )
    page.evaluate(AXE.read_text())
    found = " ".join(page.evaluate(LOOK))
    page.close()
    assert "image-alt" in found
    assert "color-contrast" in found


def test_the_tab_key_finds_what_is_wrong(chromium: Browser) -> None:
    """The control: a bar over a link, a button without its ring, a trap before the last link."""
    page = chromium.new_page(viewport={"width": 400, "height": 300})
    page.set_content(
        """<main style="height: 1000px"><a href="#a">fine</a>
        <button style="outline: none">no ring</button>
        <p style="position: fixed; bottom: 0; height: 150px; width: 100%; z-index: 1; margin: 0">a bar</p>
        <a href="#b" style="position: absolute; top: 250px">under the bar</a>
        <input id="trap" onkeydown="event.preventDefault()"><a href="#c">behind the trap</a></main>"""
    )
    found = walked(page)
    page.close()
    assert [what.partition(": ")[0].partition(" by ")[0] for what in found] == [
        "not reached",
        "not seen to have the focus",
        "covered",
    ]
    assert "behind the trap" in found[0]
    assert "no ring" in found[1]
    assert "under the bar" in found[2]
