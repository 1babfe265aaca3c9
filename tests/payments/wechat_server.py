"""A small WeChat Pay, API v3, as its documentation has it: with keys of its own it checks the signature of
each request, signs each answer and notice, and seals what is to be sealed.

It knows orders (native and JSAPI), their closing, refunds and certificates. `answers` lets it misbehave.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

MERCHANT, APP = "1900000109", "wxd678efh567hg6787"
API_V3_KEY = "0123456789abcdef0123456789abcdef"
MERCHANT_SERIAL = "444F4864EA9B34415"
PUBLIC_KEY_ID = "PUB_KEY_ID_0114232134912410000000000000"

SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key by name: `platform`, `merchant`, `stranger`."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(name: str) -> x509.Certificate:
    """The certificate of a key."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} of the simulator")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key(name).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key(name), hashes.SHA256())
    )


def serial_of(name: str) -> str:
    """The serial number of a certificate, as headers have it."""
    return f"{certificate(name).serial_number:X}"


def private_pem(name: str) -> str:
    """A private key as a file has it."""
    return (
        key(name)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def public_pem(name: str) -> str:
    """A public key as a file has it."""
    return (
        key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def seal(plain: str, about: str, *, api_key: str = API_V3_KEY) -> dict[str, str]:
    """Text under AES-256-GCM, as notices and certificates are."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(api_key.encode()).encrypt(nonce.encode(), plain.encode(), about.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "nonce": nonce,
        "associated_data": about,
    }


def signature_headers(
    body: bytes, *, signer: str = "platform", serial: str | None = None, at: int | None = None
) -> dict[str, str]:
    """The headers that sign a body."""
    stamp, nonce = str(int(time.time()) if at is None else at), secrets.token_hex(16)
    message = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
    signed = key(signer).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {
        "Wechatpay-Signature": base64.b64encode(signed).decode(),
        "Wechatpay-Signature-Type": SIGNATURE_TYPE,
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial_of(signer) if serial is None else serial,
    }


def notice(
    kind: str, resource: Mapping[str, Any], *, number: str = "", api_key: str = API_V3_KEY, **signing: Any
) -> tuple[dict[str, str], bytes]:
    """A notice: headers and body. The same `number` is the same notice again."""
    about = "refund" if kind.startswith("REFUND") else "transaction"
    body = json.dumps(
        {
            "id": number or f"EV-{secrets.token_hex(12)}",
            "create_time": "2026-11-25T20:00:00+08:00",
            "resource_type": "encrypt-resource",
            "event_type": kind,
            "summary": "支付成功",
            "resource": {"original_type": about, **seal(json.dumps(resource), about, api_key=api_key)},
        }
    ).encode()
    return signature_headers(body, **signing), body


@dataclass
class Simulator:
    """What the server knows. `answers` has, by the end of a path, a status and a code to answer instead."""

    base: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    payers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    refund_status: str = "PROCESSING"
    signer: str = "platform"
    serial: str | None = None
    notify_to: str = "https://"
    """How addresses for notices begin: in earnest only https is allowed."""

    def pay(self, number: str, **changes: Any) -> dict[str, Any]:
        """Let a payer pay an order; returns its transaction."""
        order = self.orders[number]
        order["trade_state"] = "SUCCESS"
        order["transaction_id"] = f"4200{secrets.randbelow(10**20):020d}"
        order["amount"] |= {"payer_total": order["amount"]["total"], "payer_currency": "CNY"}
        order["amount"] |= changes
        order["success_time"] = "2026-11-25T20:00:00+08:00"
        return self.transaction(number)

    def transaction(self, number: str) -> dict[str, Any]:
        """An order as a query answers it."""
        return {name: value for name, value in self.orders[number].items() if name != "kind"}

    def refund_notice(self, number: str, status: str) -> dict[str, Any]:
        """A refund as a notice has it: without a currency."""
        refund = self.refunds[number]
        refund["status"] = status
        amount = {name: refund["amount"][name] for name in ("total", "refund", "payer_total", "payer_refund")}
        return {
            "mchid": MERCHANT,
            "transaction_id": refund["transaction_id"],
            "out_trade_no": refund["out_trade_no"],
            "refund_id": refund["refund_id"],
            "out_refund_no": number,
            "refund_status": status,
            "user_received_account": "支付用户零钱",
            "amount": amount,
        }

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """The answer to a request whose signature is right: a status, and what becomes JSON (None:
        nothing).
        """
        self.asked.append(f"{method} {path}")
        for end, (status, code) in self.answers.items():
            if path.endswith(end):
                return status, {"code": code, "message": f"told to say {code}"}
        plain = urlsplit(path).path
        given = json.loads(body) if body else {}
        if plain == "/v3/certificates":
            return 200, {"data": [self._certificate()]}
        if plain.startswith("/v3/pay/transactions/out-trade-no/"):
            return self._order(plain.removeprefix("/v3/pay/transactions/out-trade-no/"), method)
        if plain.startswith("/v3/pay/transactions/"):
            return self._new_order(plain.rpartition("/")[2], given)
        if plain == "/v3/refund/domestic/refunds":
            return self._new_refund(given)
        refund = self.refunds.get(plain.rpartition("/")[2])
        if refund is None:
            return 404, {"code": "RESOURCE_NOT_EXISTS", "message": "退款单不存在"}
        return 200, refund

    def _certificate(self) -> dict[str, Any]:
        pem = certificate("platform").public_bytes(serialization.Encoding.PEM).decode()
        return {
            "serial_no": serial_of("platform"),
            "effective_time": "2026-01-01T00:00:00+08:00",
            "expire_time": "2030-01-01T00:00:00+08:00",
            "encrypt_certificate": seal(pem, "certificate"),
        }

    def _new_order(self, kind: str, given: dict[str, Any]) -> tuple[int, Any]:
        number = given["out_trade_no"]
        known = self.orders.get(number)
        total = given["amount"]["total"]
        if known is not None and (known["kind"], known["amount"]["total"]) != (kind, total):
            return 400, {"code": "INVALID_REQUEST", "message": "商户订单号重复"}
        if type(total) is not int or (kind == "jsapi" and not given["payer"]["openid"]):
            return 400, {"code": "PARAM_ERROR", "message": "参数错误"}
        assert given["notify_url"].startswith(self.notify_to)
        assert given["mchid"] == MERCHANT
        self.payers[number] = given.get("payer", {}).get("openid", "")
        self.orders.setdefault(
            number,
            {
                "kind": kind,
                "mchid": MERCHANT,
                "appid": APP,
                "out_trade_no": number,
                "trade_type": kind.upper(),
                "trade_state": "NOTPAY",
                "amount": dict(given["amount"]),
            },
        )
        if kind == "jsapi":
            return 200, {"prepay_id": f"wx{number}"}
        return 200, {"code_url": f"weixin://wxpay/bizpayurl?pr={number}"}

    def _order(self, rest: str, method: str) -> tuple[int, Any]:
        number, _slash, close = rest.partition("/")
        order = self.orders.get(number)
        if order is None:
            return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
        if method == "GET":
            return 200, self.transaction(number)
        assert close == "close"
        if order["trade_state"] == "SUCCESS":
            return 400, {"code": "ORDERPAID", "message": "该订单已支付"}
        order["trade_state"] = "CLOSED"
        return 204, None

    def _new_refund(self, given: dict[str, Any]) -> tuple[int, Any]:
        number, amount = given["out_refund_no"], given["amount"]
        if number in self.refunds:
            return 200, self.refunds[number]
        order = self.orders[given["out_trade_no"]]
        total = order["amount"]["total"]
        before = sum(
            refund["amount"]["refund"]
            for refund in self.refunds.values()
            if refund["out_trade_no"] == given["out_trade_no"] and refund["status"] != "CLOSED"
        )
        if amount["total"] != total or before + amount["refund"] > total:
            return 400, {"code": "INVALID_REQUEST", "message": "退款金额大于支付金额"}
        self.refunds[number] = {
            "refund_id": f"5030{secrets.randbelow(10**20):020d}",
            "out_refund_no": number,
            "transaction_id": order["transaction_id"],
            "out_trade_no": given["out_trade_no"],
            "status": self.refund_status,
            "amount": {
                "total": total,
                "refund": amount["refund"],
                "payer_total": total,
                "payer_refund": amount["refund"],
                "currency": amount["currency"],
            },
        }
        return 200, self.refunds[number]


def _is_signed_by_merchant(authorization: str, method: str, path: str, body: bytes) -> bool:
    scheme, _space, rest = authorization.partition(" ")
    said = dict(part.split("=", 1) for part in rest.split(","))
    given = {name: value.strip('"') for name, value in said.items()}
    if scheme != SIGNATURE_TYPE or given["mchid"] != MERCHANT or given["serial_no"] != MERCHANT_SERIAL:
        return False
    message = f"{method}\n{path}\n{given['timestamp']}\n{given['nonce_str']}\n".encode() + body + b"\n"
    try:
        key("merchant").public_key().verify(
            base64.b64decode(given["signature"]), message, padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return abs(time.time() - int(given["timestamp"])) <= 300


def _handler(simulator: Simulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authorization = self.headers.get("Authorization", "")
            if _is_signed_by_merchant(authorization, self.command, self.path, body):
                status, said = simulator.answer(self.command, self.path, body)
            else:
                status, said = 401, {"code": "SIGN_ERROR", "message": "签名错误"}
            if status == 0:
                self.close_connection = True
                return
            text = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
            self.send_response(status)
            headers = signature_headers(text, signer=simulator.signer, serial=simulator.serial)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _take  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    return Handler


@contextmanager
def wechat_server() -> Iterator[Simulator]:
    """A server on a free port of this machine, ended with the context."""
    simulator = Simulator()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(simulator))
    simulator.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings_for(simulator: Simulator, folder: Path, *, public_key: bool) -> dict[str, str]:
    """`PINBACK_WECHAT` for the server, with the platform's public key or with its certificates."""
    private, public = folder / "apiclient_key.pem", folder / "pub_key.pem"
    private.write_text(private_pem("merchant"))
    public.write_text(public_pem("platform"))
    return {
        "MCHID": MERCHANT,
        "APPID": APP,
        "API_V3_KEY": API_V3_KEY,
        "PRIVATE_KEY": str(private),
        "SERIAL": MERCHANT_SERIAL,
        "PUBLIC_KEY": str(public) if public_key else "",
        "PUBLIC_KEY_ID": PUBLIC_KEY_ID if public_key else "",
        "CERTIFICATES": "",
        "BASE": simulator.base,
    }
