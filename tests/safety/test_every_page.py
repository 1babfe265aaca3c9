"""Every page, tried by everybody it is not for: nobody sees or changes what is not theirs.

Pages are found in the addresses, so a new one is tried from its first day. A control shows that somebody may
open each of them just so.
"""

import pytest

from pinback.accounts.rules import MAY
from tests.access.watching import snapshot, watched
from tests.access.world import World
from tests.safety.pages import Page, address_of, ask, browser, pages, status_of, text_of

pytestmark = pytest.mark.slow

PUBLIC = {
    "activity",
    "engine",
    "follow",
    "group",
    "home",
    "password-asked",
    "password-forgotten",
    "password-link",
    "password-new",
    "product",
    "register",
    "reviews",
    "search",
    "seen",
    "share",
    "shared",
    "sign-in",
    "sign-out",
    "store",
    "store-reviews",
    "wechat-back",
}
"""What is there for everybody, signed in or not."""

FOR_ANYBODY = {
    "account",
    "addresses",
    "buy",
    "cases",
    "debt",
    "list-look",
    "new-address",
    "orders",
    "password",
    "profile",
    "seller",
    "seller-open",
    "sign-out-elsewhere",
    "wallet",
}
"""What whoever has an account has of their own."""

STAFF = {"olive": "owner", "walt": "warehouse", "faye": "finance", "mary": "marketing", "sam": "service"}
NOT_COUNTED = {"accounts_attempt", "accounts_credential", "marketing_link", "marketing_visit"}
METHODS = ("get", "post")
GIVEN = {
    "seller-hook-act": {"act": "pause"},
    "list-filter-keep": {"shop": "tea", "name": "Tea", "query": "q=tea"},
}
"""What has to be posted to a page so that it is there at all."""
NOT_NOW = {
    "password-new": "a link leads there, by its cookie",
    "seller-campaign-share": "the campaign is a draft, and only one that was paid can be shared",
}
REFUSED = (302, 403, 404, 405)


def _tried(world: World, page: Page, who: str | None, before: object) -> list[str]:
    """What is wrong when somebody whom a page is not for asks for it."""
    wrong = []
    address = address_of(page, world)
    for method in METHODS:
        with watched(before) as watch:  # type: ignore[arg-type]
            response = ask(browser(world, who), world, method, address)
            text = text_of(response)
        status = status_of(response, address)
        told = f"{method} {page.path} as {who}: {status}"
        if status not in REFUSED:
            wrong.append(told)
        if status == 302 and not response["Location"].startswith("/sign-in?"):
            wrong.append(f"{told} {response['Location']}")
        shown = [mark for mark in world.marks() if mark in text and mark not in address]
        touched = watch.touched() - NOT_COUNTED
        if shown or touched:
            wrong.append(f"{told} shows {shown}, wrote {sorted(touched)}")
    return wrong


def test_every_page_can_be_addressed_and_is_known(world: World) -> None:
    found = {page.name for page in pages()}
    for page in pages():
        assert address_of(page, world).startswith("/")
    assert found >= PUBLIC | FOR_ANYBODY
    assert len(found) == len(pages())


def test_each_page_opens_for_somebody(world: World) -> None:
    shut = []
    for page in pages():
        answers = set()
        for who in ("ann", "olive", "opal"):
            for method in METHODS:
                with watched({}):
                    given = GIVEN.get(page.name) if method == "post" else None
                    response = ask(browser(world, who), world, method, address_of(page, world), given)
                    answers.add(response.status_code)
        if page.name in NOT_NOW:
            continue
        if not answers & {200, 204, 302, 409, 422} or any(status >= 500 for status in answers):
            shut.append((page.path, sorted(answers)))
    assert not shut, "\n".join(map(str, ["", *shut]))


def test_a_visitor_is_asked_to_sign_in_and_sees_nothing(world: World) -> None:
    before = snapshot()
    wrong = [
        told
        for page in pages()
        if page.name not in PUBLIC
        for who in (None, "ann, long ago")
        for told in _tried(world, page, who, before)
    ]
    assert wrong == []


@pytest.mark.parametrize("who", ["zoe", "bob", "otto"])
def test_another_buyer_and_another_shop_find_nothing_of_it(world: World, who: str) -> None:
    before = snapshot()
    wrong = [
        told
        for page in pages()
        if page.name not in PUBLIC | FOR_ANYBODY
        for told in _tried(world, page, who, before)
    ]
    assert wrong == []


def test_what_is_ones_own_shows_nothing_of_others(world: World) -> None:
    for page in pages():
        if page.name in FOR_ANYBODY:
            response = ask(browser(world, "zoe"), world, "get", address_of(page, world))
            assert not [mark for mark in world.marks() if mark in text_of(response)], page.path


def test_pages_of_a_shop_open_by_role(world: World) -> None:
    wrong = []
    of_shops = [page for page in pages() if page.path.startswith("/seller/{shop}/")]
    assert len(of_shops) > 30
    for page in of_shops:
        assert page.permission is not None, page.path
        for who, role in STAFF.items():
            if page.permission in MAY[role]:
                continue
            address = address_of(page, world)
            for method in METHODS:
                with watched({}):
                    status = status_of(ask(browser(world, who), world, method, address), address)
                if status not in (403, 405):
                    wrong.append(f"{method} {page.path} as {role}: {status}")
    assert wrong == []


def test_the_console_is_the_operators_alone(world: World) -> None:
    console = [page for page in pages() if page.path.startswith("/operator/")]
    assert len(console) > 30
    for page in console:
        address = address_of(page, world)
        for who in ("ann", "olive", "otto"):
            for method in METHODS:
                response = ask(browser(world, who), world, method, address)
                assert status_of(response, address) in (404, 405), (page.path, who, method)
