"""Work lists: filters saved as chips, density and columns by choice; everything by plain forms and links."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from pinback.accounts.models import ListLook, SavedFilter
from pinback.delivery.actions import receive, ship
from pinback.desk import actions as desk
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.web.lists.known import LISTINGS
from pinback.web.sessions import COOKIE
from tests.access.world import World
from tests.support.browsing import browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

ORDERS = "/seller/tea/orders/"


def save(client: Client, name: str, query: str, **more: str) -> Any:
    given = {"name": name, "query": query, "shop": "tea", "next": f"{ORDERS}?{query}", **more}
    return client.post("/lists/seller-orders/filters", given)


def chips(page: str) -> list[tuple[str, str]]:
    """(address, what follows in the link) of the saved filters."""
    nav = re.search(r'<nav class="filters" aria-label="Saved filters">.*?</nav>', page, re.DOTALL)
    return re.findall(r'<a href="(\?[^"]*)"[^>]*>.*?</svg>([^<]*)</a>', nav[0], re.DOTALL) if nav else []


def heads(page: str) -> list[str]:
    found = re.search(r"<thead>.*?</thead>", page, re.DOTALL)
    assert found is not None
    return [re.sub(r"<[^>]+>", "", head).strip() for head in re.findall(r"<th .*?</th>", found[0], re.DOTALL)]


def rows(answer: Any) -> list[list[str]]:
    body = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.reader(StringIO(body)))


def test_a_filter_becomes_a_chip_that_applies_it_until_it_is_removed(cast: Cast) -> None:
    cast.buy("ann", cast.product())
    olive = browser(cast, "olive")
    plain = text(olive.get(ORDERS))
    assert "Save this filter" not in plain
    filtered = text(olive.get(f"{ORDERS}?work=to_ship&q=oolong"))
    assert "Save this filter" in filtered
    saved = save(olive, "Oolong", "work=to_ship&q=oolong")
    assert saved.headers["Location"] == f"{ORDERS}?work=to_ship&q=oolong"
    shown = text(olive.get(saved.headers["Location"]))
    assert "Saved as “Oolong”" in shown
    assert "Save this filter" not in shown
    ((address, name),) = chips(shown)
    assert (address, name) == ("?work=to_ship&amp;q=oolong", "Oolong")
    assert f'href="{address}" aria-current="true"' in shown
    assert chips(text(olive.get(ORDERS))) == [(address, name)]
    kept = public_id(SavedFilter.objects.get().pk)
    removed = olive.post(f"/lists/filters/{kept}/remove", {"next": ORDERS})
    assert removed.headers["Location"] == ORDERS
    assert chips(text(olive.get(ORDERS))) == []


def test_neither_page_nor_what_is_no_filter_is_kept(cast: Cast) -> None:
    olive = browser(cast, "olive")
    save(olive, "Mine", "cursor=0000000000001&q=+tea+&next=//evil.example&work=&first=2026-11-01")
    assert SavedFilter.objects.get().query == "q=tea&first=2026-11-01"


def test_a_hostile_name_or_query_is_text_on_the_page(cast: Cast) -> None:
    olive = browser(cast, "olive")
    save(olive, "<b>x</b>\"'>", "q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    page = text(olive.get(ORDERS))
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<script>alert" not in page
    ((address, _name),) = chips(page)
    assert olive.get(ORDERS + address.replace("&amp;", "&")).status_code == 200


def test_what_cannot_be_saved_is_said(cast: Cast) -> None:
    olive = browser(cast, "olive")
    for name, query, says in (
        ("", "q=tea", "A filter needs a name."),
        ("x" * 41, "q=tea", "at most 40 characters"),
        ("Mine", "work=&other=1", "the list shows everything"),
    ):
        assert says in text(olive.get(save(olive, name, query).headers["Location"]))
    assert not SavedFilter.objects.exists()
    for number in range(12):
        save(olive, f"F{number}", f"q={number}")
    page = text(olive.get(f"{ORDERS}?q=more"))
    assert "remove another one first" in page
    assert "Save this filter" not in page


def test_strangers_staff_of_others_and_nobody(cast: Cast) -> None:
    olive = browser(cast, "olive")
    save(olive, "Mine", "q=tea")
    kept = public_id(SavedFilter.objects.get().pk)
    for name in ("zoe", "walt", "opal"):
        other = browser(cast, name)
        assert other.post(f"/lists/filters/{kept}/remove", {"next": ORDERS}).status_code == 404
    zoe = browser(cast, "zoe")
    assert save(zoe, "Hers", "q=tea").status_code == 404
    assert save(olive, "Nowhere", "q=tea", shop="").status_code == 404
    operators = {"name": "Not mine", "query": "q=ann", "next": "/"}
    assert olive.post("/lists/operator-people/filters", operators).status_code == 404
    assert olive.post("/lists/no-such-list/filters", operators).status_code == 404
    assert olive.post("/lists/no-such-list/look", {"density": "compact"}).status_code == 404
    assert "/sign-in" in save(Client(), "Nobody's", "q=tea").headers["Location"]
    assert olive.get("/lists/seller-orders/look?density=compact").status_code == 302
    assert not ListLook.objects.exists()
    assert chips(text(browser(cast, "walt").get(ORDERS))) == []
    assert SavedFilter.objects.count() == 1


def test_one_is_led_back_to_the_list_and_nowhere_else(cast: Cast) -> None:
    olive = browser(cast, "olive")
    assert save(olive, "Mine", "q=tea", next="https://evil.example/").headers["Location"] == "/"
    asked = olive.post(
        "/lists/seller-orders/look",
        {"density": "compact", "next": ORDERS},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{ORDERS}?work=unpaid"},
    )
    assert asked.headers["Location"] == f"http://testserver{ORDERS}?work=unpaid"
    asked = olive.post(
        "/lists/seller-orders/look",
        {"next": ORDERS},
        headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/"},
    )
    assert asked.headers["Location"] == ORDERS


def test_columns_and_density_are_as_one_left_them(cast: Cast) -> None:
    bought = cast.buy("ann", cast.product())
    ship("tea", public_id(bought.pk), carrier="SF", tracking="SF77", acting=cast.actor("walt"), now=cast.now)
    olive = browser(cast, "olive")
    usual = text(olive.get(ORDERS))
    assert heads(usual) == ["Order", "How it stands", "Rebate", "Paid", "What can be done"]
    assert "is-compact" not in usual
    given = {"density": "compact", "column": ["parcel", "paid", "no such column"], "next": ORDERS}
    changed = text(olive.get(olive.post("/lists/seller-orders/look", given).headers["Location"]))
    assert heads(changed) == ["Order", "Tracking number", "Paid", "What can be done"]
    assert "is-compact" in changed
    assert "SF77" in changed
    assert ListLook.objects.get().columns == ["parcel", "paid"]
    olive.post("/lists/seller-orders/look", {"density": "comfortable", "next": ORDERS})
    assert heads(text(olive.get(ORDERS))) == ["Order", "What can be done"]
    assert heads(text(browser(cast, "walt").get(ORDERS))) == heads(usual)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LISTINGS))
def test_every_list_has_its_look_and_each_row_as_many_cells_as_heads(name: str) -> None:
    world = World()
    cast, listing = world.cast, LISTINGS[name]
    bought = public_id(cast.buy("ann", cast.product()).pk)
    ship("tea", bought, carrier="SF", tracking="SF1", acting=cast.actor("walt"), now=cast.now)
    receive("tea", bought, acting=cast.actor("ann"), now=cast.now)
    path = {
        "seller-refunds": "/seller/tea/refunds/",
        "seller-funds": "/seller/tea/funds/",
        "operator-statement": "/operator/ledger/tea/",
    }.get(name, f"/{name.replace('-', '/tea/' if name.startswith('seller') else '/', 1)}/")
    client = Client()
    client.cookies[COOKIE] = world.secrets["olive" if name.startswith("seller") else "opal"]
    every = [column.code for column in listing.columns]
    for columns in ([], every, every[:1], every[1:]):
        with clock.held_at(cast.now):
            client.post(f"/lists/{name}/look", {"density": "compact", "column": columns, "next": path})
        with clock.held_at(cast.now):
            page = client.get(path)
        assert page.status_code == 200
        assert f'action="/lists/{name}/look"' in text(page)
        tables = re.findall(r'<table class="table [^"]*is-compact.*?</table>', text(page), re.DOTALL)
        assert tables or not listing.columns
        for table in tables:
            number = len(heads(table))
            for row in re.findall(r"<tr.*?</tr>", table.partition("</thead>")[2], re.DOTALL):
                assert len(re.findall(r"<t[dh][ >]", row)) == number
            assert number >= 1 + len(columns)


def test_what_is_exported_of_refunds_is_what_the_queue_shows(cast: Cast) -> None:
    sam = browser(cast, "sam")
    goods = cast.product()
    cases = [
        desk.open_case(
            public_id(cast.buy("ann", goods).pk),
            desk.Asked(text="=HYPERLINK(1)"),
            acting=cast.actor("ann"),
            now=cast.now + timedelta(minutes=number),
        )
        for number in range(3)
    ]
    desk.refuse(public_id(cases[0].pk), "No", acting=cast.actor("sam"), now=cast.now)
    waiting = [public_id(case.pk) for case in cases[1:]]
    assert [row[0] for row in rows(sam.get("/seller/tea/refunds.csv"))[1:]] == waiting
    head, refused = rows(sam.get("/seller/tea/refunds.csv?state=refused"))
    assert refused[0] == public_id(cases[0].pk)
    assert len(head) == len(refused)
    assert "'=HYPERLINK(1)" in refused
    assert "refunds.csv?state=refused" in text(sam.get("/seller/tea/refunds/?state=refused"))
    assert browser(cast, "walt").get("/seller/tea/refunds.csv").status_code == 403
    assert browser(cast, "zoe").get("/seller/tea/refunds.csv").status_code == 404


def test_what_the_operator_exports_of_a_statement_is_what_is_shown(cast: Cast) -> None:
    goods = cast.product()
    for _number in range(3):
        bought = public_id(cast.buy("ann", goods).pk)
        ship("tea", bought, carrier="SF", tracking="SF1", acting=cast.actor("walt"), now=cast.now)
        receive("tea", bought, acting=cast.actor("ann"), now=cast.now)
    opal = browser(cast, "opal")
    path, today = "/operator/ledger/tea/", datetime.now(UTC)
    assert len(rows(opal.get(f"{path}statement.csv"))) == 1 + 3
    assert len(rows(opal.get(f"{path}statement.csv?account=marketing"))) == 1
    tomorrow = (today + timedelta(days=2)).strftime("%Y-%m-%d")
    assert len(rows(opal.get(f"{path}statement.csv?first={tomorrow}"))) == 1
    assert "statement.csv?account=sales" in text(opal.get(f"{path}?account=sales"))
    assert browser(cast, "olive").get(f"{path}statement.csv").status_code == 404


def test_times_and_ids_say_all_to_who_points_at_them(cast: Cast) -> None:
    order = public_id(cast.buy("ann", cast.product()).pk)
    page = text(browser(cast, "olive").get(ORDERS))
    assert re.search(r'<time class="together" datetime="[0-9TZ:-]+" title="[^"]*\(Asia/Shanghai\)">', page)
    assert f'data-copy="{order}" data-copied="Copied" title="Copy {order}"><bdi>{order}</bdi>' in page
