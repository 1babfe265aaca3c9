"""Debit cards through Stripe: PaymentIntents, refunds, and webhooks with their signature.

The card is typed into Stripe's own form, which the client secret opens; nothing of it comes here. Our number
is in the metadata of what is made, and the idempotency key of the request that makes it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from django.conf import settings

from pinback.payments.models import MoneyOut, Payment
from pinback.payments.providers.card.statement import read_statement
from pinback.payments.providers.card.words import number_in, out_word, payment_word
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

if TYPE_CHECKING:
    from stripe import StripeClient

OLDEST_NOTICE_SECONDS = 300
SIGNATURE = "Stripe-Signature"
_TIMEOUT_SECONDS = 20
_MOST_REFUNDS = 100

T = TypeVar("T")


class Card:
    """Stripe."""

    name = "card"

    @cached_property
    def _client(self) -> "StripeClient":
        import stripe

        return stripe.StripeClient(
            settings.PINBACK_STRIPE["SECRET_KEY"],
            base_addresses={"api": settings.PINBACK_STRIPE["BASE"]},
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
            max_network_retries=1,
        )

    def create(self, payment: Payment, *, openid: str = "") -> Created:  # noqa: ARG002 - nobody is in WeChat here
        """A PaymentIntent; its client secret opens Stripe's form."""
        with _asking():
            made = self._client.v1.payment_intents.create(
                {
                    "amount": payment.amount_minor,
                    "currency": payment.currency.lower(),
                    "allowed_payment_method_types": ["card"],
                    "metadata": {"number": payment.number, "subject": payment.subject},
                },
                {"idempotency_key": payment.number},
            )
        return Created(
            {
                "kind": "stripe",
                "client_secret": made.client_secret,
                "publishable_key": settings.PINBACK_STRIPE["PUBLISHABLE_KEY"],
            },
            provider_ref=made.id,
        )

    def query(self, payment: Payment) -> PaymentWord:
        """What became of a PaymentIntent."""
        with _asking():
            found = self._client.v1.payment_intents.retrieve(payment.provider_ref)
        return _read(lambda: payment_word(found.to_dict()))

    def close(self, payment: Payment) -> None:
        """Cancel a PaymentIntent."""
        with _asking():
            self._client.v1.payment_intents.cancel(payment.provider_ref)

    def refund(self, out: MoneyOut) -> OutWord:
        """A refund of part of a PaymentIntent; the same number again is the same refund."""
        with _asking():
            made = self._client.v1.refunds.create(
                {
                    "payment_intent": out.payment.provider_ref,
                    "amount": out.amount_minor,
                    "metadata": {"number": out.number},
                },
                {"idempotency_key": out.number},
            )
        return _read(lambda: out_word(made.to_dict()))

    def query_refund(self, out: MoneyOut) -> OutWord | None:
        """What became of a refund, found by our number among those of its PaymentIntent."""
        with _asking():
            found = self._client.v1.refunds.list(
                {"payment_intent": out.payment.provider_ref, "limit": _MOST_REFUNDS}
            )
            for refund in found.auto_paging_iter():
                said = refund.to_dict()
                if (said.get("metadata") or {}).get("number") == out.number:
                    return _read(partial(out_word, said))
        return None

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> ProvidersNotice:
        """An event: signed within the last five minutes with this endpoint's secret."""
        import stripe

        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(
                text,
                headers.get(SIGNATURE, ""),
                settings.PINBACK_STRIPE["WEBHOOK_SECRET"],
                tolerance=OLDEST_NOTICE_SECONDS,
            )
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise NotVerified("the signature is missing, too old, or not Stripe's") from error
        try:
            return _notice(json.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise NotVerified("an event that is not as documented") from error

    def read_statement(self, file: BinaryIO) -> Statement:
        """An itemized report of what changed the balance."""
        return read_statement(file)


def make() -> Card:
    """The provider."""
    return Card()


def _notice(said: Mapping[str, Any]) -> ProvidersNotice:
    number, kind = str(said["id"]), str(said["type"])
    thing = said["data"]["object"]
    if kind == "payment_intent.payment_failed":
        # The payer may try again with another card, whatever the PaymentIntent looks like.
        return ProvidersNotice(number, kind, PaymentWord(number_in(thing), "attempt_failed"))
    if kind.startswith("payment_intent."):
        return ProvidersNotice(number, kind, payment_word(thing))
    if kind.startswith("refund.") or kind == "charge.refund.updated":
        return ProvidersNotice(number, kind, out_word(thing))
    return ProvidersNotice(number, kind, None)


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unavailable(f"an answer that is not as documented: {error!r}") from error


@contextmanager
def _asking() -> Iterator[None]:
    """Sort the library's errors: Declined, or Unavailable."""
    import stripe

    try:
        yield
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as no:
        # The first answer to an idempotency key is given again, a no as well.
        raise Declined(f"{no.code or type(no).__name__}: {no.user_message or no}"[:300], spent=True) from no
    except stripe.StripeError as error:
        raise Unavailable(f"{type(error).__name__}: {error}"[:300]) from error
