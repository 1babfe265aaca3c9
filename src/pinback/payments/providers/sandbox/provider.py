"""A provider without money: its trades are rows of ours, and whoever tests decides what becomes of them.

It is asked, answers and sends signed notices as a real one does, so that everything around it is the same.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, BinaryIO, Literal, cast

from django.conf import settings

from pinback.kit import clock
from pinback.kit.ids import new_id
from pinback.kit.rows import insert_new
from pinback.kit.transactions import durable
from pinback.payments.models import MoneyOut, Payment, SandboxTrade
from pinback.payments.providers.contract import (
    Created,
    Declined,
    NotVerified,
    OutWord,
    PaymentWord,
    ProvidersNotice,
    Statement,
    Unavailable,
)
from pinback.payments.providers.sandbox.statement import read_statement

SIGNATURE = "Sandbox-Signature"


class Sandbox:
    """The provider of the sandbox."""

    name = "sandbox"

    def create(self, payment: Payment, *, openid: str = "") -> Created:  # noqa: ARG002 - nobody is in WeChat here
        """A trade that waits for somebody to decide it."""
        _keep(
            SandboxTrade(
                number=payment.number,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
                word="waiting",
            )
        )
        return Created({"kind": "sandbox", "number": payment.number}, provider_ref=payment.number)

    def query(self, payment: Payment) -> PaymentWord:
        """What was decided."""
        trade = SandboxTrade.objects.filter(number=payment.number).first()
        if trade is None:
            return PaymentWord(payment.number, "waiting")
        return payment_word(trade)

    def close(self, payment: Payment) -> None:
        """A trade that waits can be closed."""
        closed = SandboxTrade.objects.filter(
            number=payment.number, word__in=("waiting", "closed", "failed")
        ).update(word="closed")
        if not closed and SandboxTrade.objects.filter(number=payment.number).exists():
            raise Declined("it was paid")

    def refund(self, out: MoneyOut) -> OutWord:
        """As was decided for refunds of its payment: a yes, a no, no answer, or a yes that comes later."""
        paid = SandboxTrade.objects.filter(number=out.payment.number, word="paid").first()
        if paid is None:
            raise Declined("nothing was paid")
        if paid.refunds == "silent":
            raise Unavailable("the sandbox was told to be silent")
        if paid.refunds == "declined":
            raise Declined("the sandbox was told to decline")
        _keep(
            SandboxTrade(
                number=out.number,
                is_refund=True,
                source=paid.number,
                amount_minor=out.amount_minor,
                currency=paid.currency,
                word=paid.refunds,
            )
        )
        return out_word(SandboxTrade.objects.get(number=out.number))

    def query_refund(self, out: MoneyOut) -> OutWord | None:
        """What was decided of a refund."""
        trade = SandboxTrade.objects.filter(number=out.number, is_refund=True).first()
        return out_word(trade) if trade is not None else None

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> ProvidersNotice:
        """A notice with the signature of this installation's key over all of its body."""
        given = headers.get(SIGNATURE, "")
        if not given or not hmac.compare_digest(given.encode(), _signature(body).encode()):
            raise NotVerified("no signature of the sandbox")
        said = json.loads(body)
        word = said["word"]
        return ProvidersNotice(
            number=said["number"],
            kind=said["kind"],
            word=OutWord(**word) if said["kind"] == "refund" else PaymentWord(**word),
        )

    def read_statement(self, file: BinaryIO) -> Statement:
        """A statement as `statement_of` writes it."""
        return read_statement(file)


def make() -> Sandbox:
    """The provider."""
    return Sandbox()


def notice_of(word: PaymentWord | OutWord, *, number: str) -> tuple[dict[str, str], bytes]:
    """A notice as the sandbox sends it: headers and body. The same `number` is the same notice again."""
    kind = "refund" if isinstance(word, OutWord) else "payment"
    said: dict[str, Any] = {"number": number, "kind": kind, "word": {}}
    for name in word.__dataclass_fields__:
        said["word"][name] = getattr(word, name)
    body = json.dumps(said, sort_keys=True).encode()
    return {SIGNATURE: _signature(body)}, body


def payment_word(trade: SandboxTrade) -> PaymentWord:
    """A trade as a word about a payment."""
    outcome = cast(Literal["paid", "waiting", "closed", "failed"], trade.word)
    return PaymentWord(trade.number, outcome, trade.amount_minor, trade.currency, trade.number)


def out_word(trade: SandboxTrade) -> OutWord:
    """A trade as a word about money that goes back."""
    outcome = cast(Literal["confirmed", "processing", "failed"], trade.word)
    return OutWord(trade.number, outcome, trade.amount_minor, trade.currency, trade.number)


@durable
def _keep(trade: SandboxTrade) -> None:
    """Write a trade, unless its number is known already."""
    trade.id = new_id()
    trade.at = clock.now()
    if not insert_new(trade):
        assert SandboxTrade.objects.filter(number=trade.number).exists()


def _signature(body: bytes) -> str:
    key = sha256(b"sandbox payments\n" + str(settings.SECRET_KEY).encode()).digest()
    return hmac.new(key, body, sha256).hexdigest()
