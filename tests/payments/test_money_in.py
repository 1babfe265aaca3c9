"""Money that comes in: the right amount once, and all the ways in which it is not so. In the sandbox."""

import pytest

from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.payments.actions import close_due, close_open_within, prepare, query_due, take_notice
from pinback.payments.actions.deciding import decide_payment
from pinback.payments.models import Anomaly, MoneyOut, Notice, Payment, SandboxTrade
from pinback.payments.providers.contract import Unavailable
from pinback.payments.providers.sandbox.provider import Sandbox, notice_of, payment_word
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


def test_when_one_payment_succeeded_the_others_are_closed_at_the_provider(till: Till) -> None:
    ann = person("ann")
    first, second = start(ann), start(ann, method="debit_card")
    elsewhere = start(ann, subject="tea/2")
    other_purpose = start(ann, purpose="campaign")
    assert (status(first), status(second)) == ("pending", "pending")
    decide_payment(first.number, "paid", now=NOW)
    assert status(second) == "closed"
    assert (status(elsewhere), status(other_purpose)) == ("pending", "pending")
    # The provider is told from the rows, also where this process did not live to tell it.
    assert SandboxTrade.objects.get(number=second.number).word == "waiting"
    assert close_due(soon(1)) >= 1
    assert SandboxTrade.objects.get(number=second.number).word == "closed"
    with pytest.raises(Conflict):
        decide_payment(second.number, "paid", now=soon(2))
    assert till.taken == [first.number]
    assert not MoneyOut.objects.exists()


@pytest.mark.parametrize("is_notice_lost", [False, True])
def test_a_payment_that_was_paid_meanwhile_cannot_be_closed_and_goes_back(
    till: Till, is_notice_lost: bool
) -> None:
    ann = person("ann")
    first, second = start(ann), start(ann, method="debit_card")
    # The payer has paid both; the notice of the second is still on its way, or lost.
    SandboxTrade.objects.filter(number=second.number).update(word="paid")
    decide_payment(first.number, "paid", now=NOW)
    assert status(second) == "closed"
    assert close_due(soon(1)) == 1
    if is_notice_lost:
        assert query_due(soon(2)) == 1
    else:
        headers, body = notice_of(
            payment_word(SandboxTrade.objects.get(number=second.number)), number="n-second"
        )
        take_notice("sandbox", headers, body, now=soon(2))
    assert (status(first), status(second)) == ("succeeded", "unneeded")
    assert till.taken == [first.number]
    out = MoneyOut.objects.get()
    assert (out.purpose, out.payment_id, out.amount_minor) == ("return", second.pk, 19_900)


def test_a_provider_that_does_not_answer_is_told_again(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = person("ann")
    first, second = start(ann), start(ann, method="debit_card")
    decide_payment(first.number, "paid", now=NOW)

    def silent(_self: Sandbox, _payment: Payment) -> None:
        raise Unavailable("nobody there")

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "close", silent)
        assert close_due(soon(1)) == 0
    assert close_due(soon(2)) == 0
    assert close_due(soon(600)) == 1
    assert SandboxTrade.objects.get(number=second.number).word == "closed"


def test_one_that_the_provider_does_not_know_yet_is_closed_too(till: Till) -> None:
    ann = person("ann")
    first, second = start(ann), start(ann, method="debit_card", prepared=False)
    decide_payment(first.number, "paid", now=NOW)
    assert status(second) == "closed"
    assert close_due(soon(1)) == 0
    with pytest.raises(Conflict):
        prepare(second.pk, now=soon(1))


def test_a_debt_that_was_paid_closes_what_was_begun_for_it(till: Till) -> None:
    ann = person("ann")
    first, second = start(ann, purpose="debt"), start(ann, purpose="debt", method="debit_card")
    decide_payment(first.number, "paid", now=NOW)
    assert (status(first), status(second)) == ("succeeded", "closed")


def test_a_payment_that_did_not_succeed_closes_nothing(till: Till) -> None:
    ann = person("ann")
    first, second = start(ann), start(ann, method="debit_card")
    decide_payment(first.number, "wrong_amount", now=NOW)
    assert (status(first), status(second)) == ("mismatched", "pending")


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
