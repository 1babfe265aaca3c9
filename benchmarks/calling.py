"""A caller of the HTTP API that costs the machine little: one connection, kept open, JSON in and out."""

import json
import socket
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any


class Failed(Exception):
    """The server answered with an error."""


class Caller:
    """One connection with the secret of one session; notes how long each kind of request took."""

    def __init__(self, port: int, secret: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._head = (
            f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n"
        )
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def post(self, what: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to a POST; noted under `what`. Raises Failed."""
        return self._call(what, "POST", path, b"" if body is None else json.dumps(body).encode())

    def get(self, what: str, path: str) -> Any:
        """The answer to a GET; noted under `what`. Raises Failed."""
        return self._call(what, "GET", path, b"")

    def _call(self, what: str, method: str, path: str, body: bytes) -> Any:
        begun = time.perf_counter()
        head = f"{method} /api/v1{path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _colon, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answer = self._file.read(length)
        self.seconds[what].append(time.perf_counter() - begun)
        if status >= 400:
            raise Failed(f"{method} {path}: {status} {answer.decode(errors='replace')[:300]}")
        return json.loads(answer) if answer else None
