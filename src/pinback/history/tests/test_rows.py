"""Reading of files: CSV in its variants, Parquet, and everything that only pretends to be one of them."""

import gzip
import io
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pinback.history import Example, HistoryError, Reason
from pinback.history.rows import LONGEST_RECORD, read_rows
from pinback.history.tests.shop import HEADER, SHIPPED, mapping, orders, read, row

PLAIN = "\n".join([HEADER, row("1 a 2 2010-01-01T09:00 1.005 7"), row("2 b 1 2010-01-02T09:00 2 8")]) + "\n"
EXPECTED = {"1": "2×a@101", "2": "1×b@200"}


def put(folder: Path, content: bytes, name: str = "history.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\n\n").encode(),
        PLAIN.rstrip("\n").encode(),
        gzip.compress(PLAIN.encode()),
        gzip.compress(PLAIN.encode("utf-8-sig")),
        gzip.compress(PLAIN[:100].encode()) + gzip.compress(PLAIN[100:].encode()),
    ],
)
def test_the_same_file_in_other_clothes(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, content)
    assert orders(read(path)[0]) == EXPECTED
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert orders(read(Path("-"))[0]) == EXPECTED


def test_columns_in_another_order_and_more_of_them(tmp_path: Path) -> None:
    text = "x,Price,Customer ID,Invoice,InvoiceDate,Quantity,StockCode\n,1,7,1,2010-01-01 09:00:00,2,a\n"
    assert orders(read(put(tmp_path, text.encode()))[0]) == {"1": "2×a@100"}


def test_quoted_fields_keep_their_commas_and_lines_their_numbers(tmp_path: Path) -> None:
    text = (
        f'{HEADER}\n1,a,"two\nlines, ""quoted""",2,2010-01-01 09:00:00,1,7,France\n'
        "1,b,short\n"
        "1,b,long,1,2010-01-01 09:00:00,1,7,France,more\n"
    )
    rows = list(read_rows(put(tmp_path, text.encode()), SHIPPED))
    assert [found.line for found in rows] == [2, 4, 5]
    assert rows[0].fields[2] == 'two\nlines, "quoted"'
    assert [found.values is None for found in rows] == [False, True, True]
    _, report = read(tmp_path / "history.csv")
    tally = report.skipped[Reason.MALFORMED]
    assert (tally.rows, tally.example) == (2, Example(4, "1,b,short"))


def test_an_example_is_cut_where_it_is_very_long(tmp_path: Path) -> None:
    text = f"{HEADER}\n1,{'x' * 5000}\n"
    (found,) = read_rows(put(tmp_path, text.encode()), SHIPPED)
    assert len(found.text) == 200


def test_other_encodings_are_named_by_the_mapping(tmp_path: Path) -> None:
    text = "o,b,t,p\n订单,b,2024-05-01,1\n"
    for encoding in ("gb18030", "utf-16", "utf-16-le"):
        found = mapping(f'single_product = "g"\nencoding = "{encoding}"')
        path = put(tmp_path, text.encode(encoding))
        assert list(orders(read(path, found)[0])) == ["%E8%AE%A2%E5%8D%95"]


GZIPPED = gzip.compress(PLAIN.encode())
HOSTILE = [
    (b"", "the file is empty"),
    (b"\xef\xbb\xbf", "the file is empty"),
    (gzip.compress(b""), "the file is empty"),
    (b"PAR1 and nothing else", "not a readable Parquet file"),
    (b"PAR1" * 100, "not a readable Parquet file"),
    (b"\x7fELF\x02\x01\x01\x00\x00\x00", "NUL"),
    (PLAIN.encode("utf-16"), "line 1: near this line is text that is not utf-8"),
    (PLAIN.encode("utf-16-le"), "line 1: a NUL character"),
    (PLAIN.encode() + b"3,\x00\n", "line 4: a NUL character"),
    (PLAIN.encode() + b"3,\xff\n", "text that is not utf-8"),
    (GZIPPED[:-20], "cut off"),
    (GZIPPED[:12], "cut off"),
    (GZIPPED[:3], "cut off"),
    (GZIPPED[:-6] + b"\x00\x00" + GZIPPED[-4:], "damaged"),
    (GZIPPED[:20] + b"\xff\xff\xff" + GZIPPED[23:], "damaged"),
    (b"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff", "damaged"),
    (b"x" * (LONGEST_RECORD + 10), "line 1: a record of more than"),
    (PLAIN.encode() + b"x" * (LONGEST_RECORD + 10), "line 4: a record of more than"),
    (PLAIN.encode() + b'"a\n",' * LONGEST_RECORD, "a record of more than"),
    (PLAIN.encode() + b'3,"' + b"x\n" * LONGEST_RECORD, "not CSV: field larger than"),
    (PLAIN.encode().replace(b"StockCode", b"Stock"), "no column 'StockCode' (key columns.product)"),
    (PLAIN.encode().replace(b"Country", b"Invoice"), "several columns 'Invoice'"),
    (b"\n" + PLAIN.encode(), "no column 'Invoice'"),
]


@pytest.mark.parametrize(("content", "reason"), HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_history_is_refused_with_its_name_and_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = put(tmp_path, content)
    with pytest.raises(HistoryError) as refused:
        read(path)
    assert str(path) in str(refused.value)
    assert reason in str(refused.value)


@pytest.mark.parametrize("name", ["", "nowhere.csv", "no\0name", "text.parquet"])
def test_a_name_that_is_no_file_of_that_kind(tmp_path: Path, name: str) -> None:
    put(tmp_path, PLAIN.encode(), "text.parquet")
    with pytest.raises(HistoryError):
        read(tmp_path / name)


def test_parquet_without_duckdb_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.parquet"
    parquet(path, "SELECT 1 AS one")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(HistoryError, match=r"history\.parquet: .*pip install 'pinback\[parquet\]'"):
        read(path)


def test_parquet_on_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"PAR1....")))
    with pytest.raises(HistoryError, match="a Parquet file cannot be read from a pipe"):
        read(Path("-"))


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = put(tmp_path, gzip.compress(PLAIN.encode()))
    seen: list[tuple[int, int | None]] = []
    read(path, on_progress=lambda done, total: seen.append((done, total)))
    size = path.stat().st_size
    assert seen[-1] == (size, size)
    assert seen == sorted(seen)


def parquet(path: Path, select: str) -> None:
    with duckdb.connect(":memory:") as database:
        literal = str(path).replace("'", "''")
        database.execute(f"COPY ({select}) TO '{literal}' (FORMAT parquet)")


@pytest.mark.parametrize("name", ["history.parquet", "no-ending", "a[1]*?'x'=1.parquet"])
def test_parquet_gives_the_same_events_as_csv(tmp_path: Path, name: str) -> None:
    source = put(tmp_path, PLAIN.encode())
    path = tmp_path / name
    parquet(path, f"SELECT * FROM read_csv('{source}', all_varchar = true)")
    assert read(path)[0] == read(source)[0]


def test_typed_parquet_columns_are_read_as_exact_text(tmp_path: Path) -> None:
    path = tmp_path / "typed.parquet"
    parquet(
        path,
        """SELECT i::INTEGER AS "Invoice", 'a' AS "StockCode", 2::BIGINT AS "Quantity",
        TIMESTAMP '2010-07-01 09:00:00' AS "InvoiceDate", 1.005::DECIMAL(10, 3) AS "Price",
        CASE WHEN i = 3 THEN NULL ELSE 7 END AS "Customer ID", [1, 2] AS more FROM range(1, 4) t(i)""",
    )
    events, report = read(path)
    assert orders(events) == {"1": "2×a@101", "2": "2×a@101"}
    assert events[1]["at"] == "2010-07-01T09:00:00+01:00"
    tally = report.skipped[Reason.NO_BUYER]
    assert (tally.rows, tally.example) == (1, Example(3, '3,a,2,2010-07-01 09:00:00,1.005,,"[1, 2]"'))


def test_parquet_doubles_and_instants_with_an_offset(tmp_path: Path) -> None:
    path = tmp_path / "double.parquet"
    parquet(
        path,
        "SELECT 'x' AS o, 'b' AS b, TIMESTAMPTZ '2010-07-01 09:00:00+02' AS t, 1.005::DOUBLE AS p",
    )
    events, _ = read(path, mapping('single_product = "g"'))
    assert orders(events) == {"x": "1×g@101"}
    assert events[1]["at"] == "2010-07-01T08:00:00+01:00"


def test_parquet_keeps_the_order_of_the_file_over_many_chunks(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    parquet(path, "SELECT i AS o, 'b' AS b, '2010-07-01' AS t, 1 AS p FROM range(0, 25000) t(i)")
    seen: list[tuple[int, int | None]] = []
    found = mapping('single_product = "g"')
    numbers = [one.values for one in read_rows(path, found, lambda done, total: seen.append((done, total)))]
    assert numbers[::5000] == [(str(i), "b", "2010-07-01", "1") for i in range(0, 25000, 5000)]
    assert len(seen) == 4
    assert seen[-1][0] == seen[-1][1] == path.stat().st_size


def test_a_parquet_file_without_the_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    parquet(path, "SELECT 1 AS o")
    with pytest.raises(HistoryError, match="no column 'Invoice'"):
        read(path)


def test_decimals_are_never_floats() -> None:
    """The control: what a float would have made of a price in the test above."""
    assert round(1.005 * 100) == 100
    assert Decimal("1.005") * 100 == Decimal("100.500")
