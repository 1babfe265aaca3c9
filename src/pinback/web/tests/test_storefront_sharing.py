"""Share links as people use them: made, followed, counted, and what an order remembers of them."""

import re

import pytest
from django.test import Client

from pinback.checkout.models import Order
from pinback.kit.ids import public_id
from pinback.marketing import actions
from pinback.marketing.models import Link
from tests.support.browsing import ADDRESS, PART, SCRIPT, browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def link_to(client: Client, kind: str, target: str) -> str:
    """Share something by its button; the path of the link."""
    return client.post(f"/share/{kind}/{target}").headers["Location"].removesuffix("share")


def test_everybody_has_a_link_of_their_own(cast: Cast) -> None:
    goods = public_id(cast.product().pk)
    ann, bob, stranger = (browser(cast, name) for name in ("ann", "bob", None))
    paths = [link_to(who, "product", goods) for who in (ann, bob, stranger, stranger)]
    assert len(set(paths)) == 3
    shown = text(stranger.get(f"{paths[0]}share"))
    assert f"http://testserver{paths[0]}" in shown
    assert "<svg" in shown
    sheet = text(stranger.get(f"{paths[0]}share", headers=PART))
    assert "<html" not in sheet
    assert "<dialog" in sheet
    assert stranger.post("/share/person/ann").status_code == 404
    assert stranger.post(f"/share/product/{public_id(7)}").status_code == 404


def test_a_link_leads_to_what_was_shared_and_its_visits_count(cast: Cast) -> None:
    goods = cast.product()
    group = cast.group_of(cast.buy("ann", goods, kind="open"))
    ann, stranger = browser(cast, "ann"), browser(cast)
    for kind, target, page in (
        ("product", public_id(goods.pk), f"/p/{public_id(goods.pk)}/"),
        ("shop", "tea", "/s/tea/"),
        ("group", group, f"/g/{group}/"),
    ):
        path = link_to(ann, kind, target)
        assert stranger.head(path).headers["Location"] == page
        assert Link.objects.get(kind=kind).visits == 0
        for _ in range(2):
            assert stranger.get(path).headers["Location"] == page
        assert Link.objects.get(kind=kind).visits == 1
    assert stranger.get(f"/l/{public_id(7)}/").status_code == 404


def test_a_page_that_is_seen_counts_once(cast: Cast) -> None:
    goods = public_id(cast.product().pk)
    stranger = browser(cast)
    page = text(stranger.get(f"/p/{goods}/"))
    assert f'hx-post="/seen/product/{goods}"' in page
    for _ in range(2):
        assert stranger.post(f"/seen/product/{goods}").status_code == 204
    assert Link.objects.get(person_id=None).visits == 1
    by_link = browser(cast, "bob")
    by_link.get(link_to(browser(cast, "ann"), "product", goods))
    by_link.post(f"/seen/product/{goods}")
    assert Link.objects.get(person_id=None).visits == 1


def test_an_order_names_the_link_that_led_to_its_shop(cast: Cast) -> None:
    tea = cast.product()
    cast.open_shop("cups", {"carl": "owner"})
    cups = cast.product("cups", staff="carl")
    bob = browser(cast, "bob")
    bob.get(link_to(browser(cast, "ann"), "product", public_id(tea.pk)))
    for goods in (tea, cups):
        given = {**ADDRESS, "quantity": "1", "kind": "solo", "place": "1"}
        assert bob.post(f"/p/{public_id(goods.pk)}/buy", given).status_code == 302
    first, second = Order.objects.order_by("id")
    assert (first.link_id, second.link_id) == (Link.objects.get().pk, None)
    bob.cookies["pinback_link"] = "no link"
    assert bob.post(f"/p/{public_id(tea.pk)}/buy", given).status_code == 302


def test_a_stranger_comes_back_to_the_group_after_signing_in(cast: Cast) -> None:
    goods = cast.product(title=SCRIPT)
    order = cast.buy("ann", goods, kind="open")
    page = text(browser(cast, "ann").get(f"/orders/{public_id(order.pk)}/"))
    shared = re.search(r'data-copy="http://testserver(/l/[^"]+)"', page)
    assert shared is not None
    stranger = browser(cast)
    landed = stranger.get(shared[1], follow=True)
    assert SCRIPT not in text(landed)
    join = re.search(r'href="([^"]+kind=join[^"]+)"', text(landed))
    assert join is not None
    asked = stranger.get(join[1].replace("&amp;", "&"))
    assert asked.headers["Location"].startswith("/sign-in?next=%2Fp%2F")
    live = text(stranger.get(landed.request["PATH_INFO"], headers=PART))
    assert "<html" not in live
    assert "1 more buyer" in live


def test_who_sits_in_a_group_is_not_asked_to_join_it(cast: Cast) -> None:
    group = cast.group_of(cast.buy("ann", cast.product(group_size=3), kind="open"))
    page = text(browser(cast, "ann").get(f"/g/{group}/"))
    assert "kind=join" not in page
    assert "/share/group/" in page
    assert "kind=join" in text(browser(cast, "bob").get(f"/g/{group}/"))


def test_a_campaign_is_shared_as_an_offer_of_its_shop(cast: Cast) -> None:
    cast.campaign()
    link = actions.standing_link("shop", "tea", now=cast.now)
    page = text(browser(cast).get(f"/l/{public_id(link.pk)}/", follow=True))
    assert "Spend" in page
    assert "¥10.00" in page
