"""Debit cards, with Stripe's library against localstripe; events come in over HTTP with Stripe's
signature.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings

from pinback.kit.transactions import durable
from pinback.payments.actions import close_due, close_open_within, query_due, send_due
from pinback.payments.models import Anomaly, MoneyOut, Notice, Payment
from pinback.payments.providers import forget_providers, provider_named
from tests.payments.cast import NOW, Till, person, refund, soon, start
from tests.payments.stripe_server import (
    BAD_CARD,
    SECRET_KEY,
    WEBHOOK_SECRET,
    Stripe,
    event,
    signed,
    stripe_server,
)

pytestmark = [pytest.mark.usefixtures("market", "till"), pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[Stripe]:
    """localstripe, for all tests of this module."""
    with stripe_server() as stripe:
        yield stripe


@pytest.fixture
def stripe(server: Stripe) -> Iterator[Stripe]:
    """Stripe, as the provider of `debit_card`."""
    given = {
        "SECRET_KEY": SECRET_KEY,
        "PUBLISHABLE_KEY": "pk_test_pinback",
        "WEBHOOK_SECRET": WEBHOOK_SECRET,
        "BASE": server.base,
    }
    with override_settings(PINBACK_STRIPE=given):
        forget_providers()
        yield server
    forget_providers()


def send(headers: dict[str, str], body: bytes) -> int:
    """Send an event; returns the status of the answer."""
    answer = Client().post(
        "/api/v1/pay/card/notify", data=body, content_type="application/json", headers=headers
    )
    return int(answer.status_code)


def tell(kind: str, thing: dict[str, Any], number: str = "evt_1") -> int:
    """Send an event that is signed as it should be."""
    body = event(kind, thing, number=number)
    return send(signed(body), body)


def card(**more: Any) -> Payment:
    """A payment of ann's by card."""
    return start(person("ann"), method="debit_card", **more)


def status(thing: Payment | MoneyOut) -> str:
    """What a thing is now."""
    thing.refresh_from_db()
    return thing.status


def intent_of(stripe: Stripe, payment: Payment) -> dict[str, Any]:
    """The PaymentIntent of a payment."""
    return stripe.ask("GET", f"/v1/payment_intents/{payment.provider_ref}")


def test_a_card_is_charged_and_stripe_tells(stripe: Stripe, till: Till) -> None:
    payment = card()
    assert payment.provider == "card"
    assert payment.to_client["client_secret"].startswith(payment.provider_ref)
    assert intent_of(stripe, payment)["metadata"]["number"] == payment.number
    stripe.pay(payment.provider_ref)
    headers, body = stripe.next_event(payment.provider_ref)
    assert json.loads(body)["type"] == "payment_intent.succeeded"
    assert [send(headers, body), send(headers, body)] == [200, 200]
    assert status(payment) == "succeeded"
    assert till.taken == [payment.number]
    assert Notice.objects.count() == 1


def test_a_declined_card_leaves_the_payment_open(stripe: Stripe, till: Till) -> None:
    payment = card()
    stripe.pay(payment.provider_ref, BAD_CARD)
    assert send(*stripe.next_event(payment.provider_ref)) == 200
    assert status(payment) == "pending"


def test_the_same_payment_is_one_intent(stripe: Stripe) -> None:
    payment = card()
    again = provider_named("card").create(payment)
    assert again.provider_ref == payment.provider_ref


def test_w035_a_forged_event_is_refused(stripe: Stripe) -> None:
    payment = card()
    body = event(
        "payment_intent.succeeded", {**intent_of(stripe, payment), "status": "succeeded"}, number="e"
    )
    assert send({}, body) == 400
    assert send({"Stripe-Signature": ""}, body) == 400
    assert send({"Stripe-Signature": "t=1,v1="}, body) == 400
    assert send(signed(body, secret="whsec_other"), body) == 400
    assert send(signed(body), body + b" ") == 400
    assert send(signed(body, at=int(time.time()) - 310), body) == 400
    assert send(signed(b"\xff"), b"\xff") == 400
    assert status(payment) == "pending"
    assert not Notice.objects.exists()
    assert set(Anomaly.objects.values_list("kind", flat=True)) == {"forged_notice"}


@pytest.mark.parametrize(
    ("amount", "currency"), [(199, "cny"), (19_899, "cny"), (19_900, "usd"), (20_000, "cny")]
)
def test_w036_only_the_right_amount_settles(stripe: Stripe, till: Till, amount: int, currency: str) -> None:
    payment = card()
    thing = intent_of(stripe, payment)
    thing |= {"status": "succeeded", "amount_received": amount, "currency": currency}
    assert tell("payment_intent.succeeded", thing) == 200
    assert status(payment) == "mismatched"
    assert till.taken == []
    assert MoneyOut.objects.get().amount_minor == amount


def test_another_systems_payment_is_acknowledged_and_shown(stripe: Stripe) -> None:
    thing = {"id": "pi_other", "status": "succeeded", "amount": 5, "amount_received": 5, "currency": "cny"}
    assert tell("payment_intent.succeeded", thing) == 200
    assert Anomaly.objects.get().kind == "unknown_payment"
    assert tell("customer.created", {"id": "cus_1"}, "evt_2") == 200
    assert Anomaly.objects.count() == 1


def test_news_that_comes_after_success_is_ignored(stripe: Stripe) -> None:
    payment = card()
    paid = {**intent_of(stripe, payment), "status": "succeeded", "amount_received": 19_900}
    assert tell("payment_intent.succeeded", paid, "evt_2") == 200
    assert tell("payment_intent.processing", {**paid, "status": "processing"}, "evt_1") == 200
    assert tell("payment_intent.canceled", {**paid, "status": "canceled"}, "evt_3") == 200
    assert status(payment) == "succeeded"


def test_a_closed_payment_is_cancelled_and_a_lost_event_found(stripe: Stripe) -> None:
    payment, other = card(), card(subject="tea/2")
    durable(close_open_within)("order", "tea/1", NOW)
    assert close_due(NOW) == 1
    assert intent_of(stripe, payment)["status"] == "canceled"
    stripe.pay(other.provider_ref)
    query_due(soon(60))
    assert status(other) == "succeeded"


def test_w033_a_payment_that_was_too_quick_to_cancel_goes_back(stripe: Stripe, till: Till) -> None:
    payment = card()
    stripe.pay(payment.provider_ref)
    stripe.next_event(payment.provider_ref)
    till.answer = "late"
    durable(close_open_within)("order", "tea/1", NOW)
    assert (close_due(NOW), query_due(NOW)) == (1, 1)
    assert status(payment) == "late"
    assert send_due(NOW) == 1
    assert MoneyOut.objects.get().status == "confirmed"


def paid(stripe: Stripe) -> Payment:
    """A payment by card that was taken."""
    payment = card()
    stripe.pay(payment.provider_ref)
    assert send(*stripe.next_event(payment.provider_ref)) == 200
    payment.refresh_from_db()
    return payment


def test_a_refund_is_made_once(stripe: Stripe, till: Till) -> None:
    payment = paid(stripe)
    out = refund(payment, 5_000)
    send_due(NOW)
    assert status(out) == "confirmed"
    assert till.confirmed == ["tea/r1"]
    made = stripe.ask("GET", f"/v1/refunds/{out.provider_ref}")
    assert (made["amount"], made["metadata"]["number"]) == (5_000, out.number)
    assert provider_named("card").refund(out).provider_ref == out.provider_ref


def test_w032_the_event_of_our_own_refund_is_no_second_one(stripe: Stripe, till: Till) -> None:
    out = refund(paid(stripe), 5_000)
    send_due(NOW)
    out.refresh_from_db()
    made = stripe.ask("GET", f"/v1/refunds/{out.provider_ref}")
    assert tell("refund.updated", made) == 200
    assert MoneyOut.objects.count() == 1
    assert till.confirmed == ["tea/r1"]
    assert not Anomaly.objects.exists()


def test_a_crash_after_the_question_does_not_refund_twice(stripe: Stripe) -> None:
    out = refund(paid(stripe), 5_000)
    provider = provider_named("card")
    # The process that asked did not live to note the answer.
    MoneyOut.objects.filter(pk=out.pk).update(asked=True)
    first = provider.refund(MoneyOut.objects.select_related("payment").get(pk=out.pk))
    send_due(NOW)
    out.refresh_from_db()
    assert (out.status, out.provider_ref) == ("confirmed", first.provider_ref)


def test_w026_a_refund_that_fails_later_comes_back(stripe: Stripe, till: Till) -> None:
    out = refund(paid(stripe), 5_000)
    send_due(NOW)
    out.refresh_from_db()
    made = stripe.ask("GET", f"/v1/refunds/{out.provider_ref}")
    failed = {**made, "status": "failed", "failure_reason": "lost_or_stolen_card"}
    for number in ("evt_f", "evt_f", "evt_g"):
        assert tell("refund.failed", failed, number) == 200
    assert status(out) == "bounced"
    assert till.failed == [("tea/r1", "bounced")]
    assert "lost_or_stolen_card" in out.problem


def test_w025_a_refund_that_is_refused_is_tried_under_new_numbers_and_then_shown(
    stripe: Stripe, till: Till
) -> None:
    payment = paid(stripe)
    out = refund(payment, 5_000)
    Payment.objects.filter(pk=payment.pk).update(provider_ref="pi_gone")
    numbers = set()
    for hours in range(20):
        send_due(soon(hours * 7200))
        out.refresh_from_db()
        numbers.add(out.number)
    assert out.status == "failed"
    assert len(numbers) == 5
    assert till.failed == [("tea/r1", "failed")]
    assert till.confirmed == []
