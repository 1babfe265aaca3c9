"""No address of ours sends anybody to another site, whatever it is asked to."""

from html.parser import HTMLParser
from urllib.parse import quote

from pinback.accounts.models import Address
from pinback.web.sessions import COOKIE
from tests.access.world import World
from tests.safety.pages import HOST, ask, browser, text_of
from tests.support.cast import PASSWORD

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "http:///evil.example",
    "https:evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    f"https://{HOST}@evil.example/",
    f"https://{HOST}.evil.example/",
)


def _is_ours(location: str) -> bool:
    return location.startswith("/") and not location.startswith(("//", "/\\", "/\t"))


def test_signing_in_leads_to_our_pages_only(world: World) -> None:
    ways: list[tuple[str, dict[str, str]]] = [(f"/sign-in?next={quote(wanted)}", {}) for wanted in ELSEWHERE]
    for place, given in [*ways, *(("/sign-in", {"next": wanted}) for wanted in ELSEWHERE)]:
        data = {"login": "ann@example.com", "password": PASSWORD, **given}
        response = ask(browser(world, None), world, "post", place, data)
        assert response.status_code == 302
        assert _is_ours(response["Location"]), response["Location"]


def test_registering_leads_to_our_pages_only(world: World) -> None:
    for number, wanted in enumerate(ELSEWHERE):
        data = {"name": "New", "login": f"new{number}@example.com", "password": "a horse of its own"}
        response = ask(browser(world, None), world, "post", "/register", {**data, "next": wanted})
        assert response.status_code == 302
        assert _is_ours(response["Location"]), response["Location"]


def test_a_new_address_and_a_language_lead_to_our_pages_only(world: World) -> None:
    home = {"recipient": "Ann", "phone": "13800138000", "region": "上海", "street": "Road 1"}
    for wanted in ELSEWHERE:
        for place, given in (("/addresses/new", home), ("/i18n/setlang/", {"language": "en"})):
            response = ask(browser(world, "ann"), world, "post", place, {**given, "next": wanted})
            assert response.status_code == 302, text_of(response)[:500]
            assert _is_ours(response["Location"]), response["Location"]
            Address.objects.all().delete()


class Leading(HTMLParser):
    """Where a page's links and forms lead, and what its forms would send."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the values that count."""
        self.found += [value or "" for name, value in attrs if name in ("href", "action", "value", "src")]


def test_no_form_or_link_repeats_where_it_should_lead(world: World) -> None:
    for who, place in ((None, "/sign-in"), (None, "/register"), ("ann", "/addresses/new")):
        for wanted in ELSEWHERE:
            leading = Leading()
            leading.feed(text_of(ask(browser(world, who), world, "get", place, {"next": wanted})))
            # The page's own address may name it, behind a question mark; it is not taken from there.
            assert not [one for one in leading.found if one.strip().startswith(wanted.strip()[:9])], wanted


def test_one_is_taken_back_to_where_one_was_going(world: World) -> None:
    """The control: our own pages are gone to."""
    client = browser(world, None)
    asked = ask(client, world, "get", "/orders/?status=paid")
    assert asked["Location"] == "/sign-in?next=%2Forders%2F%3Fstatus%3Dpaid"
    data = {"login": "ann@example.com", "password": PASSWORD}
    response = ask(client, world, "post", asked["Location"], data)
    assert response["Location"] == "/orders/?status=paid"
    assert client.cookies[COOKIE].value


def test_what_htmx_asks_for_in_the_background_leads_back_to_our_pages_only(world: World) -> None:
    headers = {"hx-request": "true", "referer": "https://evil.example/x"}
    response = browser(world, None).post("/account/sessions", headers=headers)
    assert response["HX-Redirect"].startswith("/sign-in?")
    data = {"login": "ann@example.com", "password": PASSWORD}
    entered = ask(browser(world, None), world, "post", response["HX-Redirect"], data)
    assert _is_ours(entered["Location"])


def test_a_refusal_leads_back_to_our_pages_only(world: World) -> None:
    address = f"/cases/{world.names['case']}/act"
    for referer, is_shown in (("https://evil.example/x", False), (f"http://{HOST}/cases/", True)):
        client = browser(world, "ann")
        response = client.post(address, {"act": "escalate"}, headers={"referer": referer})
        assert response.status_code == 409
        assert (referer in text_of(response)) is is_shown
