"""Lines of CSV files that people open in a spreadsheet: no text becomes a formula, no amount a float."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from io import StringIO

from django.conf import settings

from pinback.kit.formats import minor_digits

BYTE_ORDER_MARK = "\ufeff"
"""By which spreadsheets see that a file is UTF-8."""

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like one gets a quote before it."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def amount_cell(amount_minor: int) -> str:
    """An amount as a plain number: `-12.34`."""
    digits = minor_digits(settings.PINBACK_CURRENCY)
    if not digits:
        return str(amount_minor)
    whole, rest = divmod(abs(amount_minor), 10**digits)
    return f"{'-' if amount_minor < 0 else ''}{whole}.{rest:0{digits}}"


def csv_lines(heads: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Iterator[str]:
    """A CSV file, line by line. Cells that are texts are made safe; numbers come as `int`, amounts by
    `Amount`.
    """
    yield BYTE_ORDER_MARK + _line(heads)
    for row in rows:
        yield _line(row)


def clock_cell(moment: datetime | None, local: tzinfo) -> str:
    """An instant on the clocks of a zone, as spreadsheets read it; empty: there was none."""
    return "" if moment is None else moment.astimezone(local).strftime("%Y-%m-%d %H:%M:%S")


class Amount(int):
    """Fen, written as a number with its decimals."""


def _line(cells: Sequence[str | int]) -> str:
    line = StringIO()
    csv.writer(line).writerow([_cell(cell) for cell in cells])
    return line.getvalue()


def _cell(cell: str | int) -> str:
    if isinstance(cell, Amount):
        return amount_cell(cell)
    return safe_cell(cell) if isinstance(cell, str) else str(cell)
