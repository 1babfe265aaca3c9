"""Money under threads: one notice taken, one refund sent, whoever is quicker; and what happens without the
guard.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from django.db import connections

from pinback.kit.clock import held_at
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import durable
from pinback.payments.actions import close_due, close_open_within, prepare, send_due, sending, take_notice
from pinback.payments.actions.deciding import decide_payment
from pinback.payments.actions.taking import learn_payment_within
from pinback.payments.models import MoneyOut, Payment, SandboxTrade
from pinback.payments.providers.contract import OutWord, PaymentWord
from pinback.payments.providers.sandbox.provider import Sandbox, notice_of
from pinback.payments.purposes import Taken, take_in_for
from tests.payments.cast import NOW, person, refund, start, till_open

pytestmark = pytest.mark.usefixtures("open_market")

THREADS = 6


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads of their own that begin together; raises what one of them raises."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(10)
            with held_at(NOW):
                return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def notices(payment: Payment, number: int) -> list[Callable[[], Any]]:
    """So many different notices that a payment was paid, as calls."""
    word = PaymentWord(payment.number, "paid", payment.amount_minor, "CNY", payment.number)
    made = [notice_of(word, number=public_id(new_id())) for _ in range(number)]
    return [partial(take_notice, "sandbox", headers, body, now=NOW) for headers, body in made]


def test_w037_notices_and_a_query_at_once_are_taken_once() -> None:
    with till_open() as till, held_at(NOW):
        payment = start(person("ann"))
        word = PaymentWord(payment.number, "paid", payment.amount_minor, "CNY", payment.number)
        query = partial(durable(learn_payment_within), "sandbox", word, now=NOW)
        at_once(*notices(payment, THREADS - 1), query)
        payment.refresh_from_db()
        assert payment.status == "succeeded"
        assert till.taken == [payment.number]


def test_two_payments_of_one_order_at_once_one_succeeds() -> None:
    with till_open() as till, held_at(NOW):
        ann = person("ann")
        first, second = start(ann), start(ann, method="debit_card")
        at_once(*notices(first, 1), *notices(second, 1))
        assert sorted(Payment.objects.values_list("status", flat=True)) == ["succeeded", "unneeded"]
        assert len(till.taken) == 1
        assert MoneyOut.objects.get().purpose == "return"


def test_a_payment_prepared_while_another_succeeds_is_closed_at_the_provider_too() -> None:
    with till_open() as till, held_at(NOW):
        ann = person("ann")
        first, second = start(ann), start(ann, method="debit_card", prepared=False)

        def prepare_it() -> None:
            # Refused where the other was quicker.
            with suppress(Conflict):
                prepare(second.pk, now=NOW)

        at_once(*notices(first, 1), prepare_it)
        close_due(NOW + timedelta(minutes=10))
        second.refresh_from_db()
        assert (second.status, till.taken) == ("closed", [first.number])
        assert not SandboxTrade.objects.filter(number=second.number, word="waiting").exists()


class Slow(Sandbox):
    """A provider that counts its refunds, and answers when all that ask have had the time to."""

    def __init__(self) -> None:
        self.asked = 0
        self.lock = Lock()
        self.late = Event()

    def refund(self, out: MoneyOut) -> OutWord:
        """Count, and wait a moment."""
        with self.lock:
            self.asked += 1
        self.late.wait(0.3)
        return super().refund(out)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """The sandbox, slow."""
    provider = Slow()
    monkeypatch.setattr(sending, "provider_named", lambda name: provider)
    return provider


def _owed(monkeypatch: pytest.MonkeyPatch) -> MoneyOut:
    """A refund that waits: nobody tried it after its commit."""
    monkeypatch.setattr(sending, "_try_now", lambda out_id: None)
    payment = decide_payment(start(person("ann")).number, "paid", now=NOW)
    return refund(payment, 5_000)


def test_two_workers_at_once_send_once(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    with till_open() as till, held_at(NOW):
        out = _owed(monkeypatch)
        tried = at_once(*[lambda: send_due(NOW)] * THREADS)
        assert sum(tried) == 1
        assert slow.asked == 1
        out.refresh_from_db()
        assert out.status == "confirmed"
        assert till.confirmed == ["tea/r1"]


def test_control_without_the_claim_several_ask(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    def take_it(out: MoneyOut, *, now: datetime) -> bool:
        return out.status in ("pending", "sent")

    with till_open(), held_at(NOW):
        _owed(monkeypatch)
        monkeypatch.setattr(sending, "_claim", take_it)
        at_once(*[lambda: send_due(NOW)] * THREADS)
        assert slow.asked > 1
        # The number is the provider's key: also then it went out once.
        assert SandboxTrade.objects.filter(is_refund=True).count() == 1


def test_money_is_sent_right_after_the_commit() -> None:
    with till_open() as till, held_at(NOW):
        payment = decide_payment(start(person("ann")).number, "paid", now=NOW)
        assert refund(payment, 5_000).status == "confirmed"
        assert till.confirmed == ["tea/r1"]


def test_w041_what_crashes_is_not_seen_and_taken_when_it_comes_again() -> None:
    with till_open() as till, held_at(NOW):
        payment = start(person("ann"))
        (call,) = notices(payment, 1)
        till.fault = RuntimeError("killed")
        with pytest.raises(RuntimeError):
            call()
        payment.refresh_from_db()
        assert payment.status == "pending"
        till.fault = None
        assert call().outcome == "succeeded"
        assert call().outcome == "repeated"
        assert till.taken == [payment.number] * 2


def test_w033_closing_and_paying_at_once_the_money_is_kept_or_goes_back() -> None:
    with till_open() as till, held_at(NOW):
        payment = start(person("ann"))
        answers: dict[str, Taken] = {"pending": "succeeded", "closed": "late"}
        take_in_for("order", lambda payment, now: answers[payment.status])
        at_once(*notices(payment, 1), partial(durable(close_open_within), "order", "tea/1", NOW))
        payment.refresh_from_db()
        assert payment.status in ("succeeded", "late")
        assert MoneyOut.objects.count() == (payment.status == "late")
        assert till.taken == []
