"""A forgotten password, in a browser and with letters that are files: from the link to being signed in."""

import re
import time
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.stories.devices import Device
from tests.browser.stories.market import OPERATOR, Market
from tests.support.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("passwords")]

NEW = "another horse, another battery"


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where letters are written to."""
    return tmp_path_factory.mktemp("letters")


@pytest.fixture(scope="module")
def market(letters: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market that sends mail."""
    folder = tmp_path_factory.mktemp("passwords")
    database = f"sqlite:///{folder / 'market.sqlite3'}"
    env = {
        "PINBACK_HOME": str(folder),
        "EMAIL_URL": f"file://{letters}",
        "PINBACK_CONTACT": "+86 21 5555 0100",
    }
    with served(database, env, is_public=True) as (url, _process):
        yield Market(url, database)


def _link(letters: Path, login: str) -> str:
    """The link in the letter to somebody, which the worker writes."""
    for _look in range(200):
        for file in letters.glob("*.log"):
            letter = message_from_string(file.read_text())
            if letter["To"] != login:
                continue
            found = re.search(r"http://\S+/password/link/\S+", letter.get_payload(decode=True).decode())  # type: ignore[union-attr]
            if found:
                return found[0]
        time.sleep(0.05)
    raise AssertionError("no letter came")


def test_from_a_forgotten_password_to_being_signed_in(
    chromium: Browser, market: Market, letters: Path, screens: Path
) -> None:
    login = market.person("ann")
    elsewhere = market.token(login)
    ann = Device(chromium, market, width=390, language="en", screens=screens)
    ann.open("/sign-in")
    ann.tap('a[href="/password/forgotten"]')
    ann.looks("password-forgotten")
    ann.fill(login=login)
    ann.tap("main form button.button-main")
    ann.sees("Look into your mail")
    ann.looks("password-asked")
    ann.open(_link(letters, login))
    expect(ann.page).to_have_url(f"{market.url}/password/new")
    ann.sees(login)
    ann.looks("password-new")
    ann.fill(new=NEW)
    ann.tap("main form button.button-main")
    ann.sees("The new password is set")
    ann.fill(login=login, password=NEW)
    ann.tap('main form:has([name="password"]) button.button-main')
    expect(ann.page).not_to_have_url(re.compile("/sign-in"))
    with pytest.raises(AssertionError, match="GET /me"):
        market.ask("GET", "/me", token=elsewhere)
    answer = ann.page.goto(_link(letters, login))
    assert answer is not None
    assert answer.status == 410
    ann.sees("The link is over")
    # The browser notes the status of that page; all else is a complaint.
    ann.complaints = [one for one in ann.complaints if "410" not in one]
    ann.close()


def test_the_operator_hands_a_link_over(chromium: Browser, market: Market, screens: Path) -> None:
    login = market.person("bob")
    opal = Device(chromium, market, width=1440, language="zh-CN", screens=screens)
    opal.sign_in(OPERATOR)
    opal.open(f"/operator/people/?q={login}")
    opal.tap('main a[href^="/operator/people/"]:not([href*="?"])')
    opal.looks("operator-person")
    opal.tap('form[action$="/link"] button')
    opal.looks("operator-person-link")
    link = opal.find(".secret code").inner_text()
    bob = Device(chromium, market, width=390, language="zh-CN", screens=screens)
    bob.open(link)
    bob.fill(new=NEW)
    bob.tap("main form button.button-main")
    expect(bob.page).to_have_url(re.compile("/sign-in$"))
    bob.close()
    opal.close()
