"""A small stand-in for WeChat's OAuth, as its documentation has it: it says who the user of a browser inside
WeChat is, by a code that is good once, and only to whoever has the secret of the official account.

`answers` lets it misbehave; `user` is whose phone it is.
"""

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.payments.wechat_server import APP

APP_SECRET = "5f3b1c-secret-of-the-account"
USER = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


@dataclass
class Accounts:
    """What the server knows. `back` is where browsers may be sent, as is set at the official account."""

    base: str = ""
    back: str = "https://shop.example/"
    user: str = USER
    is_visitor: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)

    def settings(self) -> dict[str, str]:
        """What `PINBACK_WECHAT` needs beside WeChat Pay's."""
        return {"APP_SECRET": APP_SECRET, "OPEN_BASE": self.base, "API_BASE": self.base}

    def authorize(self, given: dict[str, str]) -> str | None:
        """Where the browser is sent back to; None: WeChat shows an error page."""
        known = given.get("appid") == APP and given.get("response_type") == "code"
        state = given.get("state", "")
        is_right = known and given.get("scope") == "snsapi_base" and re.fullmatch("[a-zA-Z0-9]{1,128}", state)
        if not is_right or not given.get("redirect_uri", "").startswith(self.back):
            return None
        code = secrets.token_hex(16)
        self.codes[code] = self.user
        return f"{given['redirect_uri']}?{urlencode({'code': code, 'state': state})}"

    def token(self, given: dict[str, str]) -> tuple[int, Any]:
        """The answer to a code."""
        if self.answers:
            return self.answers.pop(0)
        if given.get("appid") != APP or given.get("secret") != APP_SECRET:
            return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
        user = self.codes.pop(given.get("code", ""), None)
        if user is None or given.get("grant_type") != "authorization_code":
            return 200, {"errcode": 40029, "errmsg": "invalid code"}
        said = {"access_token": "A", "expires_in": 7200, "refresh_token": "R", "openid": user}
        said["scope"] = "snsapi_base"
        return 200, said | ({"is_snapshotuser": 1} if self.is_visitor else {})


def _handler(accounts: Accounts) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = {name: values[0] for name, values in parse_qs(parts.query).items()}
            accounts.asked.append(parts.path)
            if parts.path == "/connect/oauth2/authorize":
                place = accounts.authorize(given)
                self.send_response(302 if place else 400)
                if place:
                    self.send_header("Location", place)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, said = accounts.token(given)
            text = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response(status)
            # As in earnest: JSON that says it is plain text.
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    return Handler


@contextmanager
def wechat_oauth() -> Iterator[Accounts]:
    """A server on a free port of this machine, ended with the context."""
    accounts = Accounts()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(accounts))
    accounts.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield accounts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
