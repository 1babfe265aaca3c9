"""What every provider does for us, and the words they say: each folder beside this has a `provider.py` alike.

A provider is asked outside of any transaction. Whether it said yes, said no, or whether nobody knows what
became of the question are three different things, and only a clear no is an answer that lets money go another
way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Literal, Protocol

from pinback.payments.models import MoneyOut, Payment


class Unavailable(Exception):
    """Nobody knows what became of the question: no answer, a broken one, or the provider is out of order."""


class Declined(Exception):
    """The provider said no, and did nothing. `spent`: a new question needs a new number."""

    def __init__(self, reason: str, *, spent: bool = False) -> None:
        super().__init__(reason)
        self.spent = spent


class NotVerified(Exception):
    """A notice is not certainly the provider's: nothing that it says was looked at. `is_probe`: the provider
    itself sends such ones, to see whether they are refused.
    """

    def __init__(self, reason: str, *, is_probe: bool = False) -> None:
        super().__init__(reason)
        self.is_probe = is_probe


class StatementProblem(Exception):
    """A statement cannot be read without guessing; the message names the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Created:
    """What the payer's client needs to pay: a `code_url`, parameters of JSAPI, a `client_secret`, a link."""

    to_client: Mapping[str, Any]
    provider_ref: str = ""


@dataclass(frozen=True, slots=True)
class PaymentWord:
    """What a provider says of a payment. `waiting` is no news; `attempt_failed`: the payer may try again."""

    number: str
    outcome: Literal["paid", "waiting", "attempt_failed", "closed", "failed"]
    amount_minor: int = 0
    currency: str = ""
    provider_ref: str = ""


@dataclass(frozen=True, slots=True)
class OutWord:
    """What a provider says of money that it was asked to give back. `failed` is for good and its number
    spent; `hopeless`: to ask again would be in vain, a person has to see to it.
    """

    number: str
    outcome: Literal["confirmed", "processing", "failed"]
    amount_minor: int
    currency: str
    provider_ref: str = ""
    reason: str = ""
    hopeless: bool = False


@dataclass(frozen=True, slots=True)
class ProvidersNotice:
    """A notice that was verified. `number` is the provider's own; without a `word` it is none of our
    business.
    """

    number: str
    kind: str
    word: PaymentWord | OutWord | None


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A line of a provider's statement: money that came in for a payment, went out for a refund, or came back
    because the refund failed.

    `number` is ours, empty where the statement has none.
    """

    line: int
    kind: Literal["in", "out", "back"]
    number: str
    provider_ref: str
    amount_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of a statement in minor units, and the sums that it states itself, by the kind of line."""

    rows: Sequence[StatementRow]
    sums_minor: Mapping[str, int] = field(default_factory=dict)


class Provider(Protocol):
    """A provider. What is asked raises Unavailable or Declined where there is no yes."""

    name: str

    def create(self, payment: Payment, *, openid: str = "") -> Created:
        """Make the payment known; the same payment again is the same one there. `openid`: a payer in
        WeChat.
        """

    def query(self, payment: Payment) -> PaymentWord:
        """What became of the payment."""

    def close(self, payment: Payment) -> None:
        """Let nobody pay any more. Declined: it cannot be closed, as it was paid, say."""

    def refund(self, out: MoneyOut) -> OutWord:
        """Give money of `out.payment` back, once for `out.number` however often this is asked."""

    def query_refund(self, out: MoneyOut) -> OutWord | None:
        """What became of a refund; None when the provider does not know its number."""

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> ProvidersNotice:
        """A notice, verified before anything in it is used. Raises NotVerified."""

    def read_statement(self, file: BinaryIO) -> Statement:
        """The lines of a statement. Raises StatementProblem where a line would have to be guessed."""
