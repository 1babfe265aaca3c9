"""Wounds of money at the provider's side; `tests/payments` has them against WeChat Pay and Stripe, too."""

import json
from io import BytesIO

import pytest

from pinback.kit.clock import held_at
from pinback.payments.actions import send_due, take_notice
from pinback.payments.actions.deciding import answer_refunds, decide_payment, decide_refund
from pinback.payments.models import Anomaly, Notice
from pinback.payments.providers.contract import PaymentWord, StatementProblem
from pinback.payments.providers.sandbox.provider import notice_of
from pinback.payments.providers.wechat.statement import read_statement
from tests.payments.cast import NOW, person, refund, start, till_open

pytestmark = pytest.mark.usefixtures("open_market")


def test_w025_a_gateway_that_says_no_refunds_nothing() -> None:
    with till_open() as till, held_at(NOW):
        payment = decide_payment(start(person("ann"), amount_minor=12_000).number, "paid", now=NOW)
        answer_refunds(payment.number, "declined")
        out = refund(payment, 12_000)
        send_due(NOW)
        out.refresh_from_db()
        assert (out.status, out.problem) == ("pending", "the sandbox was told to decline")
        assert till.confirmed == []


def test_w026_a_refund_that_the_bank_takes_back_is_owed_again_and_shown_once() -> None:
    with till_open() as till, held_at(NOW):
        payment = decide_payment(start(person("ann")).number, "paid", now=NOW)
        out = refund(payment, 7_000)
        send_due(NOW)
        assert till.confirmed == ["tea/r1"]
        for _ in range(2):
            decide_refund(out.number, "failed", now=NOW)
        out.refresh_from_db()
        assert out.status == "bounced"
        assert till.failed == [("tea/r1", "bounced")]
        assert Anomaly.objects.get().kind == "refund_bounced"


def test_w035_a_notice_is_believed_only_with_its_signature() -> None:
    with till_open() as till, held_at(NOW):
        payment = start(person("ann"))
        word = PaymentWord(payment.number, "paid", payment.amount_minor, "CNY", payment.number)
        headers, body = notice_of(word, number="n1")
        (name,) = headers
        less = {key: value for key, value in json.loads(body).items() if key != "kind"}
        forged = [
            ({}, body),
            ({name: ""}, body),
            ({name: "0" * 64}, body),
            (headers, json.dumps(less).encode()),
        ]
        for given, said in forged:
            assert not take_notice("sandbox", given, said, now=NOW).verified
        payment.refresh_from_db()
        assert payment.status == "pending"
        assert till.taken == []
        assert not Notice.objects.exists()
        assert take_notice("sandbox", headers, body, now=NOW).outcome == "succeeded"


def test_w040_a_statement_of_unknown_unit_is_not_read() -> None:
    with pytest.raises(StatementProblem, match="unit is unknown"):
        read_statement(BytesIO(b"number,amount\np1,1990\n"))
