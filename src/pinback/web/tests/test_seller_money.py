"""Sales in two columns, the statement and its filters, exports of exactly what is shown, and payouts."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from pinback.accounts.actions import start_session
from pinback.catalog.models import Product
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.delivery import actions as delivery
from pinback.kit import clock
from pinback.kit.ids import new_id, public_id
from pinback.kit.transactions import durable
from pinback.marketing import actions
from pinback.marketing.models import Payout
from pinback.web.sessions import COOKIE
from tests.support.browsing import text
from tests.support.cast import NOON, Cast

pytestmark = pytest.mark.usefixtures("market")

HOSTILE = '"><script>alert(1)</script>'
DECEMBER = datetime(2026, 12, 3, 4, 0, tzinfo=UTC)


@pytest.fixture
def cast(market: str) -> Any:
    """Noon of the third of December; what is sold was sold in November."""
    cast = Cast()
    with clock.held_at(DECEMBER):
        yield cast


def browser(cast: Cast, name: str = "faye") -> Client:
    client = Client()
    client.cookies[COOKIE] = start_session(cast.person(name), now=DECEMBER)
    return client


def table(answer: Any) -> list[list[str]]:
    """The rows of a CSV file, without its heads."""
    whole = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(whole)))[1:]


@durable
def _refund(order: Any) -> None:
    start_refund_within(order, public_id(new_id()), EVERYTHING, now=DECEMBER)


def sold(cast: Cast, buyer: str, goods: Product, *, refunded: bool = False) -> None:
    """Bought and received in November; refunded in December, when the month was reported."""
    cast.now = NOON
    order = cast.buy(buyer, goods)
    walt, id_ = cast.actor("walt"), public_id(order.pk)
    delivery.ship("tea", id_, carrier="sandbox", tracking=id_, acting=walt, now=NOON)
    delivery.receive("tea", id_, acting=cast.actor(buyer), now=NOON)
    if refunded:
        cast.now = DECEMBER
        _refund(order)
        cast.send_money()


# --- reports ---------------------------------------------------------------------------------------------


def test_a_month_is_shown_as_it_stands_and_as_it_was_reported(cast: Cast) -> None:
    goods = cast.product(title=HOSTILE)
    sold(cast, "ann", goods)
    sold(cast, "bob", goods, refunded=True)
    page = text(browser(cast).get("/seller/tea/reports/"))
    cells = page.partition('<tr class="month-row">')[2].partition("</tr>")[0]
    assert [part for part in ("¥60.00", "¥120.00") if part in cells] == ["¥60.00", "¥120.00"]
    assert "differs" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "</script><script>alert" not in page


def test_the_export_is_what_the_filters_show(cast: Cast) -> None:
    tea, cup = cast.product(title="Oolong"), cast.product(title="=cup()")
    sold(cast, "ann", tea, refunded=True)
    sold(cast, "bob", cup)
    faye = browser(cast)
    rows = table(faye.get("/seller/tea/reports/sales.csv"))
    assert [row[3:] for row in rows if row[2] == "Oolong"] == [["0", "1", "0.00", "60.00"]]
    assert "'=cup()" in [row[2] for row in rows]
    only = {"product": public_id(cup.pk), "first": "2026-11", "last": "2026-11"}
    shown = text(faye.get("/seller/tea/reports/", only))
    body = shown.partition('<table class="table figures')[2]
    assert "=cup()" in body
    assert "Oolong" not in body
    assert [row[2] for row in table(faye.get("/seller/tea/reports/sales.csv", only))] == ["'=cup()"]
    assert table(faye.get("/seller/tea/reports/sales.csv", {"last": "2026-10"})) == []


def test_empty_reports_and_wrong_months_say_what_to_do(cast: Cast) -> None:
    faye = browser(cast)
    assert "Nothing sold yet." in text(faye.get("/seller/tea/reports/"))
    sold(cast, "ann", cast.product())
    assert "Choose others" in text(faye.get("/seller/tea/reports/?last=2026-10"))
    wrong = text(faye.get("/seller/tea/reports/", {"first": HOSTILE}))
    assert "Write a month such as 2026-11." in wrong
    assert HOSTILE not in wrong


# --- funds -----------------------------------------------------------------------------------------------


def test_balances_and_lines_are_shown_and_filtered_by_local_days(cast: Cast) -> None:
    sold(cast, "ann", cast.product())
    faye = browser(cast)
    every = text(faye.get("/seller/tea/funds/"))
    assert "¥60.00" in every
    assert "Order received: its money is yours" in every
    day = {"account": "sales", "first": "2026-11-10", "last": "2026-11-10"}
    assert "+¥60.00" in text(faye.get("/seller/tea/funds/", day))
    assert len(table(faye.get("/seller/tea/funds/statement.csv", day))) == 1
    for other in ({"first": "2026-11-11"}, {"last": "2026-11-09"}, {"account": "marketing"}):
        assert "Nothing moved in these days." in text(faye.get("/seller/tea/funds/", other))
        assert table(faye.get("/seller/tea/funds/statement.csv", other)) == []


def test_a_payout_is_asked_for_after_it_is_said_what_it_does(cast: Cast) -> None:
    sold(cast, "ann", cast.product())
    faye = browser(cast)
    path = "/seller/tea/funds/payouts/new"
    asked = text(faye.get(path, {"account": "sales", "amount_minor": "45.50"}))
    assert "¥45.50 of “Proceeds” is asked for." in asked
    assert "¥14.50 can be asked for after it." in asked
    assert not Payout.objects.exists()
    assert faye.post(path, {"account": "sales", "amount_minor": "45.50"}).status_code == 302
    assert Payout.objects.get().amount_minor == 4_550
    funds = text(faye.get("/seller/tea/funds/"))
    assert "Waiting for the operator" in funds
    assert "¥14.50" in funds


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("60.01", "The balance does not cover this."),
        ("0", "This amount is too small or too large."),
        ("much", "Write an amount such as 12.34."),
        ("", "This field is required."),
    ],
)
def test_a_wrong_amount_is_told_at_its_field(cast: Cast, typed: str, said: str) -> None:
    sold(cast, "ann", cast.product())
    faye = browser(cast)
    given = {"account": "sales", "amount_minor": typed}
    for answer in (
        faye.get("/seller/tea/funds/payouts/new", given),
        faye.post("/seller/tea/funds/payouts/new", given),
    ):
        assert answer.status_code == 422
        assert said in text(answer).partition('id="id_amount_minor_error"')[2]
    assert not Payout.objects.exists()


def test_a_request_is_taken_back_and_a_decision_is_read(cast: Cast) -> None:
    sold(cast, "ann", cast.product())
    faye, acting = browser(cast), cast.actor("faye")
    first = actions.request_payout("tea", "sales", 1_000, acting=acting, now=DECEMBER)
    second = actions.request_payout("tea", "sales", 2_000, acting=acting, now=DECEMBER)
    path = f"/seller/tea/funds/payouts/{public_id(first.pk)}/withdraw"
    assert "Take ¥10.00 back" in text(faye.get(path))
    assert faye.post(path).status_code == 302
    assert faye.post(path).status_code == 409
    actions.refuse_payout(public_id(second.pk), note=HOSTILE, acting=cast.actor("opal"), now=DECEMBER)
    page = text(faye.get("/seller/tea/funds/payouts/"))
    assert "Taken back" in page
    assert "Refused" in page
    assert HOSTILE not in page


def test_whoever_reads_funds_only_is_offered_no_payout(cast: Cast) -> None:
    assert "payouts/new" in text(browser(cast, "olive").get("/seller/tea/funds/"))
    assert browser(cast, "mary").get("/seller/tea/funds/payouts/new").status_code == 403
