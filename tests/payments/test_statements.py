"""Reconciliation: statements as the providers write them, and every difference named."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from pinback.payments.actions import send_due
from pinback.payments.actions.deciding import decide_payment
from pinback.payments.models import Payment
from pinback.payments.providers.card.statement import read_statement as read_card
from pinback.payments.providers.contract import Statement, StatementProblem, StatementRow
from pinback.payments.providers.sandbox.statement import read_statement as read_sandbox
from pinback.payments.providers.sandbox.statement import statement_of
from pinback.payments.providers.wechat.statement import read_statement as read_wechat
from pinback.payments.reconciling import differences, reconcile
from tests.payments.cast import NOW, Till, person, refund, soon, start

_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def _line(number: str, yuan: str, *, out: str = "", out_yuan: str = "0.00", state: str = "SUCCESS") -> str:
    values = [
        *("2026-11-25 20:00:00", "wx1", "1900000109", "", "", f"42{number}", number, "o1", "NATIVE", state),
        *("OTHERS", "CNY", yuan, "0.00", f"50{out}" if out else "0", out or "0", out_yuan, "0.00"),
        *("", "", "茶, 一斤".replace(",", "，"), "", "0.00000", "0.60%", yuan, out_yuan, ""),
    ]
    return ",".join(f"`{value}" for value in values)


def _bill(*lines: str, count: int | None = None, total: str = "19.93", out_total: str = "0.00") -> bytes:
    number = len(lines) if count is None else count
    sums = ",".join(f"`{value}" for value in (number, total, "0.00", "0.00", "0.00", total, out_total))
    return ("\ufeff" + "\r\n".join([_HEADER, *lines, _SUMS, sums]) + "\r\n").encode()


def test_w040_a_trade_bill_is_in_yuan_and_read_to_the_fen() -> None:
    statement = read_wechat(BytesIO(_bill(_line("p1", "19.90"), _line("p2", "0.03"))))
    assert [(row.number, row.amount_minor) for row in statement.rows] == [("p1", 1990), ("p2", 3)]
    assert statement.sums_minor == {"in": 1993, "out": 0}


def test_a_refund_in_a_trade_bill() -> None:
    refunded = _line("p1", "0.00", out="r1", out_yuan="4.35", state="REFUND")
    bill = _bill(_line("p1", "19.90"), refunded, total="19.90", out_total="4.35")
    row = read_wechat(BytesIO(bill)).rows[1]
    assert (row.kind, row.number, row.amount_minor) == ("out", "r1", 435)


@pytest.mark.parametrize(
    ("bill", "why"),
    [
        (b"", "nothing in it"),
        (_bill(_line("p1", "1990")), "unit is unknown"),
        (_bill(_line("p1", "19.905")), "more than 2 decimals"),
        (_bill(_line("p1", "-19.90")), "no amount"),
        (_bill(_line("p1", "1e3.0")), "no amount"),
        (_bill(_line("p1", "19.90"), count=2), "2 rows are stated"),
        (_bill(_line("p1", "19.90"), total="1990"), "unit is unknown"),
        (_bill(_line("p1", "19.90", state="ODD")), "state 'ODD' is unknown"),
        (_bill(_line("p1", "19.90")).split(_SUMS.encode())[0], "breaks off"),
        (_bill().replace("订单金额,申请".encode(), "订单金额(分),申请".encode()), "unit is unknown"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_w040_what_would_have_to_be_guessed_stops_the_run(bill: bytes, why: str) -> None:
    with pytest.raises(StatementProblem, match=why):
        read_wechat(BytesIO(bill))


_CARD_HEADER = (
    "balance_transaction_id,created_utc,currency,gross,reporting_category,source_id,customer_facing_amount,"
    "customer_facing_currency,payment_intent_id,payment_metadata[number],refund_metadata[number]"
)


def test_stripes_report() -> None:
    lines = [
        _CARD_HEADER,
        "txn_1,2026-11-25 12:00:00,usd,2.80,charge,ch_1,19.90,cny,pi_1,p1,",
        "txn_2,2026-11-25 12:01:00,usd,-0.61,refund,re_1,-4.35,cny,pi_1,p1,r1",
        "txn_3,2026-11-25 12:02:00,usd,0.61,refund_failure,re_1,4.35,cny,pi_1,p1,r1",
        "txn_4,2026-11-25 12:03:00,usd,-0.10,fee,,,,,,",
    ]
    rows = read_card(BytesIO("\n".join(lines).encode())).rows
    assert [(row.kind, row.number, row.amount_minor, row.currency) for row in rows] == [
        ("in", "p1", 1990, "CNY"),
        ("out", "r1", 435, "CNY"),
        ("back", "r1", 435, "CNY"),
    ]
    for broken in ("1990", "19.905"):
        with pytest.raises(StatementProblem):
            read_card(BytesIO("\n".join(lines).replace(",19.90,", f",{broken},").encode()))
    with pytest.raises(StatementProblem, match="unknown"):
        read_card(BytesIO("\n".join(lines).replace(",charge,", ",magic,").encode()))
    with pytest.raises(StatementProblem, match="unit"):
        read_card(BytesIO(b"amount,id\n1990,pi_1\n"))


def _row(kind: Any, number: str, amount_minor: int, **more: Any) -> StatementRow:
    given = {"line": 2, "provider_ref": number, "currency": "CNY", "at": NOW, **more}
    return StatementRow(kind=kind, number=number, amount_minor=amount_minor, **given)


def _named(*rows: StatementRow, sums: dict[str, int] | None = None) -> list[tuple[str, str]]:
    found = differences("sandbox", Statement(rows, sums or {}), since=NOW, until=soon(60))
    return [(one.kind, one.number) for one in found]


def _paid(subject: str, amount_minor: int) -> Payment:
    payment = start(person("ann"), subject=subject, amount_minor=amount_minor)
    return decide_payment(payment.number, "paid", now=NOW)


@pytest.mark.usefixtures("market")
def test_w040_what_fits_has_no_difference(till: Till) -> None:
    one, two = _paid("tea/1", 1_990), _paid("tea/2", 3)
    out = refund(one, 435)
    send_due(NOW)
    rows = (_row("in", one.number, 1_990), _row("in", two.number, 3), _row("out", out.number, 435))
    assert _named(*rows, sums={"in": 1_993, "out": 435}) == []
    text = statement_of(rows)
    assert reconcile("sandbox", BytesIO(text.encode())) == []


@pytest.mark.usefixtures("market")
def test_every_difference_is_named(till: Till) -> None:
    one, two, three = _paid("tea/1", 1_990), _paid("tea/2", 3), _paid("tea/3", 5)
    waiting = start(person("ann"), subject="tea/4")
    out = refund(one, 435)
    send_due(NOW)
    rows = (
        _row("in", one.number, 1_991),
        _row("in", two.number, 3),
        _row("in", two.number, 3),
        _row("in", waiting.number, 19_900),
        _row("in", "p-of-nobody", 7),
        _row("out", "r-of-nobody", 7),
        _row("out", out.number, 435, currency="USD"),
        _row("back", out.number, 435),
    )
    assert _named(*rows, sums={"in": 1}) == [
        ("sum", "in"),
        ("amount", one.number),
        ("twice", two.number),
        ("state", waiting.number),
        ("not_here", "p-of-nobody"),
        ("not_here", "r-of-nobody"),
        ("currency", out.number),
        ("state", out.number),
        ("not_there", three.number),
    ]


@pytest.mark.parametrize(
    "text", ["", "kind,number\n", "kind,number,amount_minor,currency,at\nin,p1,19.90,CNY,x\n"]
)
def test_a_sandbox_statement_that_is_none(text: str) -> None:
    with pytest.raises(StatementProblem):
        read_sandbox(BytesIO(text.encode()))


@pytest.mark.slow
def test_the_command_names_differences_and_fails(tmp_path: Path) -> None:
    from tests.support.pinback import run_pinback

    statement = tmp_path / "statement.csv"
    statement.write_text(statement_of([_row("in", "p-of-nobody", 7)]))
    database = f"sqlite:///{tmp_path}/pinback.sqlite3"
    found = run_pinback("reconcile", "sandbox", str(statement), "--database", database)
    assert found.code == 1
    assert b"not_here\tline 2\tp-of-nobody" in found.out
    statement.write_text("kind,number,amount_minor,currency,at\n")
    assert run_pinback("reconcile", "sandbox", str(statement), "--database", database).code == 0
    statement.write_text("amount\n1990\n")
    assert run_pinback("reconcile", "sandbox", str(statement), "--database", database).code == 2
