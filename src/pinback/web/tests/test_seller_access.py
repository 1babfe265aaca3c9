"""Who may open the seller's pages: strangers find nothing there, staff what their role is for, owners all."""

import pytest

from pinback.accounts.models import Shop
from pinback.desk.models import Limits
from pinback.kit import clock
from pinback.kit.ids import public_id
from tests.support.browsing import browser
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

PAGES = {
    "/seller/tea/": {"olive", "walt", "faye", "mary", "sam"},
    "/seller/tea/orders/": {"olive", "walt", "faye", "mary", "sam"},
    "/seller/tea/orders.csv": {"olive", "walt", "faye", "mary", "sam"},
    "/seller/tea/shipping/": {"olive", "walt"},
    "/seller/tea/to-ship.csv": {"olive", "walt"},
    "/seller/tea/refunds/": {"olive", "sam"},
    "/seller/tea/products/": {"olive", "walt", "faye", "mary", "sam"},
    "/seller/tea/products/new": {"olive", "mary"},
    "/seller/tea/settings": {"olive"},
}
"""Every page of a shop, and whom of its staff it is for."""


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_for_those_whose_work_it_is(page: str) -> None:
    cast = Cast(now=clock.now())
    cast.open_shop("silk", {"sun": "owner"})
    staff = {name: browser(cast, name).get(page).status_code for name in PAGES["/seller/tea/"]}
    assert {name for name, status in staff.items() if status == 200} == PAGES[page]
    assert set(staff.values()) <= {200, 403}
    assert browser(cast, "ann").get(page).status_code == 404
    assert browser(cast, "sun").get(page).status_code == 404
    asked = browser(cast).get(page)
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith("/sign-in?next=%2Fseller%2Ftea%2F")


def test_another_shops_order_product_and_case_are_not_in_mine() -> None:
    cast = Cast(now=clock.now())
    cast.open_shop("silk", {"sun": "owner", "olive": "owner"})
    goods = cast.product()
    order = public_id(cast.buy("ann", goods).pk)
    olive = browser(cast, "olive")
    assert olive.get(f"/seller/tea/orders/{order}/").status_code == 200
    assert olive.get(f"/seller/silk/orders/{order}/").status_code == 404
    assert olive.get(f"/seller/silk/products/{public_id(goods.pk)}/").status_code == 404
    ship = {"carrier": "sandbox", "tracking": "T1"}
    assert olive.post(f"/seller/silk/orders/{order}/ship", ship).status_code == 404


def test_the_menu_has_what_the_role_may_open() -> None:
    cast = Cast(now=clock.now())
    page = browser(cast, "walt").get("/seller/tea/").content.decode()
    assert 'href="/seller/tea/orders/"' in page
    assert 'href="/seller/tea/refunds/"' not in page
    assert 'href="/seller/tea/settings"' not in page
    assert "Promotion tools" in browser(cast, "olive").get("/seller/tea/").content.decode()
    assert "Promotion tools" not in page


def test_whoever_works_for_one_shop_is_taken_there() -> None:
    cast = Cast(now=clock.now())
    assert browser(cast, "walt").get("/seller/").headers["Location"] == "/seller/tea/"
    cast.open_shop("silk", {"walt": "owner"})
    both = browser(cast, "walt").get("/seller/").content.decode()
    assert 'href="/seller/tea/"' in both
    assert 'href="/seller/silk/"' in both
    assert 'href="/seller/open"' in browser(cast, "ann").get("/seller/").content.decode()


def test_a_shop_is_opened_and_says_what_is_wrong_with_its_name() -> None:
    cast = Cast(now=clock.now())
    ann = browser(cast, "ann")
    given = {"title": "Ann's", "name": "Not a name", "timezone": "Asia/Shanghai"}
    wrong = ann.post("/seller/open", given)
    assert wrong.status_code == 422
    assert 'id="id_name_error"' in wrong.content.decode()
    assert "Ann&#x27;s" in wrong.content.decode()
    taken = ann.post("/seller/open", given | {"name": "tea"}).content.decode()
    assert "There is a shop of this name already." in taken
    opened = ann.post("/seller/open", given | {"name": "anns"})
    assert opened.headers["Location"] == "/seller/anns/"
    assert "Add the first product" in ann.get("/seller/anns/").content.decode()


def test_a_shop_says_what_it_is_and_a_stale_page_overwrites_nothing() -> None:
    cast = Cast(now=clock.now())
    olive = browser(cast, "olive")
    shop = Shop.objects.get(name="tea")
    hostile = '<script>alert("x")</script>'
    given = {"title": hostile, "about": hostile, "version": shop.version}
    assert olive.post("/seller/tea/settings", given).status_code == 302
    page = olive.get("/seller/tea/settings").content.decode()
    assert hostile not in page
    assert "&lt;script&gt;" in page
    stale = olive.post("/seller/tea/settings", given | {"title": "Other"})
    assert stale.status_code == 422
    assert "Somebody changed this meanwhile." in stale.content.decode()
    shop.refresh_from_db()
    assert shop.title == hostile


def test_the_owner_sets_what_staff_may_give() -> None:
    cast = Cast(now=clock.now())
    olive = browser(cast, "olive")
    assert 'value="50.00"' in olive.get("/seller/tea/settings").content.decode()
    given = {"order_minor": "8", "day_minor": "abc", "version": "1"}
    wrong = olive.post("/seller/tea/settings", given)
    assert wrong.status_code == 422
    assert 'id="id_day_minor_error"' in wrong.content.decode()
    assert not Limits.objects.filter(order_minor=800).exists()
    assert olive.post("/seller/tea/settings", given | {"day_minor": "80"}).status_code == 302
    kept = Limits.objects.get(shop__name="tea")
    assert (kept.order_minor, kept.day_minor) == (800, 8_000)
    assert browser(cast, "sam").post("/seller/tea/settings", given).status_code == 403


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/seller/tea/orders/{order}/ship", "/seller/tea/orders/{order}/"),
        ("/seller/tea/shipping/apply", "/seller/tea/shipping/"),
        ("/orders/{order}/act", "/orders/{order}/"),
        ("/operator/audits/run", "/operator/audits/"),
        ("/sign-out", "/"),
    ],
)
def test_an_address_that_takes_forms_alone_leads_to_its_page(address: str, page: str) -> None:
    cast = Cast(now=clock.now())
    order = public_id(cast.buy("ann", cast.product()).pk)
    answer = browser(cast, "olive").get(address.format(order=order))
    assert (answer.status_code, answer.headers["Location"]) == (302, page.format(order=order))


def test_a_program_is_told_which_method_an_address_takes() -> None:
    cast = Cast(now=clock.now())
    assert browser(cast, "olive").get("/api/v1/shops").status_code == 405
