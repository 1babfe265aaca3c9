"""The mapping file: every key that is wrong is refused by name, and other shops' ways of writing are read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pinback.history import HistoryError, Oddity, Reason, parse_mapping, read_mapping
from pinback.history.tests.shop import mapping, orders, read, refunds

GOOD = """
time_zone = "Europe/London"
single_product = "goods"
[columns]
order = "o"
buyer = "b"
time = "t"
price = "p"
"""


def without(text: str) -> str:
    assert text in GOOD
    return GOOD.replace(text, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("= nonsense", ["not TOML"]),
        ("a = " + "[" * 5000, ["not TOML"]),
        (f"colour = 1\n{GOOD}", ["key colour does not exist", "time_zone"]),
        (f"{GOOD}colour = 'x'", ["key columns.colour does not exist", "postage"]),
        (
            f"{GOOD}quantity = 'q'\n[refunds]\nprefix = 'C'",
            ["key refunds.prefix does not exist", "order_prefix"],
        ),
        (without('order = "o"'), ["key columns.order is missing"]),
        (without('time_zone = "Europe/London"'), ["key time_zone is missing"]),
        (without('single_product = "goods"'), ["columns.product", "single_product"]),
        (f"{GOOD}product = 'x'", ["columns.product", "single_product"]),
        (GOOD.replace('"goods"', '""'), ["single_product", "empty"]),
        (GOOD.replace('"o"', '""'), ["columns.order", "empty"]),
        (GOOD.replace('"o"', "1"), ["columns.order must be a text in quotes, not a whole number"]),
        (f"columns = 1\n{GOOD.partition('[')[0]}", ["columns must be a table, not a whole number"]),
        (f"minor_digits = '2'\n{GOOD}", ["minor_digits must be a whole number, not a text in quotes"]),
        (f"minor_digits = 5\n{GOOD}", ["minor_digits must be from 0 to 4"]),
        (f"minor_digits = -1\n{GOOD}", ["minor_digits must be from 0 to 4"]),
        (f"minor_digits = {'9' * 50}\n{GOOD}", ["minor_digits"]),
        (f"free_lines = 1\n{GOOD}", ["free_lines must be true or false"]),
        (f"empty_values = 'NULL'\n{GOOD}", ["empty_values must be a list"]),
        (f"empty_values = [1]\n{GOOD}", ["empty_values must be a text in quotes"]),
        (f"decimal_mark = ';'\n{GOOD}", ["decimal_mark"]),
        (f"thousands_mark = '.'\n{GOOD}", ["thousands_mark"]),
        (f"delimiter = ';;'\n{GOOD}", ["delimiter"]),
        (f"encoding = 'klingon'\n{GOOD}", ["encoding", "klingon"]),
        (f"encoding = 'rot13'\n{GOOD}", ["encoding", "rot13"]),
        (f"encoding = 'zlib'\n{GOOD}", ["encoding", "zlib"]),
        (f"time_format = 'yyyy-mm'\n{GOOD}", ["time_format", "yyyy-mm"]),
        (f"time_format = '%Q'\n{GOOD}", ["time_format", "%Q"]),
        (f"time_format = '%Y %'\n{GOOD}", ["time_format"]),
        (f"time_format = '%Y %Y'\n{GOOD}", ["time_format"]),
        (f"time_format = ''\n{GOOD}", ["time_format"]),
        (GOOD.replace("Europe/London", "Europe/Atlantis"), ["time_zone", "Europe/Atlantis"]),
        (GOOD.replace("Europe/London", "../../etc/passwd"), ["time_zone"]),
        (f"skip_order_prefixes = ['']\n{GOOD}", ["skip_order_prefixes"]),
        (f"keep_statuses = ['paid']\n{GOOD}", ["columns.status", "keep_statuses"]),
        (f"{GOOD}status = 's'", ["columns.status", "keep_statuses"]),
        (f"{GOOD}[refunds]\norder_prefix = 'C'", ["columns.quantity"]),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_key_and_the_reason(text: str, words: list[str]) -> None:
    with pytest.raises(HistoryError) as refused:
        parse_mapping(text)
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "No such file"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"#" * 1_000_001, "too long"),
        (b"x = ", "not TOML"),
    ],
)
def test_a_mapping_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, word: str
) -> None:
    path = tmp_path / "mapping.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HistoryError, match=word) as refused:
        read_mapping(path)
    assert str(path) in str(refused.value)


def test_a_path_that_is_none_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in ("a\0b", tmp_path):
        with pytest.raises(HistoryError):
            read_mapping(path)


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "other.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_one_row_an_order(tmp_path: Path) -> None:
    path = write(tmp_path, "o,b,t,p\n#1001,ann@example.org,2024-05-01T10:00:00+02:00,12.5\n")
    events, report = read(path, mapping('single_product = "goods"'))
    assert orders(events) == {"#1001": "1×goods@1250"}
    assert events[1]["at"] == "2024-05-01T09:00:00+01:00"
    assert events[1]["buyer"] == "ann@example.org"
    assert report.skipped == {}


def test_a_european_spreadsheet(tmp_path: Path) -> None:
    text = "o;b;t;p;x;q\n1;Zoë;31.12.2023 23:59;1.234,50;Käse;1.000\n2;Zoë;31.12.2023 23:59;12.5;Käse;1\n"
    path = write(tmp_path, text, "cp1252")
    found = mapping(
        'delimiter = ";"\nencoding = "cp1252"\ndecimal_mark = ","\nthousands_mark = "."\n'
        'time_format = "%d.%m.%Y %H:%M"',
        'product = "x"\nquantity = "q"',
    )
    events, report = read(path, found)
    assert orders(events) == {"1": "1000×K%C3%A4se@123450"}
    # "12.5" is no number where the point parts thousands: better counted than a hundred times too much.
    assert report.skipped[Reason.BAD_PRICE].rows == 1


@pytest.mark.parametrize(("digits", "minor"), [(0, 13), (1, 125), (3, 12500)])
def test_currencies_have_their_own_digits(tmp_path: Path, digits: int, minor: int) -> None:
    path = write(tmp_path, "o,b,t,p\n1,b,2024-05-01,12.5\n")
    events, _ = read(path, mapping(f'single_product = "goods"\nminor_digits = {digits}'))
    assert orders(events) == {"1": f"1×goods@{minor}"}


def test_a_refund_may_be_a_negative_quantity(tmp_path: Path) -> None:
    path = write(tmp_path, "o,b,t,p,x,q\n1,b,2024-05-01,5,a,3\n1,b,2024-05-02,5,a,-2\n")
    found = mapping("", 'product = "x"\nquantity = "q"', refunds="negative_quantity = true")
    events, _ = read(path, found)
    assert refunds(events) == ["1-1 of 1: 2 of line 1"]
    assert events[-1]["at"] == "2024-05-02T00:00:00+01:00"


def test_without_a_refund_rule_nothing_is_a_refund(tmp_path: Path) -> None:
    path = write(tmp_path, "o,b,t,p,x,q\nC1,b,2024-05-01,5,a,3\n2,b,2024-05-02,5,a,-2\n")
    events, report = read(path, mapping("", 'product = "x"\nquantity = "q"'))
    assert orders(events) == {"C1": "3×a@500"}
    assert set(report.skipped) == {Reason.NO_QUANTITY}


def test_statuses_and_empty_values(tmp_path: Path) -> None:
    text = "o,b,t,p,s\n1,b,2024-05-01,5,paid\n2,b,2024-05-01,5,void\n3,NULL,2024-05-01,5,paid\n"
    found = mapping('single_product = "g"\nkeep_statuses = ["paid"]\nempty_values = ["NULL"]', 'status = "s"')
    events, report = read(write(tmp_path, text), found)
    assert list(orders(events)) == ["1"]
    assert {reason: tally.rows for reason, tally in report.skipped.items()} == {
        Reason.STATUS: 1,
        Reason.NO_BUYER: 1,
    }


def test_gifts_are_lines_where_the_mapping_says_so(tmp_path: Path) -> None:
    text = "o,b,t,p,x\n1,b,2024-05-01,5,a\n1,b,2024-05-01,0.00,gift\n1,b,2024-05-01,-1,a\n"
    found = mapping("free_lines = true", 'product = "x"')
    events, report = read(write(tmp_path, text), found)
    assert orders(events) == {"1": "1×a@500 1×gift@0"}
    assert set(report.skipped) == {Reason.NO_PRICE}


CHARGES = mapping(
    "", 'product = "x"\nquantity = "q"\ndiscount = "d"\npostage = "s"', refunds='order_prefix = "R"'
)


def test_discount_and_postage_belong_to_the_order(tmp_path: Path) -> None:
    text = (
        "o,b,t,p,x,q,d,s\n"
        "1,b,2024-05-01,1.00,a,2,,3.00\n"
        "1,b,2024-05-01,1.00,b,1,0.50,3.00\n"
        "1,b,2024-05-01,1.00,c,1,0.50,4.00\n"
        "R1,b,2024-05-02,1.00,a,-1,,\n"
    )
    events, report = read(write(tmp_path, text), CHARGES)
    placed, paid = events[1], events[2]
    assert (placed["discount"], placed["postage"], paid["amount"]) == (50, 300, 650)
    assert (report.goods_minor, report.discount_minor, report.postage_minor) == (400, 50, 300)
    assert report.oddities[Oddity.OTHER_CHARGE].rows == 1
    # Of the discount 25 fell on line 1 of 2 units: its cash is 175, half of it rounded down comes back.
    assert report.refunded_minor == 87


def test_charges_that_cannot_be_are_counted(tmp_path: Path) -> None:
    text = (
        "o,b,t,p,x,q,d,s\n"
        "1,b,2024-05-01,1.00,a,1,1.00,\n"  # the discount takes all
        "2,b,2024-05-01,1.00,a,1,-1,\n"
        "3,b,2024-05-01,1.00,a,1,,free\n"
        "4,b,2024-05-01,1.00,a,1,,9999999999.01\n"
    )
    events, report = read(write(tmp_path, text), CHARGES)
    assert events == []
    counts = {reason: (tally.orders, tally.rows) for reason, tally in report.skipped.items()}
    assert counts == {Reason.ORDER_FREE: (1, 1), Reason.BAD_CHARGE: (0, 2), Reason.ORDER_LARGE: (1, 1)}
    assert all(tally.example for tally in report.skipped.values())


def test_a_fraction_of_a_second_sorts_and_is_not_written(tmp_path: Path) -> None:
    first = datetime(2024, 5, 1, 9, 0, 0, 1, tzinfo=UTC)
    text = f"o,b,t,p\n1,b,{first.replace(microsecond=2).isoformat()},1\n2,b,{first.isoformat()},1\n"
    events, _ = read(write(tmp_path, text), mapping('single_product = "g"'))
    assert list(orders(events)) == ["2", "1"]
    assert {event["at"] for event in events} == {"2024-05-01T10:00:00+01:00"}
