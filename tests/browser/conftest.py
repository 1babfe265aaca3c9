"""The market, settled into a file and served by the real server, and a Chromium to look at it.

PINBACK_TEST_CHROMIUM names the browser; the first one of the usual names on the path otherwise.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.story import market
from tests.support.pinback import run_pinback
from tests.support.serving import served

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = ("--no-sandbox", "--disable-background-networking", "--font-render-hinting=none")


@pytest.fixture(scope="session")
def market_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the market in its database."""
    folder = tmp_path_factory.mktemp("market")
    database = f"sqlite:///{folder / 'market.sqlite3'}"
    ran = run_pinback("settle", "-", "--database", database, stdin=b"".join(market()))
    assert ran.code == 0, ran.err
    assert "0 refused" in ran.err
    with served(database) as (url, _process):
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; its windows are opened by the tests.

    Gone after the module: Playwright has an event loop, beside which Django's database will not be used.
    """
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """The browser, closed with the context."""
    found = os.environ.get("PINBACK_TEST_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    assert found, "no Chromium on the path; name one in PINBACK_TEST_CHROMIUM"
    browser = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def screens() -> Path:
    """Where pictures of the pages go, for people to look at."""
    folder = Path(__file__).resolve().parents[2] / "artifacts" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
