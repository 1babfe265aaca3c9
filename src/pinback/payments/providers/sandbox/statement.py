"""The statement of the sandbox: CSV with `kind,number,amount_minor,currency,at`, whole minor units, no
sums.
"""

import csv
from collections.abc import Iterable
from datetime import datetime
from io import TextIOWrapper
from typing import BinaryIO, Literal, cast

from pinback.payments.providers.contract import Statement, StatementProblem, StatementRow

HEADER = ("kind", "number", "amount_minor", "currency", "at")


def read_statement(file: BinaryIO) -> Statement:
    """The lines of a statement. Raises StatementProblem."""
    try:
        lines = csv.reader(TextIOWrapper(file, "utf-8-sig", newline=""))
        if tuple(next(lines, ())) != HEADER:
            raise StatementProblem(f"line 1: not the columns {','.join(HEADER)}")
        return Statement([_row(number, line) for number, line in enumerate(lines, start=2) if line])
    except (UnicodeDecodeError, csv.Error) as error:
        raise StatementProblem(f"not a CSV file in UTF-8: {error}") from error


def _row(number: int, line: list[str]) -> StatementRow:
    try:
        kind, ours, amount, currency, at = line
        if kind not in ("in", "out") or not amount.isascii() or not amount.isdigit():
            raise ValueError("kind is in or out, amount_minor a whole number")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("at needs an offset")
    except ValueError as error:
        raise StatementProblem(f"line {number}: {error}") from error
    return StatementRow(number, cast(Literal["in", "out"], kind), ours, ours, int(amount), currency, moment)


def statement_of(rows: Iterable[StatementRow]) -> str:
    """The text of a statement with these rows."""
    lines = [",".join(HEADER)]
    lines += [
        f"{row.kind},{row.number},{row.amount_minor},{row.currency},{row.at.isoformat()}" for row in rows
    ]
    return "\n".join(lines) + "\n"
