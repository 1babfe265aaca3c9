"""WeChat Pay, API v3: native (QR code) and JSAPI orders, queries, closing, refunds, notices, trade bills.

The library signs what is asked, checks the signature of each answer and notice, and opens what is sealed.
What it leaves open is closed here: notices older than five minutes, for another merchant, or without a
header.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta, timezone
from functools import cached_property
from threading import Lock
from typing import Any, BinaryIO, TypeVar

import requests
from django.conf import settings
from wechatpayv3 import WeChatPayType

from pinback.payments.models import MoneyOut, Payment
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
from pinback.payments.providers.wechat.client import Client
from pinback.payments.providers.wechat.statement import read_statement
from pinback.payments.providers.wechat.words import out_word, payment_word

OLDEST_NOTICE_SECONDS = 300
NOTIFY_PATH = "/api/v1/pay/wechat/notify"

_HEADERS = ("Signature", "Timestamp", "Nonce", "Serial", "Signature-Type")
_PROBE = "WECHATPAY/SIGNTEST/"
_BEIJING = timezone(timedelta(hours=8))
_LONGEST_DESCRIPTION = 40
# Nobody knows what became of these, or they are about us and not about the payment: they are asked again.
_NO_ANSWER = {
    "SYSTEM_ERROR",
    "SYSTEMERROR",
    "SIGN_ERROR",
    "FREQUENCY_LIMITED",
    "RATELIMIT_EXCEEDED",
    "BANK_ERROR",
}

T = TypeVar("T")
Answer = tuple[int, str | bytes]


class WeChat:
    """WeChat Pay."""

    name = "wechat"

    def __init__(self) -> None:
        self._merchant = settings.PINBACK_WECHAT["MCHID"]
        self._app = settings.PINBACK_WECHAT["APPID"]
        self._lock = Lock()

    @cached_property
    def _client(self) -> Client:
        """Made at the first question; without a public key it fetches certificates, which can fail."""
        return Client(settings.PINBACK_WECHAT, notify_url=settings.PINBACK_PUBLIC_URL + NOTIFY_PATH)

    def create(self, payment: Payment, *, openid: str = "") -> Created:
        """An order: for a payer in WeChat (JSAPI) with their `openid`, else a QR code."""
        order: dict[str, Any] = {
            "description": f"{payment.shop.title[:_LONGEST_DESCRIPTION]} {payment.number}",
            "out_trade_no": payment.number,
            "amount": {"total": payment.amount_minor, "currency": payment.currency},
            "pay_type": WeChatPayType.JSAPI if openid else WeChatPayType.NATIVE,
        }
        if payment.expires_at is not None:
            order["time_expire"] = payment.expires_at.astimezone(_BEIJING).isoformat(timespec="seconds")
        if openid:
            order["payer"] = {"openid": openid}
        said = self._ask(lambda: self._client.pay(**order))
        if openid:
            return Created(self._jsapi(said["prepay_id"]))
        return Created({"kind": "wechat_native", "code_url": said["code_url"]})

    def _jsapi(self, prepay_id: str) -> dict[str, str]:
        """What `WeixinJSBridge.invoke("getBrandWCPayRequest")` needs, signed by us."""
        stamp, nonce, package = str(int(time.time())), uuid.uuid4().hex, f"prepay_id={prepay_id}"
        return {
            "kind": "wechat_jsapi",
            "appId": self._app,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._client.sign([self._app, stamp, nonce, package]),
        }

    def query(self, payment: Payment) -> PaymentWord:
        """What became of an order; one that WeChat Pay does not know was not paid."""
        try:
            said = self._ask(lambda: self._client.query(out_trade_no=payment.number))
        except Declined as no:
            if str(no).startswith(("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS")):
                return PaymentWord(payment.number, "waiting")
            raise
        return _read(lambda: payment_word(said, merchant=self._merchant, app=self._app))

    def close(self, payment: Payment) -> None:
        """Close an order."""
        self._ask(lambda: self._client.close(out_trade_no=payment.number))

    def refund(self, out: MoneyOut) -> OutWord:
        """A refund of part of an order; the same number again is the same refund."""
        said = self._ask(
            lambda: self._client.refund(
                out_refund_no=out.number,
                out_trade_no=out.payment.number,
                amount={
                    "refund": out.amount_minor,
                    "total": out.payment.received_minor,
                    "currency": out.currency,
                },
            )
        )
        return _read(lambda: out_word(said))

    def query_refund(self, out: MoneyOut) -> OutWord | None:
        """What became of a refund."""
        try:
            said = self._ask(lambda: self._client.query_refund(out_refund_no=out.number))
        except Declined as no:
            if str(no).startswith(("RESOURCE_NOT_EXISTS", "REFUND_NOT_EXIST", "REFUNDNOTEXIST")):
                return None
            raise
        return _read(lambda: out_word(said))

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> ProvidersNotice:
        """A notice: complete, fresh, signed, unsealed, and for us, in that order."""
        said = self._verified(_signature_headers(headers), body)
        kind, number = said.get("event_type"), said.get("id")
        if not isinstance(kind, str) or not isinstance(number, str) or not number:
            raise NotVerified("a notice without a number or a type")
        resource = said["resource"]
        try:
            if kind.startswith("TRANSACTION."):
                word = payment_word(resource, merchant=self._merchant, app=self._app)
                return ProvidersNotice(number, kind, word)
            if kind.startswith("REFUND."):
                return ProvidersNotice(number, kind, out_word(resource, merchant=self._merchant))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise NotVerified(f"a {kind} that is not as documented, or not for us") from error
        return ProvidersNotice(number, kind, None)

    def _verified(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        try:
            with self._lock:
                said = self._client.callback(dict(headers), body)
        except Exception as error:
            raise NotVerified(f"cannot be verified: {type(error).__name__}") from error
        if not isinstance(said, dict) or not isinstance(said.get("resource"), dict):
            raise NotVerified("the signature, or the seal, is not WeChat Pay's")
        return said

    def _ask(self, question: Callable[[], Answer]) -> dict[str, Any]:
        """Ask, and sort the answers: what was said, Declined, or Unavailable."""
        try:
            code, text = question()
        except requests.RequestException as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from error
        except OSError as error:
            raise Unavailable(f"a key cannot be read: {error.strerror}") from error
        except Exception as error:
            raise Unavailable(str(error)[:200]) from error
        said = _object(text)
        if 200 <= code < 300:
            return said
        problem = f"{said.get('code', code)}: {said.get('message', '')}"[:300]
        if code >= 500 or code in (401, 429) or said.get("code") in _NO_ANSWER:
            raise Unavailable(problem)
        raise Declined(problem)

    def read_statement(self, file: BinaryIO) -> Statement:
        """A trade bill of type ALL."""
        return read_statement(file)


def make() -> WeChat:
    """The provider."""
    return WeChat()


def _signature_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a signature, under the names the library reads. Raises NotVerified: one is missing, or
    old.
    """
    given = {f"Wechatpay-{name}": headers.get(f"Wechatpay-{name}", "") for name in _HEADERS}
    if not all(given.values()):
        raise NotVerified("a header of the signature is missing")
    if given["Wechatpay-Signature"].startswith(_PROBE):
        raise NotVerified("a probe of WeChat Pay's, which must be refused", is_probe=True)
    stamp = given["Wechatpay-Timestamp"]
    # By the machine's clock, as the provider's is: that of a sandbox may be set forward.
    if not (stamp.isascii() and stamp.isdigit() and abs(time.time() - int(stamp)) <= OLDEST_NOTICE_SECONDS):
        raise NotVerified("more than five minutes from now")
    return given


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unavailable(f"an answer that is not as documented: {error!r}") from error
