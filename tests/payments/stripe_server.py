"""localstripe as a process of its own on a free port of this machine, with what it lacks of the real one.

It speaks an older Stripe API. Here it learns the parameter that replaced `payment_method_types`, what an
idempotency key is for, and to leave the disk alone. Started with `python -m tests.payments.stripe_server`.
"""

import hashlib
import hmac
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

SECRET_KEY, WEBHOOK_SECRET = "sk_test_pinback", "whsec_pinback"

GOOD_CARD, BAD_CARD = "4242424242424242", "4000000000000341"


def serve() -> None:
    """Run localstripe until it is ended; prints its port."""
    import socket

    from aiohttp import web
    from localstripe import resources, server

    resources.Store.dump_to_disk = lambda self: None
    first_init = resources.PaymentIntent.__init__

    def init(self: Any, allowed_payment_method_types: Any = None, **given: Any) -> None:
        if allowed_payment_method_types != ["card"] or "payment_method_types" in given:
            raise resources.UserError(400, "only cards are asked for")
        first_init(self, **given)

    resources.PaymentIntent.__init__ = init
    first_answers: dict[str, tuple[int, bytes]] = {}

    @web.middleware
    async def once_for_a_key(request: Any, handler: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or not key:
            return await handler(request)
        if key not in first_answers:
            answer = await handler(request)
            first_answers[key] = (answer.status, answer.body)
        status, body = first_answers[key]
        return web.Response(status=status, body=body, content_type="application/json")

    server.app.middlewares.insert(0, once_for_a_key)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    web.run_app(server.app, sock=listening, print=None, access_log=None)


@dataclass
class Stripe:
    """The server, and the events that it sent: headers and body, as they came."""

    base: str
    events: "queue.Queue[tuple[dict[str, str], bytes]]" = field(default_factory=queue.Queue)

    def ask(self, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Ask it something as the merchant's own scripts, or Stripe's form, would."""
        answer = requests.request(
            method,
            f"{self.base}{path}",
            json=data or None,
            headers={"Authorization": f"Bearer {SECRET_KEY}"},
            timeout=10,
        )
        said: dict[str, Any] = answer.json() if answer.content else {}
        return said

    def pay(self, intent: str, card: str = GOOD_CARD) -> dict[str, Any]:
        """Pay a PaymentIntent with a card."""
        method = self.ask(
            "POST",
            "/v1/payment_methods",
            type="card",
            card={"number": card, "exp_month": 12, "exp_year": 2030, "cvc": "123"},
        )
        self.ask("POST", f"/v1/payment_intents/{intent}", payment_method=method["id"])
        return self.ask("POST", f"/v1/payment_intents/{intent}/confirm")

    def next_event(self, about: str) -> tuple[dict[str, str], bytes]:
        """The next event that it sent about a thing."""
        while True:
            headers, body = self.events.get(timeout=10)
            if json.loads(body)["data"]["object"].get("id") == about:
                return headers, body


def signed(body: bytes, *, secret: str = WEBHOOK_SECRET, at: int | None = None) -> dict[str, str]:
    """The header that signs an event."""
    stamp = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={digest}"}


def event(kind: str, thing: dict[str, Any], *, number: str) -> bytes:
    """An event about a thing, which localstripe does not send itself."""
    return json.dumps({"id": number, "object": "event", "type": kind, "data": {"object": thing}}).encode()


@contextmanager
def _receiver(events: "queue.Queue[tuple[dict[str, str], bytes]]") -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            events.put(({"Stripe-Signature": self.headers["Stripe-Signature"]}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def stripe_server() -> Iterator[Stripe]:
    """localstripe, ended with the context; what it sends is kept."""
    command = [sys.executable, "-m", "tests.payments.stripe_server"]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    try:
        assert process.stdout is not None
        stripe = Stripe(f"http://127.0.0.1:{int(process.stdout.readline())}")
        _wait_for(stripe)
        with _receiver(stripe.events) as url:
            stripe.ask("POST", "/_config/webhooks/pinback", url=url, secret=WEBHOOK_SECRET)
            yield stripe
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _wait_for(stripe: Stripe) -> None:
    for _try in range(100):
        try:
            stripe.ask("GET", "/v1/balance")
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("localstripe did not start")


if __name__ == "__main__":
    serve()
