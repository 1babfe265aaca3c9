"""Reads WeChat Pay's trade bill of type ALL: CSV, in yuan with decimals, each value behind a backtick.

The columns are found by their names, so that a bill of another type, or unit, is refused and not guessed at.
Its last two lines state the sums, which are checked.
"""

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import BinaryIO, Literal

from pinback.payments.providers.amounts import stated_minor
from pinback.payments.providers.contract import Statement, StatementProblem, StatementRow

_BEIJING = timezone(timedelta(hours=8))
_GZIP = b"\x1f\x8b"

_TIME, _NUMBER, _REF, _STATE, _CURRENCY = "交易时间", "商户订单号", "微信订单号", "交易状态", "货币种类"
_OUT_NUMBER, _OUT_REF = "商户退款单号", "微信退款单号"
_IN_AMOUNT, _OUT_AMOUNT = "订单金额", "申请退款金额"
_COLUMNS = (
    _TIME,
    _NUMBER,
    _REF,
    _STATE,
    _CURRENCY,
    _OUT_NUMBER,
    _OUT_REF,
    _IN_AMOUNT,
    _OUT_AMOUNT,
)
_COUNT, _IN_SUM, _OUT_SUM = "总交易单数", "订单总金额", "申请退款总金额"
_SUMS = (_COUNT, _IN_SUM, _OUT_SUM)


def read_statement(file: BinaryIO) -> Statement:
    """The lines of a trade bill, packed or not. Raises StatementProblem."""
    lines = list(_lines(file))
    if not lines:
        raise StatementProblem("line 1: nothing in it")
    columns = _columns(lines[0], _COLUMNS)
    rows: list[StatementRow] = []
    for place, (number, line) in enumerate(lines[1:], start=1):
        if line[0] == _COUNT:
            return _with_sums(rows, lines[place:])
        rows.append(_row(number, _by_name(number, columns, line)))
    raise StatementProblem(f"line {lines[-1][0]}: the sums are missing; the file breaks off")


def _lines(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    raw = file.read()
    try:
        plain = gzip.decompress(raw) if raw.startswith(_GZIP) else raw
        text = plain.decode("utf-8-sig")
    except (UnicodeDecodeError, EOFError, OSError) as error:
        raise StatementProblem(f"not a bill in UTF-8: {error}") from error
    for number, line in enumerate(csv.reader(text.splitlines()), start=1):
        if any(value.strip() for value in line):
            yield number, [value.strip().removeprefix("`").strip() for value in line]


def _columns(first: tuple[int, list[str]], needed: Sequence[str]) -> Mapping[str, int]:
    number, names = first
    missing = [name for name in needed if names.count(name) != 1]
    if missing:
        raise StatementProblem(
            f"line {number}: not a trade bill of type ALL, so its unit is unknown; no column {missing[0]}"
        )
    return {name: names.index(name) for name in needed}


def _by_name(number: int, columns: Mapping[str, int], line: Sequence[str]) -> dict[str, str]:
    if len(line) <= max(columns.values()):
        raise StatementProblem(f"line {number}: {len(line)} values are too few")
    return {name: line[place] for name, place in columns.items()}


def _row(number: int, line: Mapping[str, str]) -> StatementRow:
    kinds: dict[str, Literal["in", "out"]] = {"SUCCESS": "in", "REFUND": "out", "REVOKED": "out"}
    kind = kinds.get(line[_STATE])
    if kind is None:
        raise StatementProblem(f"line {number}: the state {line[_STATE]!r} is unknown")
    try:
        at = datetime.strptime(line[_TIME], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)
    except ValueError as error:
        raise StatementProblem(f"line {number}: {line[_TIME]!r} is no time") from error
    currency = line[_CURRENCY]
    return StatementRow(
        line=number,
        kind=kind,
        number=line[_NUMBER if kind == "in" else _OUT_NUMBER],
        provider_ref=line[_REF if kind == "in" else _OUT_REF],
        amount_minor=stated_minor(line[_IN_AMOUNT if kind == "in" else _OUT_AMOUNT], currency, number),
        currency=currency,
        at=at,
    )


def _with_sums(rows: Sequence[StatementRow], lines: Sequence[tuple[int, list[str]]]) -> Statement:
    columns = _columns(lines[0], _SUMS)
    if len(lines) != 2:
        raise StatementProblem(f"line {lines[0][0]}: one line of sums is needed after their names")
    number, values = lines[1]
    sums = _by_name(number, columns, values)
    if sums[_COUNT] != str(len(rows)):
        raise StatementProblem(f"line {number}: {sums[_COUNT]} rows are stated, {len(rows)} are there")
    return Statement(
        rows,
        {
            "in": stated_minor(sums[_IN_SUM], "CNY", number),
            "out": stated_minor(sums[_OUT_SUM], "CNY", number),
        },
    )
