"""`pinback report`: tables to read, exact figures as JSON; what it says where there is no shop, or many."""

import json
from pathlib import Path

import pytest

from tests.browser.story import SHOP, market, shops
from tests.support.pinback import Ran, call_pinback, run_pinback


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    """A file with the events of a small market."""
    path = tmp_path / "market.ndjson"
    path.write_bytes(b"".join(market()))
    return path


def lines(ran: Ran) -> list[str]:
    """What was printed, spaces made one."""
    return [" ".join(line.split()) for line in ran.out.decode().splitlines()]


@pytest.mark.slow
def test_tables_say_what_happened(address: str, stream: Path) -> None:
    assert call_pinback("settle", stream, database=address).code == 0
    ran = call_pinback("report", "--shop", SHOP, database=address)
    assert (ran.code, ran.err) == (0, "")
    shown = lines(ran)
    for line in (
        "tea-house: as of 22 Feb 2026 13:17, Asia/Shanghai",
        "Received 35 ¥7,968.80 ¥5.00",
        "All orders 39 ¥8,403.21 ¥395.41",
        "With a refund 3 (7.9%) 4.7%",
        "− withheld for used vouchers ¥5.00",
        "No campaign was running 1 ¥99.00",
        "On hold: a refund is open 1 ¥15.00",
        "spring Running 9 Feb 2026 00:00 ¥150.00 ¥15.00 24 40 60",
        "Used: the net cost ¥25.00 ¥0.00 ¥0.00 ¥0.00",
        "Fee ¥600.00 ¥0.00 ¥1,000.00 ¥100.00",
        "Feb 2026 25 25 ¥5,573.32",
        "oolong 2 11",
        "Outside Pinback −¥9,709.80",
        "Sum ¥0.00",
        "Came in, less what went out ¥9,709.80",
        "1 buyer ¥10.00",
    ):
        assert line in shown


def test_the_currency_is_a_choice(sqlite: str, stream: Path) -> None:
    call_pinback("settle", stream, database=sqlite)
    pounds = call_pinback("report", "--shop", SHOP, "--currency", "gbp", database=sqlite)
    assert "All orders 39 £8,403.21 £395.41" in lines(pounds)
    yen = call_pinback("report", "--shop", SHOP, "--currency", "JPY", database=sqlite)
    assert "All orders 39 ¥840,321 ¥39,541" in lines(yen)
    assert call_pinback("report", "--currency", "£", database=sqlite).code == 2


def test_tables_can_be_chinese(sqlite: str, stream: Path) -> None:
    call_pinback("settle", stream, database=sqlite)
    ran = run_pinback("report", "--shop", SHOP, "--database", sqlite, env={"LANGUAGE": "zh_CN"})
    assert ran.code == 0
    assert "全部订单 39 ¥8,403.21 ¥395.41" in lines(ran)
    assert "tea-house：截至 2026年2月22日 13:17（Asia/Shanghai）" in lines(ran)


def test_json_is_exact(sqlite: str, stream: Path, tmp_path: Path) -> None:
    call_pinback("settle", stream, database=sqlite)
    ran = call_pinback("report", "--shop", SHOP, "--json", "-", database=sqlite)
    report = json.loads(ran.out)
    assert report["shop"] == SHOP
    assert report["latest_at"] == "2026-02-22T05:17:00Z"
    assert report["orders"]["cash_minor"] == 840_321
    assert report["money"]["sum_minor"] == 0
    assert report["money"]["accounts"][1] == {"account": "sales", "balance_minor": 799_080}
    assert report["campaigns"][0]["burn_down"][-1] == {"day": "2026-02-22", "vouchers": 16}
    path = tmp_path / "report.json"
    written = call_pinback("report", "--shop", SHOP, "--json", path, database=sqlite)
    assert json.loads(path.read_bytes()) == report
    assert "Sum ¥0.00" in lines(written)


def test_without_a_shop_named(sqlite: str, stream: Path, tmp_path: Path) -> None:
    empty = call_pinback("report", database=sqlite)
    assert (empty.code, empty.out) == (0, b"")
    assert "no shop yet" in empty.err
    only = tmp_path / "only.ndjson"
    only.write_bytes(b'{"id":"1","type":"shop.opened","at":"2026-01-01T00:00:00Z","shop":"[red]one"}\n')
    call_pinback("settle", only, database=sqlite)
    assert lines(call_pinback("report", database=sqlite))[0].startswith("[red]one: as of 1 Jan 2026 08:00")
    call_pinback("settle", stream, database=sqlite)
    several = call_pinback("report", database=sqlite)
    assert "tea-house Asia/Shanghai 39 35 4" in lines(several)
    listed = json.loads(call_pinback("report", "--json", "-", database=sqlite).out)
    assert {shop["shop"] for shop in listed} == {"[red]one", *shops()}


def test_an_unknown_shop_is_named(address: str) -> None:
    ran = call_pinback("report", "--shop", "nobody", database=address)
    assert ran.code == 2
    assert ran.line == "there is no shop nobody"
