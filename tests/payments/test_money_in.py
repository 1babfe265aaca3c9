"""Money that comes in: the right amount once, and all the ways in which it is not so. In the sandbox."""

import pytest

from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.payments.actions import close_open_within, query_due
from pinback.payments.actions.deciding import decide_payment
from pinback.payments.models import Anomaly, MoneyOut, Notice, Payment
from tests.payments.cast import NOW, Till, person, soon, start

pytestmark = pytest.mark.usefixtures("market")


def status(payment: Payment) -> str:
    """What a payment is now."""
    payment.refresh_from_db()
    return payment.status


def test_the_right_amount_is_taken(till: Till) -> None:
    payment = start(person("ann"))
    assert payment.status == "pending"
    assert payment.to_client["kind"] == "sandbox"
    decide_payment(payment.number, "paid", now=NOW)
    assert status(payment) == "succeeded"
    assert payment.received_minor == 19_900
    assert till.taken == [payment.number]
    assert not MoneyOut.objects.exists()


def test_an_open_payment_is_used_again(till: Till) -> None:
    ann = person("ann")
    assert start(ann).pk == start(ann).pk
    other = start(ann, method="debit_card")
    assert Payment.objects.filter(status="pending").count() == 2
    changed = start(ann, amount_minor=1)
    assert changed.pk != other.pk
    assert Payment.objects.filter(status="pending").count() == 2


@pytest.mark.parametrize("outcome", ["wrong_amount", "wrong_currency"])
def test_w036_another_amount_or_currency_settles_nothing(till: Till, outcome: str) -> None:
    payment = start(person("ann"))
    decide_payment(payment.number, outcome, now=NOW)  # type: ignore[arg-type]
    assert status(payment) == "mismatched"
    assert till.taken == []
    assert Anomaly.objects.get().kind == "wrong_amount"
    out = MoneyOut.objects.get()
    assert (out.purpose, out.amount_minor) == ("return", payment.received_minor)


def test_a_repeated_notice_changes_nothing(till: Till) -> None:
    payment = start(person("ann"))
    decide_payment(payment.number, "repeated", now=NOW)
    assert till.taken == [payment.number]
    assert Notice.objects.count() == 1


def test_w035_a_forged_notice_changes_nothing_and_is_seen(till: Till) -> None:
    payment = start(person("ann"))
    for _ in range(3):
        decide_payment(payment.number, "forged", now=NOW)
    assert status(payment) == "pending"
    anomaly = Anomaly.objects.get()
    assert (anomaly.kind, anomaly.seen) == ("forged_notice", 3)
    assert not Notice.objects.exists()


def test_a_lost_notice_is_found_by_a_query(till: Till) -> None:
    payment = start(person("ann"))
    decide_payment(payment.number, "lost", now=NOW)
    assert query_due(soon(59)) == 0
    assert query_due(soon(60)) == 1
    assert status(payment) == "succeeded"


def test_what_expires_is_closed_at_the_provider(till: Till) -> None:
    payment = start(person("ann"))
    for seconds in range(0, 1000, 20):
        query_due(soon(seconds))
    assert status(payment) == "closed"
    with pytest.raises(Conflict):
        decide_payment(payment.number, "paid", now=soon(1000))


def test_w033_money_that_comes_too_late_goes_back_once(till: Till) -> None:
    payment = start(person("ann"))
    durable(close_open_within)("order", "tea/1", NOW)
    assert status(payment) == "closed"
    till.answer = "late"
    decide_payment(payment.number, "late", now=soon(60))
    assert status(payment) == "late"
    query_due(soon(5000))
    out = MoneyOut.objects.get()
    assert (out.purpose, out.amount_minor, out.subject) == ("return", 19_900, payment.number)


def test_of_two_payments_of_one_order_the_second_goes_back(till: Till) -> None:
    ann = person("ann")
    first, second = start(ann), start(ann, method="debit_card")
    decide_payment(first.number, "paid", now=NOW)
    decide_payment(second.number, "paid", now=NOW)
    assert (status(first), status(second)) == ("succeeded", "unneeded")
    assert till.taken == [first.number]
    assert MoneyOut.objects.get().payment_id == second.pk


def test_a_taker_that_refuses_leaves_the_money_to_go_back(till: Till) -> None:
    payment = start(person("ann"))
    till.fault = Refused("wrong_state", "no")
    decide_payment(payment.number, "paid", now=NOW)
    assert status(payment) == "late"
    assert Anomaly.objects.get().kind == "not_taken"


def test_a_closed_notice_after_success_is_ignored(till: Till) -> None:
    from pinback.payments.actions.taking import learn_payment_within
    from pinback.payments.providers.contract import PaymentWord

    payment = start(person("ann"))
    decide_payment(payment.number, "paid", now=NOW)
    for outcome in ("closed", "failed"):
        word = PaymentWord(payment.number, outcome)
        assert durable(learn_payment_within)("sandbox", word, now=NOW) == "ignored"
    assert status(payment) == "succeeded"
