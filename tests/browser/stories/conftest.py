"""A served sandbox for all stories, and the devices of those who take part in one."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.stories.devices import Device
from tests.browser.stories.market import Market
from tests.support.serving import served

VIEWS = list(product((390, 1440), ("en-GB", "zh-CN")))
ONE_VIEW = pytest.mark.parametrize("view", [(1440, "en-GB")], ids=["1440-en"])
"""For what is the same whatever the screen and the language."""

OpenDevice = Callable[[], Device]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market without anybody but its operator."""
    folder = tmp_path_factory.mktemp("stories")
    database = f"sqlite:///{folder / 'market.sqlite3'}"
    with served(database, env={"PINBACK_HOME": str(folder)}) as (url, _process):
        yield Market(url, database)


@pytest.fixture(params=VIEWS, ids=[f"{width}-{language[:2]}" for width, language in VIEWS])
def view(request: pytest.FixtureRequest) -> tuple[int, str]:
    """The width of the screen, and the language of the browser."""
    width, language = request.param
    return int(width), str(language)


@pytest.fixture
def device(chromium: Browser, sandbox: Market, view: tuple[int, str], screens: Path) -> Iterator[OpenDevice]:
    """Opens a device; all are closed, and their complaints heard, at the end."""
    opened: list[Device] = []

    def open_device() -> Device:
        width, language = view
        opened.append(Device(chromium, sandbox, width=width, language=language, screens=screens))
        return opened[-1]

    yield open_device
    for one in opened:
        one.close()
