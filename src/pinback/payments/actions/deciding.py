"""Decides, in a sandbox, what becomes of a payment or a refund, and lets the sandbox's provider say so.

What it says goes through `take_notice` like the notice of a real provider: signed, verified, once.
"""

from datetime import datetime
from typing import Literal, get_args

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pinback.kit.ids import new_id, public_id
from pinback.kit.prepared import Prepared, Update
from pinback.kit.refusals import Conflict, NotFound
from pinback.kit.transactions import durable
from pinback.payments.actions.taking import take_notice
from pinback.payments.models import Payment, SandboxTrade
from pinback.payments.providers.contract import OutWord, PaymentWord
from pinback.payments.providers.sandbox.provider import notice_of, out_word, payment_word
from pinback.payments.queries import payment_with_number

Outcome = Literal[
    "paid", "late", "failed", "closed", "wrong_amount", "wrong_currency", "lost", "repeated", "forged"
]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
RefundOutcome = Literal["confirmed", "failed"]
RefundAnswer = Literal["confirmed", "processing", "failed", "declined", "silent"]

_WAITING = ("waiting",)
_ANY_UNPAID = ("waiting", "closed", "failed")


def decide_payment(number: str, outcome: Outcome, *, now: datetime) -> Payment:
    """Let a payment end in some way; returns it as it is then.

    `late` pays also what was closed; `lost` pays without a notice, so that only a query finds it; `repeated`
    sends its notice twice; `forged` sends one with a wrong signature. Raises NotFound, Conflict.
    """
    trade = _trade(number, is_refund=False)
    if outcome == "forged":
        _deliver(payment_word(trade), forged=True, now=now)
        return payment_with_number(number)
    word = {"failed": "failed", "closed": "closed"}.get(outcome, "paid")
    allowed = _ANY_UNPAID if outcome == "late" else _WAITING
    amount_minor, currency = trade.amount_minor, trade.currency
    if outcome == "wrong_amount":
        amount_minor = max(1, amount_minor - 1)
    if outcome == "wrong_currency":
        currency = "USD" if currency != "USD" else "EUR"
    decided = {"word": word, "amount_minor": amount_minor, "currency": currency}
    if not durable(_decidable.run)(decided, number=number, words=list(allowed)):
        raise Conflict("already_decided", _("This payment was decided already."))
    for name, value in decided.items():
        setattr(trade, name, value)
    if outcome != "lost":
        _deliver(payment_word(trade), times=2 if outcome == "repeated" else 1, now=now)
    return payment_with_number(number)


def decide_refund(number: str, outcome: RefundOutcome, *, now: datetime) -> None:
    """Let a refund be confirmed, or fail, also after it was confirmed. Raises NotFound."""
    trade = _trade(number, is_refund=True)
    SandboxTrade.objects.filter(pk=trade.pk).update(word=outcome)
    _deliver(out_word(_trade(number, is_refund=True)), now=now)


def answer_refunds(number: str, answer: RefundAnswer) -> None:
    """Say what refunds of a payment will be answered from now on. Raises NotFound."""
    trade = _trade(number, is_refund=False)
    SandboxTrade.objects.filter(pk=trade.pk).update(refunds=answer)


_trades = Prepared(lambda number: SandboxTrade.objects.filter(number=number))
_decidable = Update(lambda number, words: SandboxTrade.objects.filter(number=number, word__in=words))


def _trade(number: str, *, is_refund: bool) -> SandboxTrade:
    trade = next((one for one in _trades.all(number=number) if one.is_refund == is_refund), None)
    if trade is None or not settings.PINBACK_SANDBOX:
        raise NotFound("sandbox payment", number)
    return trade


def _deliver(word: PaymentWord | OutWord, *, now: datetime, times: int = 1, forged: bool = False) -> None:
    headers, body = notice_of(word, number=public_id(new_id()))
    if forged:
        body += b" "
    for _time in range(times):
        take_notice("sandbox", headers, body, now=now)
