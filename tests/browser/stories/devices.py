"""A person's device: a window of the browser that is somebody's, counts their taps, and complains aloud."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.stories.market import HOME, PASSWORD, Market

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
POLICY = """document.addEventListener("securitypolicyviolation",
  (e) => console.error("policy", e.violatedDirective, e.sourceFile));"""


class Device:
    """Somebody's window. `taps` counts what they tap; what they type is not counted."""

    def __init__(
        self,
        browser: Browser,
        market: Market,
        *,
        width: int,
        language: str,
        screens: Path,
        user_agent: str | None = None,
    ) -> None:
        self.market, self.width, self.language, self.screens = market, width, language, screens
        self.context = browser.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 900},
            locale=language,
            base_url=market.url,
            reduced_motion="reduce",
            user_agent=user_agent,
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.taps = 0
        self.complaints: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.add_init_script(POLICY)

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def close(self) -> None:
        """Close the window; whatever it complained about is a failure."""
        self.context.close()
        assert not self.complaints, self.complaints

    # --- looking ------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Go to an address of the market."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"

    def find(self, selector: str) -> Locator:
        """What a selector finds."""
        return self.page.locator(selector)

    def sees(self, text: "str | re.Pattern[str]", *, within: str = "main") -> None:
        """Wait until it stands on the page."""
        expect(self.page.locator(within).first).to_contain_text(text, timeout=20_000)

    def looks(self, name: str) -> None:
        """Nothing is wider than the screen; a picture of the page is kept."""
        assert self.page.evaluate(OVERFLOW) <= 0, f"{name} is wider than {self.width} px"
        kind = f"{self.width}-{self.language[:2]}"
        self.page.screenshot(path=self.screens / f"{name}-{kind}.png", full_page=True)

    # --- doing --------------------------------------------------------------------------------------------

    def tap(self, selector: str) -> None:
        """Tap what a selector finds first."""
        self.taps += 1
        self.page.locator(selector).first.click()
        self.page.wait_for_load_state()

    def fill(self, **fields: str) -> None:
        """Type into fields by their names."""
        for name, value in fields.items():
            self.page.locator(f'main [name="{name}"]').first.fill(value)

    def sign_in(self, login: str) -> None:
        """Sign in with the password that everybody has."""
        self.open("/sign-in")
        self.fill(login=login, password=PASSWORD)
        self.page.locator('main form:has([name="password"]) button.button-main').click()
        expect(self.page).not_to_have_url(re.compile("/sign-in"))
        # A person's own language goes before the browser's: here everybody reads what the story is told in.
        code = {"zh": "zh-hans", "en": "en"}[self.language[:2]]
        self.context.add_cookies([{"name": "django_language", "value": code, "url": self.market.url}])

    def register(self, name: str) -> str:
        """Register on the page that asks for it, or on its own; gives the login."""
        if "/register" not in self.page.url:
            self.open("/register")
        login = self.market.login(name)
        self.fill(name=name.capitalize(), login=login, password=PASSWORD)
        self.page.locator('main form:has([name="password"]) button.button-main').click()
        expect(self.page).not_to_have_url(re.compile("/register"))
        return login

    def type_address(self) -> None:
        """Say where an order goes."""
        self.fill(**HOME)

    def pay(self) -> None:
        """Pay an order in the sandbox, from its payment page: two taps."""
        self.tap('button[name="method"][value="wechat"]')
        self.tap('button[name="outcome"][value="paid"]')
