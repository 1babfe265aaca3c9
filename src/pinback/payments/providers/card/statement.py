"""Reads Stripe's itemized report of what changed the balance: CSV, in whole units with decimals.

The columns are found by their names. The amounts are those that the payer saw, in the currency that the payer
saw; a category that is not known stops the run.
"""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import BinaryIO, Literal

from pinback.payments.providers.amounts import stated_minor
from pinback.payments.providers.contract import Statement, StatementProblem, StatementRow

_NEEDED = (
    "created_utc",
    "reporting_category",
    "source_id",
    "customer_facing_amount",
    "customer_facing_currency",
    "payment_intent_id",
)
_IN_NUMBER, _OUT_NUMBER = "payment_metadata[number]", "refund_metadata[number]"
_KINDS: dict[str, Literal["in", "out", "back"]] = {
    "charge": "in",
    "refund": "out",
    "partial_capture_reversal": "out",
    "dispute": "out",
    "refund_failure": "back",
    "dispute_reversal": "back",
}
_NOT_OF_PAYERS = frozenset(
    {
        "fee",
        "network_cost",
        "payout",
        "payout_reversal",
        "topup",
        "topup_reversal",
        "tax",
        "risk_reserved_funds",
    }
)


def read_statement(file: BinaryIO) -> Statement:
    """The lines of a report that are about payers' money. Raises StatementProblem."""
    try:
        lines = csv.DictReader(TextIOWrapper(file, "utf-8-sig", newline=""))
        names = lines.fieldnames or ()
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            raise StatementProblem(
                f"line 1: not an itemized report, so its unit is unknown; no column {missing[0]}"
            )
        rows = [_row(number, line) for number, line in enumerate(lines, start=2) if not _is_other(line)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise StatementProblem(f"not a CSV file in UTF-8: {error}") from error
    return Statement(rows)


def _is_other(line: Mapping[str, str | None]) -> bool:
    return line["reporting_category"] in _NOT_OF_PAYERS


def _row(number: int, line: Mapping[str, str | None]) -> StatementRow:
    text = {name: value or "" for name, value in line.items()}
    kind = _KINDS.get(text["reporting_category"])
    if kind is None:
        raise StatementProblem(f"line {number}: the category {text['reporting_category']!r} is unknown")
    try:
        at = datetime.fromisoformat(text["created_utc"]).replace(tzinfo=UTC)
    except ValueError as error:
        raise StatementProblem(f"line {number}: {text['created_utc']!r} is no time") from error
    currency = text["customer_facing_currency"].upper()
    amount = text["customer_facing_amount"].removeprefix("-")
    return StatementRow(
        line=number,
        kind=kind,
        number=text.get(_IN_NUMBER if kind == "in" else _OUT_NUMBER, ""),
        provider_ref=text["payment_intent_id"] if kind == "in" else text["source_id"],
        amount_minor=stated_minor(amount, currency, number),
        currency=currency,
        at=at,
    )
