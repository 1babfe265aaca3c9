"""Payments over the API: who sees what, and that each path does what it says."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from pinback.accounts.actions import start_session
from pinback.accounts.models import Person, Staff
from pinback.kit.ids import new_id, public_id
from pinback.payments.actions import send_due
from pinback.payments.models import Anomaly, MoneyOut, Payment
from tests.payments.cast import NOW, person, refund, start, tea

pytestmark = pytest.mark.usefixtures("market", "till")


def call(who: Person | None, method: str, path: str, body: Any = None) -> Any:
    """A request of somebody's."""
    headers = {"Authorization": f"Bearer {start_session(who, now=NOW)}"} if who else {}
    data = "" if body is None else json.dumps(body)
    return Client().generic(method, f"/api/v1{path}", data, "application/json", headers=headers)


def staff(name: str, role: str) -> Person:
    """Somebody who works for tea."""
    made = person(name)
    Staff.objects.create(id=new_id(), shop=tea(), person=made, role=role, created_at=NOW)
    return made


def test_the_payer_and_who_keeps_the_funds_see_a_payment() -> None:
    payment = start(person("ann"))
    path = f"/payments/{public_id(payment.pk)}"
    seen = {
        "ann": call(person("ann"), "GET", path).status_code,
        "bob": call(person("bob"), "GET", path).status_code,
        "faye": call(staff("faye", "finance"), "GET", path).status_code,
        "walt": call(staff("walt", "warehouse"), "GET", path).status_code,
        "nobody": call(None, "GET", path).status_code,
    }
    assert seen == {"ann": 200, "bob": 404, "faye": 200, "walt": 403, "nobody": 401}
    assert call(person("ann"), "GET", "/payments/not-an-id").status_code == 404


def test_the_payer_decides_in_the_sandbox_and_strangers_do_not() -> None:
    payment = start(person("ann"))
    path = f"/sandbox/payments/{payment.number}"
    assert call(person("bob"), "POST", path, {"outcome": "paid"}).status_code == 404
    assert call(person("ann"), "POST", path, {"outcome": "magic"}).status_code == 422
    answer = call(person("ann"), "POST", path, {"outcome": "paid"})
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert call(person("ann"), "POST", path, {"outcome": "paid"}).status_code == 409


def test_outside_the_sandbox_nothing_is_decided() -> None:
    payment = start(person("ann"))
    with override_settings(PINBACK_SANDBOX=False):
        answer = call(person("ann"), "POST", f"/sandbox/payments/{payment.number}", {"outcome": "paid"})
        assert answer.status_code == 404


def test_notices_of_providers_that_are_not_set_up_are_unknown() -> None:
    assert call(None, "POST", "/pay/wechat/notify", {}).status_code == 404
    assert call(None, "POST", "/pay/card/notify", {}).status_code == 404


def test_the_operator_sees_and_sends_what_failed() -> None:
    ann, opal = person("ann"), person("opal", operator=True)
    payment = start(ann)
    decide = f"/sandbox/payments/{payment.number}"
    assert call(ann, "POST", decide, {"outcome": "paid", "refunds": "failed"}).status_code == 200
    payment.refresh_from_db()
    out = refund(payment, 5_000)
    MoneyOut.objects.filter(pk=out.pk).update(tries=9)
    send_due(NOW)
    assert call(ann, "GET", "/operator/money-out").status_code == 404
    (shown,) = call(opal, "GET", "/operator/money-out").json()["items"]
    assert (shown["status"], shown["amount_minor"]) == ("failed", 5_000)
    path = f"/operator/money-out/{shown['money_out']}"
    assert call(ann, "POST", f"{path}/retry").status_code == 404
    assert call(opal, "POST", f"{path}/retry").json()["status"] == "pending"
    assert call(opal, "POST", f"{path}/paid-by-hand", {"note": "x"}).status_code == 409

    (anomaly,) = call(opal, "GET", "/operator/anomalies").json()["items"]
    assert anomaly["kind"] == "refund_failed"
    path = f"/operator/anomalies/{anomaly['anomaly']}/resolve"
    assert call(ann, "POST", path, {"note": "x"}).status_code == 404
    assert call(opal, "POST", path, {"note": "sent again"}).json()["note"] == "sent again"
    assert call(opal, "POST", path, {"note": "sent again"}).status_code == 409
    assert call(opal, "GET", "/operator/anomalies").json()["items"] == []
    assert Anomaly.objects.count() == 1
    assert Payment.objects.count() == 1


def test_the_operator_compares_a_statement() -> None:
    opal = person("opal", operator=True)
    text = "kind,number,amount_minor,currency,at\nin,p-of-nobody,7,CNY,2026-11-25T12:00:00+00:00\n"

    def upload(who: Person, content: str) -> Any:
        return Client().post(
            "/api/v1/operator/reconciliations/sandbox",
            data={"statement": SimpleUploadedFile("statement.csv", content.encode())},
            headers={"Authorization": f"Bearer {start_session(who, now=NOW)}"},
        )

    assert upload(opal, text).json()["differences"][0]["kind"] == "not_here"
    assert upload(opal, "amount\n1990\n").json()["code"] == "unreadable_statement"
    assert upload(person("ann"), text).status_code == 404
