"""Money that goes out: once, after the commit, never more than came in, and from where there is some.
Sandbox.
"""

import pytest
from django.db import IntegrityError, transaction

from pinback.accounts.actors import Actor
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.payments.actions import pay_by_hand, retry_out, send_due, take_notice
from pinback.payments.actions.deciding import answer_refunds, decide_payment, decide_refund
from pinback.payments.models import Anomaly, MoneyOut, Payment, SandboxTrade
from pinback.payments.providers.contract import OutWord
from pinback.payments.providers.sandbox.provider import notice_of
from pinback.payments.queries import is_money_out_on_its_way
from tests.payments.cast import NOW, Till, person, refund, soon, start

pytestmark = pytest.mark.usefixtures("market", "till")


def paid(subject: str = "tea/1", amount_minor: int = 19_900, purpose: str = "order") -> Payment:
    """A payment of ann's that was taken."""
    payment = start(person("ann"), subject=subject, amount_minor=amount_minor, purpose=purpose)
    return decide_payment(payment.number, "paid", now=NOW)


def opal() -> Actor:
    """The operator."""
    return Actor(person("opal", operator=True).pk, is_operator=True)


def status(out: MoneyOut) -> str:
    """What money out is now."""
    out.refresh_from_db()
    return out.status


def test_w024_asked_twice_it_is_one_money_out_and_one_call(till: Till) -> None:
    payment = paid(amount_minor=10_000)
    first, again = refund(payment, 392), refund(payment, 392)
    assert first.pk == again.pk
    with pytest.raises(Conflict):
        refund(payment, 393)
    assert (send_due(NOW), send_due(NOW)) == (1, 0)
    assert SandboxTrade.objects.filter(is_refund=True).count() == 1
    payment.refresh_from_db()
    assert payment.returned_minor == 392
    assert till.confirmed == ["tea/r1"]


def test_w025_a_no_leaves_everything_as_it_was(till: Till) -> None:
    payment = paid()
    answer_refunds(payment.number, "declined")
    out = refund(payment, 19_900)
    send_due(NOW)
    assert status(out) == "pending"
    assert is_money_out_on_its_way(payment)
    for hours in range(1, 20):
        send_due(soon(hours * 7200))
    assert status(out) == "failed"
    assert (till.confirmed, till.failed) == ([], [("tea/r1", "failed")])
    assert is_money_out_on_its_way(payment)
    answer_refunds(payment.number, "confirmed")
    retry_out(out.pk, acting=opal(), now=soon(900_000))
    send_due(soon(900_000))
    assert till.confirmed == ["tea/r1"]
    assert not is_money_out_on_its_way(payment)


def test_no_answer_is_never_given_up_but_shown(till: Till) -> None:
    payment = paid()
    answer_refunds(payment.number, "silent")
    out = refund(payment, 100)
    for hours in range(20):
        send_due(soon(hours * 7200))
    assert status(out) == "pending"
    assert Anomaly.objects.get().kind == "refund_unanswered"
    answer_refunds(payment.number, "confirmed")
    send_due(soon(21 * 7200))
    assert status(out) == "confirmed"


def test_w026_what_bounces_is_shown_and_can_be_paid_by_hand(till: Till) -> None:
    out = refund(paid(), 7_000)
    send_due(NOW)
    decide_refund(out.number, "failed", now=soon(60))
    decide_refund(out.number, "failed", now=soon(61))
    assert status(out) == "bounced"
    assert till.failed == [("tea/r1", "bounced")]
    with pytest.raises(Refused):
        pay_by_hand(out.pk, note=" ", acting=opal(), now=soon(70))
    pay_by_hand(out.pk, note="bank transfer 4711", acting=opal(), now=soon(70))
    assert status(out) == "confirmed"
    assert out.by_hand
    # It was settled when it was first confirmed: not once more.
    assert till.confirmed == ["tea/r1"]
    with pytest.raises(Conflict):
        retry_out(out.pk, acting=opal(), now=soon(80))


def test_only_the_operator_decides(till: Till) -> None:
    out = refund(paid(), 7_000)
    with pytest.raises(NotFound):
        retry_out(out.pk, acting=Actor(person("ann").pk), now=NOW)


def test_a_yes_to_a_number_that_had_failed_is_shown(till: Till) -> None:
    out = refund(paid(), 7_000)
    send_due(NOW)
    first = out.number
    decide_refund(first, "failed", now=NOW)
    retry_out(out.pk, acting=opal(), now=NOW)
    headers, body = notice_of(OutWord(first, "confirmed", 7_000, "CNY"), number="n1")
    assert take_notice("sandbox", headers, body, now=NOW).outcome == "paid_out_twice"
    assert Anomaly.objects.filter(kind="paid_out_twice").count() == 1


def test_w031_nothing_to_pay_out_needs_no_provider(till: Till) -> None:
    out = refund(paid(), 0)
    send_due(NOW)
    assert status(out) == "confirmed"
    assert till.confirmed == ["tea/r1"]
    assert not SandboxTrade.objects.filter(is_refund=True).exists()


def test_more_than_a_payment_has_comes_from_the_payers_others(till: Till) -> None:
    debt = paid("tea/ann", 1_500, "debt")
    order = paid("tea/2", 1_000)
    out = refund(order, 2_300)
    assert [(part.payment_id, part.amount_minor) for part in MoneyOut.objects.order_by("id")] == [
        (order.pk, 1_000),
        (debt.pk, 1_300),
    ]
    answer_refunds(debt.number, "processing")
    send_due(NOW)
    assert status(out) == "confirmed"
    assert till.confirmed == []
    assert is_money_out_on_its_way(order)
    decide_refund(out.parts.get().number, "confirmed", now=NOW)
    assert till.confirmed == ["tea/r1"]


def test_what_no_payment_has_is_for_the_operator(till: Till) -> None:
    out = refund(paid(amount_minor=1_000), 1_200)
    send_due(NOW)
    part = out.parts.get()
    assert (part.status, part.amount_minor) == ("failed", 200)
    pay_by_hand(part.pk, note="cash", acting=opal(), now=NOW)
    assert till.confirmed == ["tea/r1"]


def test_the_database_holds_that_no_more_goes_out_than_came_in(till: Till) -> None:
    payment = paid(amount_minor=1_000)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(returned_minor=1_001)
