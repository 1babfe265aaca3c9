"""What Stripe says, as words of ours: PaymentIntents and refunds, from answers and from verified events."""

from collections.abc import Mapping
from typing import Any, Literal

from pinback.payments.providers.amounts import sent_minor
from pinback.payments.providers.contract import OutWord, PaymentWord

_REFUNDS: dict[str, Literal["confirmed", "processing", "failed"]] = {
    "succeeded": "confirmed",
    "pending": "processing",
    "requires_action": "processing",
    "failed": "failed",
    "canceled": "failed",
}


def payment_word(said: Mapping[str, Any]) -> PaymentWord:
    """A PaymentIntent. Raises ValueError or KeyError where it is not as documented."""
    number = number_in(said)
    if said["status"] == "canceled":
        return PaymentWord(number, "closed", provider_ref=said["id"])
    if said["status"] != "succeeded":
        return PaymentWord(number, "waiting", provider_ref=said["id"])
    received = said.get("amount_received", said["amount"])
    return PaymentWord(number, "paid", sent_minor(received), said["currency"].upper(), said["id"])


def out_word(said: Mapping[str, Any]) -> OutWord:
    """A refund. Raises ValueError or KeyError where it is not as documented."""
    reason = said.get("failure_reason") or said["status"]
    return OutWord(
        number_in(said),
        _REFUNDS[said["status"]],
        sent_minor(said["amount"]),
        said["currency"].upper(),
        said["id"],
        reason=f"Stripe: {reason}" if _REFUNDS[said["status"]] == "failed" else "",
    )


def number_in(said: Mapping[str, Any]) -> str:
    """Our number in the metadata of a thing; empty where it is none of ours."""
    return str((said.get("metadata") or {}).get("number", ""))
