"""WeChat Pay, against a server that signs and seals as the real one does; notices come in over HTTP."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from pinback.kit.refusals import Refused
from pinback.kit.transactions import durable
from pinback.payments.actions import close_due, close_open_within, query_due, send_due
from pinback.payments.models import Anomaly, MoneyOut, Notice, Payment
from pinback.payments.providers import forget_providers
from tests.payments.cast import NOW, Till, person, refund, soon, start
from tests.payments.wechat_server import (
    APP,
    MERCHANT,
    PUBLIC_KEY_ID,
    Simulator,
    notice,
    settings_for,
    wechat_server,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("market", "till")]


@pytest.fixture(params=["public key", "certificates"])
def wechat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Simulator]:
    """WeChat Pay, as the provider of `wechat`; once known by its public key, once by its certificates."""
    by_key = request.param == "public key"
    with wechat_server() as simulator:
        if by_key:
            simulator.serial = PUBLIC_KEY_ID
        given = settings_for(simulator, tmp_path, public_key=by_key)
        with override_settings(PINBACK_WECHAT=given, PINBACK_PUBLIC_URL="https://shop.example"):
            forget_providers()
            yield simulator
    forget_providers()


def send(headers: dict[str, str], body: bytes) -> int:
    """Send a notice; returns the status of the answer."""
    answer = Client().post(
        "/api/v1/pay/wechat/notify", data=body, content_type="application/json", headers=headers
    )
    return int(answer.status_code)


def tell(wechat: Simulator, kind: str, resource: dict[str, Any], **more: Any) -> int:
    """Send a notice that is signed as it should be."""
    return send(*notice(kind, resource, **{"serial": wechat.serial, **more}))


def pay(wechat: Simulator, payment: Payment, **more: Any) -> int:
    """Pay a payment, and tell."""
    return tell(wechat, "TRANSACTION.SUCCESS", wechat.pay(payment.number), **more)


def status(thing: Payment | MoneyOut) -> str:
    """What a thing is now."""
    thing.refresh_from_db()
    return thing.status


def test_a_qr_code_is_paid(wechat: Simulator, till: Till) -> None:
    payment = start(person("ann"))
    assert payment.provider == "wechat"
    assert payment.to_client["code_url"].startswith("weixin://")
    order = wechat.orders[payment.number]
    assert order["amount"] == {"total": 19_900, "currency": "CNY"}
    assert pay(wechat, payment) == 204
    assert status(payment) == "succeeded"
    assert payment.provider_ref == order["transaction_id"]
    assert till.taken == [payment.number]


def test_a_payer_in_wechat_gets_signed_parameters(wechat: Simulator) -> None:
    ann = person("ann")
    payment = start(ann, openid="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
    assert payment.to_client["package"] == f"prepay_id=wx{payment.number}"
    assert payment.to_client["appId"] == APP
    assert payment.to_client["paySign"]
    assert pay(wechat, payment) == 204


def test_a_payer_who_had_a_qr_code_can_pay_inside_wechat(wechat: Simulator) -> None:
    ann = person("ann")
    first = start(ann)
    second = start(ann, openid="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
    assert second.to_client["kind"] == "wechat_jsapi"
    assert (status(first), second.status) == ("closed", "pending")


def test_the_same_notice_again_is_harmless(wechat: Simulator, till: Till) -> None:
    payment = start(person("ann"))
    transaction = wechat.pay(payment.number)
    sent = notice("TRANSACTION.SUCCESS", transaction, number="EV-1", serial=wechat.serial)
    assert [send(*sent), send(*sent)] == [204, 204]
    # The provider tells of the same payment under another number, too.
    assert tell(wechat, "TRANSACTION.SUCCESS", transaction) == 204
    assert till.taken == [payment.number]
    assert Notice.objects.count() == 2
    assert not Anomaly.objects.exists()


@pytest.mark.parametrize(
    "break_it",
    [
        lambda headers: headers.pop("Wechatpay-Signature"),
        lambda headers: headers.update({"Wechatpay-Signature": ""}),
        lambda headers: headers.update({"Wechatpay-Signature": "bm8="}),
        lambda headers: headers.update({"Wechatpay-Signature": "***"}),
        lambda headers: headers.update({"Wechatpay-Serial": "no serial"}),
        lambda headers: headers.update({"Wechatpay-Serial": "7777"}),
        lambda headers: headers.update({"Wechatpay-Timestamp": str(int(time.time()) - 1)}),
        lambda headers: headers.pop("Wechatpay-Nonce"),
        lambda headers: headers.pop("Wechatpay-Signature-Type"),
        lambda headers: headers.update({"Wechatpay-Signature-Type": "NONE"}),
        lambda headers: headers.clear(),
    ],
)
def test_w035_a_notice_without_the_right_signature_is_refused(wechat: Simulator, break_it: Any) -> None:
    payment = start(person("ann"))
    headers, body = notice("TRANSACTION.SUCCESS", wechat.pay(payment.number), serial=wechat.serial)
    break_it(headers)
    assert send(headers, body) == 401
    assert status(payment) == "pending"
    assert Anomaly.objects.get().kind == "forged_notice"
    assert not Notice.objects.exists()


def test_w035_anothers_signature_seal_or_merchant_is_refused(wechat: Simulator) -> None:
    payment = start(person("ann"))
    paid = wechat.pay(payment.number)
    kind = "TRANSACTION.SUCCESS"
    assert tell(wechat, kind, paid, signer="stranger") == 401
    assert tell(wechat, kind, paid, signer="stranger", serial="77") == 401
    assert tell(wechat, kind, paid, api_key="f" * 32) == 401
    assert tell(wechat, kind, {**paid, "mchid": "1900000110"}) == 401
    assert tell(wechat, kind, {**paid, "appid": "wx0000000000000000"}) == 401
    assert tell(wechat, kind, {**paid, "amount": {"total": "19900", "currency": "CNY"}}) == 401
    assert tell(wechat, kind, {**paid, "amount": {"total": 19900.0, "currency": "CNY"}}) == 401
    assert status(payment) == "pending"
    headers, body = notice(kind, paid, serial=wechat.serial)
    assert send(headers, body.replace(b"encrypt-resource", b"encrypt-resourcf")) == 401
    assert send(headers, b"\xff\xfe") == 401


def test_a_replayed_notice_is_too_old(wechat: Simulator) -> None:
    payment = start(person("ann"))
    assert pay(wechat, payment, at=int(time.time()) - 310) == 401
    assert status(payment) == "pending"
    assert pay(wechat, payment, at=int(time.time()) + 310) == 401
    assert pay(wechat, payment, at=int(time.time()) - 200) == 204


def test_a_probe_of_wechats_is_refused_and_no_anomaly(wechat: Simulator) -> None:
    headers, body = notice("TRANSACTION.SUCCESS", {"mchid": MERCHANT}, serial=wechat.serial)
    headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]
    assert send(headers, body) == 401
    assert not Anomaly.objects.exists()


def test_forged_serials_do_not_make_us_fetch_certificates_again_and_again(wechat: Simulator) -> None:
    payment = start(person("ann"))
    for _ in range(5):
        pay(wechat, payment, serial="7777")
    assert sum("/v3/certificates" in asked for asked in wechat.asked) <= 1


@pytest.mark.parametrize(
    ("total", "currency"), [(199, "CNY"), (19_899, "CNY"), (19_900, "USD"), (20_000, "CNY")]
)
def test_w036_only_the_right_amount_settles(wechat: Simulator, till: Till, total: int, currency: str) -> None:
    payment = start(person("ann"))
    transaction = wechat.pay(payment.number, total=total, currency=currency)
    assert tell(wechat, "TRANSACTION.SUCCESS", transaction) == 204
    assert status(payment) == "mismatched"
    assert till.taken == []
    assert Anomaly.objects.get().kind == "wrong_amount"
    out = MoneyOut.objects.get()
    assert (out.purpose, out.amount_minor, out.currency) == ("return", total, currency)
    assert send_due(NOW) == 1
    assert wechat.refunds[out.number]["amount"]["refund"] == total


def test_an_unknown_payment_is_acknowledged_and_shown(wechat: Simulator) -> None:
    payment = start(person("ann"))
    transaction = {**wechat.pay(payment.number), "out_trade_no": "p0000000000000"}
    assert tell(wechat, "TRANSACTION.SUCCESS", transaction) == 204
    assert Anomaly.objects.get().kind == "unknown_payment"
    assert status(payment) == "pending"


def test_w033_a_late_payment_goes_back_once(wechat: Simulator, till: Till) -> None:
    payment = start(person("ann"))
    durable(close_open_within)("order", "tea/1", NOW)
    # It was paid in the moment in which it was closed, so it cannot be closed at the provider.
    transaction = wechat.pay(payment.number)
    till.answer = "late"
    assert close_due(NOW) == 1
    assert query_due(NOW) == 1
    assert status(payment) == "late"
    assert tell(wechat, "TRANSACTION.SUCCESS", transaction) == 204
    assert till.taken == [payment.number]
    assert send_due(NOW) == 1
    assert [refund["amount"]["refund"] for refund in wechat.refunds.values()] == [19_900]


def test_a_closed_order_is_closed_at_the_provider(wechat: Simulator) -> None:
    payment = start(person("ann"))
    durable(close_open_within)("order", "tea/1", NOW)
    assert close_due(NOW) == 1
    assert wechat.orders[payment.number]["trade_state"] == "CLOSED"
    assert (close_due(soon(9000)), query_due(soon(9000))) == (0, 0)


def test_a_lost_notice_is_found_and_an_expired_order_closed(wechat: Simulator) -> None:
    ann = person("ann")
    paid, unpaid = start(ann), start(ann, subject="tea/2")
    wechat.pay(paid.number)
    query_due(soon(60))
    assert (status(paid), status(unpaid)) == ("succeeded", "pending")
    query_due(soon(900))
    assert status(unpaid) == "closed"
    assert wechat.orders[unpaid.number]["trade_state"] == "CLOSED"


def test_an_answer_with_anothers_signature_is_not_believed(wechat: Simulator) -> None:
    payment = start(person("ann"))
    wechat.pay(payment.number)
    wechat.signer = "stranger"
    assert query_due(soon(60)) == 0
    assert status(payment) == "pending"


def test_no_answer_is_told_and_the_payment_can_be_prepared_again(wechat: Simulator) -> None:
    wechat.answers["/native"] = (500, "SYSTEM_ERROR")
    ann = person("ann")
    with pytest.raises(Refused) as refused:
        start(ann)
    assert refused.value.refusal.code == "provider_unavailable"
    del wechat.answers["/native"]
    assert start(ann).status == "pending"
    assert Payment.objects.count() == 1


# --- money out ---------------------------------------------------------------------------------------------


def paid(wechat: Simulator) -> Payment:
    """A payment of ann's that was paid."""
    payment = start(person("ann"))
    assert pay(wechat, payment) == 204
    payment.refresh_from_db()
    return payment


def test_a_refund_is_pending_until_the_notice_confirms_it(wechat: Simulator, till: Till) -> None:
    out = refund(paid(wechat), 5_000)
    assert out.status == "pending"
    send_due(NOW)
    assert status(out) == "sent"
    assert till.confirmed == []
    said = wechat.refund_notice(out.number, "SUCCESS")
    assert tell(wechat, "REFUND.SUCCESS", said) == 204
    assert tell(wechat, "REFUND.SUCCESS", said) == 204
    assert status(out) == "confirmed"
    assert till.confirmed == ["tea/r1"]


def test_a_lost_refund_notice_is_found_by_a_query(wechat: Simulator, till: Till) -> None:
    out = refund(paid(wechat), 5_000)
    send_due(NOW)
    wechat.refunds[out.number]["status"] = "SUCCESS"
    send_due(soon(7200))
    assert status(out) == "confirmed"
    assert len(wechat.refunds) == 1


def test_a_question_without_an_answer_is_asked_about_before_it_is_asked_again(wechat: Simulator) -> None:
    out = refund(paid(wechat), 5_000)
    # It reaches WeChat Pay, and its answer reaches nobody.
    wechat.signer = "stranger"
    send_due(NOW)
    assert status(out) == "pending"
    assert len(wechat.refunds) == 1
    wechat.signer = "platform"
    wechat.asked.clear()
    send_due(soon(7200))
    assert [asked.split()[0] for asked in wechat.asked if "refund" in asked] == ["GET"]
    assert status(out) == "sent"


def test_a_refund_that_is_declined_is_tried_again_and_then_shown(wechat: Simulator, till: Till) -> None:
    out = refund(paid(wechat), 5_000)
    wechat.answers["/refunds"] = (403, "NOT_ENOUGH")
    for hours in range(20):
        send_due(soon(hours * 7200))
    assert status(out) == "failed"
    assert out.tries == 6
    assert till.failed == [("tea/r1", "failed")]
    assert Anomaly.objects.get().kind == "refund_failed"
    assert "NOT_ENOUGH" in out.problem


def test_w026_a_refund_that_comes_back_is_shown_and_sent_under_a_new_number(
    wechat: Simulator, till: Till
) -> None:
    from pinback.accounts.actors import Actor
    from pinback.payments.actions import retry_out

    out = refund(paid(wechat), 5_000)
    send_due(NOW)
    first = out.number
    tell(wechat, "REFUND.SUCCESS", wechat.refund_notice(first, "SUCCESS"))
    back = wechat.refund_notice(first, "CLOSED")
    for number in ("EV-back", "EV-back", "EV-again"):
        assert tell(wechat, "REFUND.CLOSED", back, number=number) == 204
    assert status(out) == "bounced"
    assert till.failed == [("tea/r1", "bounced")]
    assert Anomaly.objects.get().kind == "refund_bounced"

    opal = person("opal", operator=True)
    retry_out(out.pk, acting=Actor(opal.pk, is_operator=True), now=soon(60))
    send_due(soon(60))
    out.refresh_from_db()
    assert out.number != first
    assert set(wechat.refunds) == {first, out.number}
    tell(wechat, "REFUND.CLOSED", back)
    tell(wechat, "REFUND.SUCCESS", wechat.refund_notice(out.number, "SUCCESS"))
    assert status(out) == "confirmed"
    assert till.confirmed == ["tea/r1"]


def test_an_abnormal_refund_waits_for_a_person(wechat: Simulator, till: Till) -> None:
    out = refund(paid(wechat), 5_000)
    send_due(NOW)
    tell(wechat, "REFUND.ABNORMAL", wechat.refund_notice(out.number, "ABNORMAL"))
    assert status(out) == "failed"
    # Somebody named another account to WeChat Pay.
    tell(wechat, "REFUND.SUCCESS", wechat.refund_notice(out.number, "SUCCESS"))
    assert status(out) == "confirmed"
    assert till.confirmed == ["tea/r1"]


def test_w032_a_refund_notice_of_another_amount_or_unknown_is_shown(wechat: Simulator, till: Till) -> None:
    out = refund(paid(wechat), 5_000)
    send_due(NOW)
    said = wechat.refund_notice(out.number, "SUCCESS")
    tell(wechat, "REFUND.SUCCESS", {**said, "amount": {**said["amount"], "refund": 19_900}})
    tell(wechat, "REFUND.SUCCESS", {**said, "out_refund_no": "r-made-in-the-console"})
    assert status(out) == "sent"
    assert set(Anomaly.objects.values_list("kind", flat=True)) == {"refund_differs", "unknown_refund"}
    assert till.confirmed == []
