"""How often one key, one session, or one address without either, may ask: PINBACK_RATE requests a minute.

Each asker has a moment at which everything they asked so far is paid off at that rate, and may be a minute
ahead of it; that is one number for each (the generic cell rate algorithm). Each process of the server counts
for itself, in memory: a database would be written to by every request that only reads.
"""

import time
from collections.abc import Callable
from math import ceil
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.throttling import BaseThrottle

WINDOW_SECONDS = 60.0
_STANDING = "standing"


class Standing(NamedTuple):
    """Where an asker stands after a request: whether it is let in, how many more would be, and after how
    many seconds the next one will be (0: now), and all of them again.
    """

    let_in: bool
    rate: int
    remaining: int
    wait_seconds: float
    full_seconds: float


class Pace:
    """Counts askers by any name."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._paid_off: dict[str, float] = {}
        self._earlier: dict[str, float] = {}
        self._since = seconds()

    def ask(self, name: str, rate: int) -> Standing:
        """Count a request, unless it is one too many."""
        with self._lock:
            now = self._seconds()
            self._forget(now)
            each = WINDOW_SECONDS / rate
            paid_off = max(now, self._paid_off.get(name, self._earlier.get(name, now)))
            let_in = paid_off + each <= now + WINDOW_SECONDS
            if let_in:
                paid_off += each
            self._paid_off[name] = paid_off
        ahead = paid_off - now
        # A thousandth of a request is what adding up fractions may lose.
        remaining = int((WINDOW_SECONDS - ahead) / each + 0.001)
        return Standing(let_in, rate, remaining, max(0.0, ahead + each - WINDOW_SECONDS), ahead)

    def _forget(self, now: float) -> None:
        """Whoever asked nothing for a minute has all requests again, and no number."""
        if now - self._since >= WINDOW_SECONDS:
            idle = now - self._since >= 2 * WINDOW_SECONDS
            self._earlier, self._paid_off, self._since = {} if idle else self._paid_off, {}, now

    def __len__(self) -> int:
        """How many askers are remembered."""
        return len(self._paid_off.keys() | self._earlier.keys())


pace = Pace()
"""Of this process."""


class Paced(BaseThrottle):
    """Asked before each operation, once it is known who calls."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Whether the caller did not ask too often."""
        return is_let_in(request)


def is_let_in(request: HttpRequest) -> bool:
    """Count a request of a key, a session or an address, once; whether it is not one too many."""
    rate = settings.PINBACK_RATE
    if not rate:
        return True
    standing: Standing | None = getattr(request, _STANDING, None)
    if standing is None:
        standing = pace.ask(_asker(request), rate)
        setattr(request, _STANDING, standing)
    return standing.let_in


def wait_seconds(request: HttpRequest) -> float:
    """After how many seconds the caller of a request may ask again."""
    standing: Standing | None = getattr(request, _STANDING, None)
    return 0.0 if standing is None else standing.wait_seconds


def _asker(request: HttpRequest) -> str:
    actor = getattr(request, "actor", None)
    # A secret that is not valid names nobody: anyone could invent one for each request.
    return str(actor.credential_id) if actor is not None else request.META.get("REMOTE_ADDR", "")


def tell_standing(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the asker know how many requests are left, as in draft-ietf-httpapi-ratelimit-headers."""
    standing: Standing | None = getattr(request, _STANDING, None)
    if standing is not None:
        response["RateLimit-Policy"] = f'"default";q={standing.rate};w={WINDOW_SECONDS:.0f}'
        response["RateLimit"] = f'"default";r={standing.remaining};t={ceil(standing.full_seconds)}'
