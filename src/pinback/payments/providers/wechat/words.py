"""What WeChat Pay says, as words of ours: resources of its API and of its notices, which are verified
already.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pinback.payments.providers.amounts import sent_minor
from pinback.payments.providers.contract import OutWord, PaymentWord

CURRENCY = "CNY"

_PAYMENTS: dict[str, Literal["paid", "waiting", "closed", "failed"]] = {
    "SUCCESS": "paid",
    # Paid, and something of it was refunded since.
    "REFUND": "paid",
    "NOTPAY": "waiting",
    "USERPAYING": "waiting",
    "ACCEPT": "waiting",
    "CLOSED": "closed",
    "REVOKED": "closed",
    "PAYERROR": "failed",
}
_REFUNDS: dict[str, Literal["confirmed", "processing", "failed"]] = {
    "SUCCESS": "confirmed",
    "PROCESSING": "processing",
    "CLOSED": "failed",
    "ABNORMAL": "failed",
}


def payment_word(said: Mapping[str, Any], *, merchant: str, app: str) -> PaymentWord:
    """A transaction. Raises ValueError or KeyError where it is another merchant's, or not as documented."""
    if said["mchid"] != merchant or said["appid"] != app:
        raise ValueError("it is for another merchant or app")
    outcome = _PAYMENTS[said["trade_state"]]
    if outcome != "paid":
        return PaymentWord(_text(said, "out_trade_no"), outcome)
    amount = said["amount"]
    return PaymentWord(
        _text(said, "out_trade_no"),
        outcome,
        sent_minor(amount["total"]),
        _text(amount, "currency"),
        _text(said, "transaction_id"),
    )


def out_word(said: Mapping[str, Any], *, merchant: str | None = None) -> OutWord:
    """A refund: an answer, or a notice, which names the `merchant`. Raises ValueError or KeyError as
    above.
    """
    if merchant is not None and said["mchid"] != merchant:
        raise ValueError("it is for another merchant")
    status = said["status"] if "status" in said else said["refund_status"]
    return OutWord(
        _text(said, "out_refund_no"),
        _REFUNDS[status],
        sent_minor(said["amount"]["refund"]),
        said["amount"].get("currency", CURRENCY),
        _text(said, "refund_id"),
        reason=f"WeChat Pay: {status}" if _REFUNDS[status] == "failed" else "",
        # The account it should go to is gone: a person has to name another one to WeChat Pay.
        hopeless=status == "ABNORMAL",
    )


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is no text")
    return value
