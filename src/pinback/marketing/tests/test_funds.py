"""The money of a shop: balances, the statement, its export, payouts."""

import csv
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest

from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.kit.history import changes_of
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.marketing import actions
from pinback.marketing.funds import statement
from pinback.marketing.funds.balances import standing_of
from pinback.marketing.funds.export import statement_csv
from pinback.marketing.funds.statement import Filter
from pinback.marketing.funds.tables import Amount, csv_lines, safe_cell
from pinback.marketing.models import Payout
from pinback.rules.events import CompensationPaid, OrderReceived
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.models import Voucher
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


@durable
def receive(cast: Cast, order: Order) -> None:
    """The goods have arrived."""
    id_ = public_id(order.pk)
    event = OrderReceived(id=f"{id_}-received", at=instant_of(cast.now), shop=order.shop.name, order=id_)
    apply_within(event, now=cast.now)


@durable
def compensate(cast: Cast, order: Order, amount: int) -> None:
    """The shop makes something up."""
    id_ = public_id(order.pk)
    event = CompensationPaid(
        id=f"{id_}-sorry", at=instant_of(cast.now), shop=order.shop.name, order=id_, amount=amount
    )
    apply_within(event, now=cast.now)


@durable
def refund(cast: Cast, order: Order) -> None:
    """Everything goes back."""
    start_refund_within(order, public_id(new_id()), EVERYTHING, now=cast.now)


def busy(cast: Cast) -> list[Order]:
    """Three received orders on three days, one compensated, one refunded after its voucher was reclaimed."""
    cast.campaign(threshold=5_000, rebate=1_000)
    goods = cast.product(solo=6_000)
    orders = []
    for name in ("ann", "bob", "cai"):
        orders.append(cast.buy(name, goods))
        receive(cast, orders[-1])
        cast.later(days=1)
    compensate(cast, orders[0], 300)
    refund(cast, orders[1])
    cast.send_money()
    return orders


def walked(cast: Cast, wanted: Filter, limit: int) -> list[statement.Line]:
    """All pages of a statement."""
    lines: list[statement.Line] = []
    cursor: str | None = None
    while True:
        page, cursor = statement.statement(cast.shops["tea"], wanted, cursor=cursor, limit=limit)
        lines += page
        if cursor is None:
            return lines


def test_the_statement_ends_at_the_balance_and_begins_at_nothing() -> None:
    cast = Cast()
    busy(cast)
    actions.mark_paid(_requested(cast, 2_000), note="bank", acting=cast.actor("opal"), now=cast.now)
    whole = walked(cast, Filter(), 100)
    settled = SettledShop.objects.get(name="tea")
    by_account = {
        account: [line for line in whole if line.account == account] for account in ("sales", "marketing")
    }
    assert by_account["sales"][0].balance_minor == settled.sales_minor - 2_000 == 6_000 * 2 - 300 - 2_000
    assert by_account["marketing"][0].balance_minor == settled.marketing_minor == 1_000
    for lines in by_account.values():
        assert lines[-1].balance_minor == lines[-1].amount_minor
        for newer, older in pairwise(lines):
            assert newer.balance_minor - newer.amount_minor == older.balance_minor
    assert [line.what for line in by_account["sales"]] == [
        "payout",
        "refund.succeeded",
        "compensation.paid",
        "order.received",
        "order.received",
        "order.received",
    ]
    assert by_account["marketing"][0].what == "refund.succeeded"


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("account", [None, "sales", "marketing"])
def test_pages_of_any_size_show_the_same(limit: int, account: str | None) -> None:
    cast = Cast()
    busy(cast)
    actions.mark_paid(_requested(cast, 2_000), note="bank", acting=cast.actor("opal"), now=cast.now)
    assert walked(cast, Filter(account), limit) == walked(cast, Filter(account), 100)
    exported = list(statement.all_lines(cast.shops["tea"], Filter(account)))
    assert sorted(exported) == sorted(walked(cast, Filter(account), limit))


def test_a_filter_by_time_is_half_open_and_keeps_the_balances() -> None:
    cast = Cast()
    first = cast.now
    busy(cast)
    whole = walked(cast, Filter("sales"), 100)
    some = walked(cast, Filter("sales", first + timedelta(days=1), first + timedelta(days=2)), 1)
    assert [line.at for line in some] == [first + timedelta(days=1)]
    assert set(some) <= set(whole)
    assert some[0].balance_minor == 12_000
    assert (
        list(
            statement.all_lines(
                cast.shops["tea"], Filter("sales", first + timedelta(days=1), first + timedelta(days=2))
            )
        )
        == some
    )


def test_a_long_export_reads_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    busy(cast)
    actions.mark_paid(_requested(cast, 2_000), note="bank", acting=cast.actor("opal"), now=cast.now)
    whole = list(statement.all_lines(cast.shops["tea"], Filter()))
    for piece in (1, 2, 3):
        monkeypatch.setattr(statement, "_PIECE", piece)
        assert list(statement.all_lines(cast.shops["tea"], Filter())) == whole


def test_the_export_is_a_table_without_formulas() -> None:
    cast = Cast()
    busy(cast)
    answer = Caller(cast, "faye").get("/shops/tea/statement.csv?account=sales")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row["Amount"] for row in rows] == ["60.00", "60.00", "60.00", "-3.00", "-60.00"]
    assert rows[-1]["Balance"] == "117.00"
    assert rows[0]["Time"] == "2026-11-10 12:00:00+08:00"
    assert Caller(cast, "walt").get("/shops/tea/statement.csv").status_code == 403
    assert next(statement_csv(cast.shops["tea"], Filter())).startswith("\ufeff")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    (_heads, line) = csv_lines(["a"], [[text]])
    assert next(csv.reader(StringIO(line)))[0] == f"'{text}"
    assert list(csv_lines(["a"], [[Amount(-5)], ["ok"]]))[1:] == ["-0.05\r\n", "ok\r\n"]


def test_another_shops_order_stays_hidden() -> None:
    """Tea's voucher comes back by a refund at silk: tea sees the fen, not the order."""
    cast = Cast()
    cast.open_shop("silk", {"sun": "owner"})
    cast.campaign(threshold=5_000, rebate=1_000)
    cast.buy("ann", cast.product())
    goods = cast.product("silk", staff="sun")
    order = cast.buy("ann", goods, voucher=Voucher.objects.get().code)
    refund(cast, order)
    cast.send_money()
    (line,) = walked(cast, Filter("marketing"), 10)
    assert (line.amount_minor, line.order, line.event, line.other) == (1_000, None, "", "order")


def _requested(cast: Cast, amount: int, account: Any = "sales") -> str:
    return public_id(
        actions.request_payout("tea", account, amount, acting=cast.actor("faye"), now=cast.now).pk
    )


def test_what_is_asked_for_is_never_more_than_is_there() -> None:
    cast = Cast()
    busy(cast)
    faye = Caller(cast, "faye")
    assert faye.post("/shops/tea/payouts", {"account": "sales", "amount_minor": 10_000}).status_code == 201
    accounts = {one["account"]: one for one in faye.get("/shops/tea/funds").json()["accounts"]}
    assert accounts["sales"] == {
        "account": "sales",
        "balance_minor": 11_700,
        "requested_minor": 10_000,
        "available_minor": 1_700,
        "paid_out_minor": 0,
    }
    over = faye.post("/shops/tea/payouts", {"account": "sales", "amount_minor": 1_701})
    assert (over.status_code, over.json()["errors"][0]["field"]) == (422, "amount_minor")
    assert faye.post("/shops/tea/payouts", {"account": "sales", "amount_minor": 1_700}).status_code == 201
    assert Payout.objects.count() == 2


def test_a_refused_or_withdrawn_payout_frees_its_amount() -> None:
    cast = Cast()
    busy(cast)
    first, second = _requested(cast, 11_700), None
    with pytest.raises(Refused):
        _requested(cast, 1)
    actions.refuse_payout(first, note="wrong account", acting=cast.actor("opal"), now=cast.now)
    second = _requested(cast, 11_700)
    actions.withdraw_payout("tea", second, acting=cast.actor("olive"), now=cast.now)
    third = _requested(cast, 11_700)
    actions.mark_paid(third, note="bank", acting=cast.actor("opal"), now=cast.now)
    sales = standing_of(cast.shops["tea"]).balances["sales"]
    assert (sales.balance_minor, sales.requested_minor, sales.paid_out_minor) == (0, 0, 11_700)
    for decide in (actions.mark_paid, actions.refuse_payout):
        with pytest.raises(Conflict):
            decide(third, note="again", acting=cast.actor("opal"), now=cast.now)
    assert [one.after for one in changes_of("payout", Payout.objects.latest("id").pk)] == [
        "requested",
        "paid",
    ]


def test_a_balance_that_fell_below_it_stops_a_payout() -> None:
    cast = Cast()
    orders = busy(cast)
    payout = _requested(cast, 11_700)
    refund(cast, orders[2])
    cast.send_money()
    with pytest.raises(Conflict) as conflict:
        actions.mark_paid(payout, note="bank", acting=cast.actor("opal"), now=cast.now)
    assert conflict.value.refusal.code == "not_covered"
    assert standing_of(cast.shops["tea"]).balances["sales"].available_minor == 0


@pytest.mark.parametrize(
    ("who", "status"), [("faye", 201), ("olive", 201), ("mary", 403), ("bob", 404), ("opal", 403)]
)
def test_who_may_ask(who: str, status: int) -> None:
    cast = Cast()
    busy(cast)
    answer = Caller(cast, who).post("/shops/tea/payouts", {"account": "sales", "amount_minor": 1})
    assert answer.status_code == status


def test_the_operator_alone_decides() -> None:
    cast = Cast()
    busy(cast)
    payout = _requested(cast, 5)
    for who in ("olive", "faye", "bob"):
        for verb in ("paid", "refuse"):
            answer = Caller(cast, who).post(f"/operator/payouts/{payout}/{verb}", {"note": "x"})
            assert answer.status_code == 404
    listed = Caller(cast, "opal").get("/operator/payouts").json()["items"]
    assert [one["payout"] for one in listed] == [payout]
    assert (
        Caller(cast, "opal").post(f"/operator/payouts/{payout}/paid", {"note": "x"}).json()["status"]
        == "paid"
    )
