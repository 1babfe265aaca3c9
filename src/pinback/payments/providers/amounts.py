"""Amounts as providers write and send them: text in whole units, or integers in minor units. Never a
float.
"""

from typing import Any

from pinback.kit.formats import minor_digits, read_money
from pinback.payments.providers.contract import StatementProblem


def stated_minor(text: str, currency: str, line: int) -> int:
    """An amount of a statement in whole units, with its decimals, as minor units.

    Raises StatementProblem, also for a whole number other than 0: whether it is of fen or of yuan cannot be
    seen.
    """
    plain = text.strip()
    if "." not in plain and plain != "0" and minor_digits(currency):
        raise StatementProblem(f"line {line}: {plain!r} has no decimals, so its unit is unknown")
    try:
        return read_money(plain, currency)
    except ValueError as error:
        raise StatementProblem(f"line {line}: {error}") from error


def sent_minor(value: Any) -> int:
    """An amount of a message, which is a whole number of minor units. Raises ValueError for anything else."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no amount in minor units")
    return value
