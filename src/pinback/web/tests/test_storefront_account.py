"""The account and the addresses of a buyer: theirs alone, and what is typed stays text."""

import pytest
from django.test import Client

from pinback.accounts.models import Address, Person
from pinback.checkout.models import Order
from pinback.kit.ids import public_id
from tests.support.browsing import SCRIPT, browser, text
from tests.support.cast import HOME, PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("market")

TYPED = {"recipient": "Ann", "phone": "+8613800138000", "region": "上海 徐汇", "street": "Road 1"}


def kept(client: Client, **changed: str) -> str:
    """Keep an address; the path of its page."""
    assert client.post("/addresses/new", {**TYPED, **changed}).headers["Location"] == "/addresses/"
    return f"/addresses/{public_id(Address.objects.order_by('-id')[0].pk)}/"


def test_addresses_are_added_changed_and_removed(cast: Cast) -> None:
    ann = browser(cast, "ann")
    assert "No address yet" in text(ann.get("/addresses/"))
    first = kept(ann, street=f"Road {SCRIPT}")
    second = kept(ann, recipient="Aunt")
    page = text(ann.get("/addresses/"))
    assert SCRIPT not in page
    assert page.index("Road &lt;script") < page.index("Aunt")
    ann.post(f"{second}act", {"act": "default"})
    assert Address.objects.get(is_default=True).recipient == "Aunt"
    assert "Aunt" in text(ann.get(second))
    ann.post(
        second, {**TYPED, "recipient": "Uncle", "version": str(Address.objects.get(recipient="Aunt").version)}
    )
    assert "Uncle" in text(ann.get("/addresses/"))
    ann.post(f"{first}act", {"act": "remove"})
    assert Address.objects.count() == 1


def test_what_is_wrong_with_an_address_is_told_at_its_field(cast: Cast) -> None:
    ann = browser(cast, "ann")
    wrong = ann.post("/addresses/new", {**TYPED, "phone": "nobody"})
    assert wrong.status_code == 422
    assert 'id="id_phone_error"' in text(wrong)
    assert "Road 1" in text(wrong)
    path = kept(ann)
    stale = ann.post(path, {**TYPED, "version": "99"})
    assert stale.status_code == 422


def test_addresses_are_their_owners_alone(cast: Cast) -> None:
    path = kept(browser(cast, "ann"))
    for name in ("bob", "olive", "opal"):
        other = browser(cast, name)
        assert "Road 1" not in text(other.get("/addresses/"))
        assert other.get(path).status_code == 404
        assert other.post(path, TYPED).status_code == 404
        assert other.post(f"{path}act", {"act": "remove"}).status_code == 404
    for visited in (
        "/addresses/",
        "/addresses/new",
        path,
        "/account/",
        "/account/profile",
        "/account/password",
    ):
        assert browser(cast).get(visited).headers["Location"].startswith("/sign-in?next=")
    assert Address.objects.count() == 1


def test_after_adding_one_is_back_on_a_page_of_ours(cast: Cast) -> None:
    ann = browser(cast, "ann")
    assert ann.post("/addresses/new", {**TYPED, "next": "/wallet/"}).headers["Location"] == "/wallet/"
    away = ann.post("/addresses/new", {**TYPED, "next": "https://evil.example/"})
    assert away.headers["Location"] == "/addresses/"


def test_an_order_goes_to_a_kept_address_or_keeps_a_new_one(cast: Cast) -> None:
    goods = public_id(cast.product().pk)
    ann = browser(cast, "ann")
    ann.post(f"/p/{goods}/buy", {**TYPED, "quantity": "1", "kind": "solo", "place": "1", "keep": "on"})
    home = Address.objects.get()
    assert (home.street, home.is_default) == (HOME.street, True)
    page = text(ann.get(f"/p/{goods}/buy?kind=solo"))
    assert f'value="{public_id(home.pk)}" checked' in page
    given = {"quantity": "1", "kind": "solo", "place": "1", "address": public_id(home.pk)}
    assert ann.post(f"/p/{goods}/buy", given).status_code == 302
    assert Order.objects.order_by("-id")[0].street == HOME.street
    # Of somebody else's address nothing is known here: it is one that has to be typed.
    bob = browser(cast, "bob").post(f"/p/{goods}/buy", given)
    assert bob.status_code == 422
    assert HOME.street not in text(bob)


def test_name_and_language_are_changed(cast: Cast) -> None:
    ann = browser(cast, "ann")
    changed = ann.post("/account/profile", {"name": SCRIPT, "language": "zh-hans"})
    assert changed.headers["Location"] == "/account/"
    person = Person.objects.get(pk=cast.person("ann").pk)
    assert (person.name, person.language) == (SCRIPT, "zh-hans")
    page = text(ann.get("/account/"))
    assert SCRIPT not in page
    assert 'lang="zh-Hans"' in page
    assert ann.post("/account/profile", {"name": "Ann", "language": "tlh"}).status_code == 422


def test_a_new_password_ends_the_other_sessions(cast: Cast) -> None:
    here, elsewhere = browser(cast, "ann"), browser(cast, "ann")
    wrong = here.post("/account/password", {"old": "guess", "new": "another horse battery"})
    assert wrong.status_code == 422
    assert 'id="id_old_error"' in text(wrong)
    here.post("/account/password", {"old": PASSWORD, "new": "another horse battery"})
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_one_signs_out_everywhere_else(cast: Cast) -> None:
    here, elsewhere, bob = browser(cast, "ann"), browser(cast, "ann"), browser(cast, "bob")
    assert "1 other device" in text(here.get("/account/"))
    here.post("/account/sessions")
    assert here.get("/account/").status_code == bob.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
