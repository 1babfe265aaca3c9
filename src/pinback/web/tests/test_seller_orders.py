"""The seller's orders: found, exported as shown, shipped one by one and by table, made up for."""

import csv
import re
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pinback.checkout.models import Order
from pinback.delivery import actions as delivery
from pinback.delivery.models import Parcel
from pinback.desk import actions as desk
from pinback.desk.models import Compensation
from pinback.kit.ids import public_id
from tests.support.browsing import PART, browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

HOSTILE = '"><script>alert(1)</script>'


def bought(cast: Cast, buyer: str = "ann", **of: Any) -> str:
    return public_id(cast.buy(buyer, of.pop("goods", None) or cast.product(), **of).pk)


def table(*lines: str) -> str:
    return "\n".join(("order,carrier,tracking", *lines))


def exported(client: Client, query: str = "") -> list[list[str]]:
    answer = client.get(f"/seller/tea/orders.csv{query}")
    body = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")  # type: ignore[attr-defined]
    return list(csv.reader(StringIO(body)))


def test_orders_are_found_by_what_is_in_the_address(cast: Cast) -> None:
    oolong, cup = cast.product(), cast.product(title="Cup")
    first, second = bought(cast, goods=oolong), bought(cast, "bob", goods=cup)
    unpaid = public_id(cast.place("ann", cup).pk)
    walt = browser(cast, "walt")
    everything = text(walt.get("/seller/tea/orders/"))
    assert all(order in everything for order in (first, second, unpaid))
    delivery.ship("tea", first, carrier="SF", tracking="SF77", acting=cast.actor("walt"), now=cast.now)
    for query, found in {
        "?work=to_ship": {second},
        "?work=shipped": {first},
        "?work=unpaid": {unpaid},
        "?q=cup": {second, unpaid},
        "?q=SF77": {first},
        f"?q={second}": {second},
        f"?product={public_id(oolong.pk)}": {first},
        "?first=2001-01-01&last=2001-01-02": set(),
        "?work=nonsense&first=yesterday": {first, second, unpaid},
    }.items():
        page = text(walt.get(f"/seller/tea/orders/{query}"))
        assert {order for order in (first, second, unpaid) if f"/orders/{order}/" in page} == found, query


def test_a_filter_that_finds_nothing_says_how_to_go_on(cast: Cast) -> None:
    walt = browser(cast, "walt")
    assert "No order yet." in text(walt.get("/seller/tea/orders/"))
    assert "Show all orders" in text(walt.get("/seller/tea/orders/?q=nobody"))


def test_the_export_has_exactly_what_the_filter_shows(cast: Cast) -> None:
    cup = cast.product(title="=cmd()")
    first, second = bought(cast), bought(cast, goods=cup)
    olive = browser(cast, "olive")
    head, *rows = exported(olive)
    assert [row[0] for row in rows] == [second, first]
    assert rows[0][head.index("Product")].startswith("'=cmd()")
    assert rows[1][head.index("Paid")] == "60.00"
    assert [row[0] for row in exported(olive, f"?q={first}")[1:]] == [first]


def test_hostile_texts_of_an_order_are_only_read(cast: Cast) -> None:
    goods = cast.product(title=HOSTILE)
    order = bought(cast, goods=goods)
    Order.objects.update(recipient=HOSTILE, street=HOSTILE, note=HOSTILE, region=HOSTILE)
    olive = browser(cast, "olive")
    for address in ("orders/", f"orders/{order}/", "products/", f"products/{public_id(goods.pk)}/"):
        page = text(olive.get(f"/seller/tea/{address}"))
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


def test_an_order_is_shipped_corrected_and_sent_again(cast: Cast) -> None:
    order = bought(cast)
    walt = browser(cast, "walt")
    path = f"/seller/tea/orders/{order}/"
    assert "Deal made: ship it" in text(walt.get(path))
    missing = walt.post(f"{path}ship", {"carrier": "SF", "tracking": ""})
    assert missing.status_code == 422
    assert 'value="SF"' in text(missing)
    assert not Parcel.objects.exists()
    assert walt.post(f"{path}ship", {"carrier": "SF", "tracking": "SF1"}).status_code == 302
    assert walt.post(f"{path}ship", {"carrier": "SF", "tracking": "SF1"}).status_code == 422
    parcel = Parcel.objects.get()
    right = {"carrier": "SF", "tracking": "SF2"}
    assert walt.post(f"{path}parcels/{public_id(parcel.pk)}", right).status_code == 302
    parcel.refresh_from_db()
    assert parcel.tracking == "SF2"
    again = {"carrier": "SF", "tracking": "SF3", "what": "the lid"}
    assert walt.post(f"{path}reissue", again).status_code == 302
    page = text(walt.get(path))
    assert "the lid" in page
    told = [page.index(said) for said in ("Placed <", "Paid <", "Shipped: SF SF2", "Sent again: SF SF3")]
    assert told == sorted(told)
    assert "SF2" in page


def test_those_who_do_not_ship_cannot(cast: Cast) -> None:
    order = bought(cast)
    sam = browser(cast, "sam")
    assert f"/orders/{order}/ship" not in text(sam.get(f"/seller/tea/orders/{order}/"))
    given = {"carrier": "SF", "tracking": "SF1"}
    assert sam.post(f"/seller/tea/orders/{order}/ship", given).status_code == 403
    assert sam.post("/seller/tea/shipping/apply", {"table": table(f"{order},SF,1")}).status_code == 403
    assert not Parcel.objects.exists()


def test_the_list_to_ship_can_be_filled_in_and_sent_back(cast: Cast) -> None:
    goods = cast.product()
    orders = [bought(cast, goods=goods) for _ in range(3)]
    walt = browser(cast, "walt")
    answer = walt.get("/seller/tea/to-ship.csv")
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.reader(StringIO(body.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == orders
    filled = StringIO()
    csv.writer(filled).writerows([rows[0], *([row[0], "顺丰", f"SF{row[0]}", *row[3:]] for row in rows[1:])])
    file = SimpleUploadedFile("ship.csv", filled.getvalue().encode("gb18030"), "text/csv")
    checked = text(walt.post("/seller/tea/shipping/", {"file": file}))
    assert "3 lines are right." in checked
    assert "顺丰" in checked
    assert not Parcel.objects.exists()


def test_bad_lines_are_explained_and_the_good_ones_shipped(cast: Cast) -> None:
    first, second = bought(cast), bought(cast)
    asked = bought(cast)
    desk.open_case(asked, desk.Asked(), acting=cast.actor("ann"), now=cast.now)
    walt = browser(cast, "walt")
    given = table(
        f"{first},SF,SF1", "nothing,SF,SF2", f"{second},,SF3", f"{asked},SF,SF4", f"{first},SF,{HOSTILE}"
    )
    page = text(walt.post("/seller/tea/shipping/", {"table": given}))
    for reason in (
        "There is no such order.",
        "The carrier is missing.",
        "A refund of this order is open",
        "This order stands in the table twice.",
    ):
        assert reason in page
    assert HOSTILE not in page
    assert "Ship 1 order" in page
    good = table(f"{first},SF,SF1")
    applied = walt.post("/seller/tea/shipping/apply", {"table": good})
    assert applied.headers["Location"] == "/seller/tea/orders/"
    assert [parcel.tracking for parcel in Parcel.objects.all()] == ["SF1"]
    again = text(walt.post("/seller/tea/shipping/apply", {"table": good}))
    assert "This parcel was entered before." in again
    assert Parcel.objects.count() == 1


_TABLES = re.compile(
    r'<textarea name="(?P<kind>table|right)" hidden[^>]*>(?P<hidden>[^<]*)<'
    r'|id="id_table"[^>]*>(?P<shown>[^<]*)<'
)


def _tables(answer: Any) -> dict[str, list[list[str]]]:
    """The lines of the tables that a check gives back, without their heads; "wrong" is the one to correct."""
    found = {}
    for table in _TABLES.finditer(text(answer)):
        lines = csv.reader(StringIO(unescape(table["hidden"] or table["shown"])))
        found[table["kind"] or "wrong"] = list(lines)[1:]
    return found


def test_bad_lines_are_put_right_beside_those_that_were_right(cast: Cast) -> None:
    goods, script = cast.product(), "<script>alert(1)</script>"
    first, second, third = (bought(cast, goods=goods) for _ in range(3))
    walt = browser(cast, "walt")
    given = table(f"{first},SF,SF1", f"{second},SF,", f"nothing,SF,{script}", f"{third},SF,SF3")
    answer = walt.post("/seller/tea/shipping/", {"table": given})
    assert _tables(answer)["wrong"] == [[second, "SF", ""], ["nothing", "SF", script]]
    assert script not in text(answer)
    right = table(*(",".join(line) for line in _tables(answer)["right"]))
    # One of those that were right is shipped before the others are corrected.
    walt.post("/seller/tea/shipping/apply", {"table": table(f"{first},SF,SF1")})
    again = walt.post("/seller/tea/shipping/", {"table": table(f"{second},SF,SF2"), "right": right})
    assert _tables(again) == {"table": [[second, "SF", "SF2"], [third, "SF", "SF3"]]}
    twice = walt.post("/seller/tea/shipping/", {"table": table(f"{third},SF,SF9"), "right": right})
    assert "This order stands in the table twice." in text(twice)
    alone = walt.post("/seller/tea/shipping/", {"table": "", "right": right})
    assert _tables(alone) == {"table": [[third, "SF", "SF3"]]}


def test_many_are_shipped_piece_by_piece_while_one_looks_on(cast: Cast) -> None:
    goods = cast.product()
    orders = [bought(cast, goods=goods) for _ in range(22)]
    walt = browser(cast, "walt")
    lines = [f"{order},SF,SF{place}" for place, order in enumerate(orders)]
    page = text(walt.post("/seller/tea/shipping/apply", {"table": table(*lines)}, headers=PART))
    assert "20 of 22" in page
    assert 'hx-trigger="load, submit"' in page
    assert Parcel.objects.count() == 20
    rest = {"table": table(*lines[20:]), "shipped": "20", "total": "22", "refused": "x\tbecause"}
    page = text(walt.post("/seller/tea/shipping/apply", rest, headers=PART))
    assert "22 orders are shipped." in page
    assert "because" in page
    assert "hx-trigger" not in page
    assert Parcel.objects.count() == 22


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"table": ""}, "Choose a file, or paste a table."),
        ({"table": "a,b\n1,2"}, "The first line needs the columns"),
        ({"file": b"\x89PNG\xff\xfe\x00\x81"}, "no text file"),
        ({"file": b"o" * (2**20 + 1)}, "At most 1 MB."),
    ],
)
def test_a_table_that_is_none_is_told_at_the_field(cast: Cast, given: Any, says: str) -> None:
    sent = {name: SimpleUploadedFile("x", one) if name == "file" else one for name, one in given.items()}
    answer = browser(cast, "walt").post("/seller/tea/shipping/", sent)
    assert answer.status_code == 422
    assert says in text(answer)


def test_a_table_pasted_from_a_spreadsheet_is_read(cast: Cast) -> None:
    order = bought(cast)
    pasted = f"order\tcarrier\ttracking\r\n{order}\tSF\tSF1\r\n"
    assert "1 line is right." in text(browser(cast, "walt").post("/seller/tea/shipping/", {"table": pasted}))


def test_the_difference_is_made_up_within_the_limits(cast: Cast) -> None:
    order = bought(cast)
    path = f"/seller/tea/orders/{order}/"
    sam = browser(cast, "sam")
    page = text(sam.get(path))
    assert 'name="suggested" value="300"' in page
    given = {"reason": "late", "apology": HOSTILE}
    assert sam.post(f"{path}compensate", given).status_code == 422
    above = sam.post(f"{path}compensate", given | {"amount": "50.01"})
    assert above.status_code == 422
    assert "That is more than the shop gives for an order." in text(above)
    assert "50.01" in text(above)
    assert HOSTILE not in text(above)
    praise = sam.post(
        f"{path}compensate", {"reason": "late", "apology": "for five stars, a review", "suggested": 300}
    )
    assert "must not be tied to a review" in text(praise)
    assert not Compensation.objects.exists()
    assert sam.post(f"{path}compensate", given | {"suggested": 300}).status_code == 302
    assert Compensation.objects.get().amount_minor == 300
    page = text(sam.get(path))
    assert "−¥3.00" in page
    assert "¥47.00" in page
    assert browser(cast, "walt").post(f"{path}compensate", given | {"suggested": 300}).status_code == 403
