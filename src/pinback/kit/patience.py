"""Waiting for a database server that restarts or is full: a little longer each time, and not for ever."""

import time

from django.conf import settings

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0


class Patience:
    """Lasts for PINBACK_RECONNECT_SECONDS from the first time that it is needed."""

    def __init__(self) -> None:
        self._until: float | None = None
        self._pause = _FIRST_PAUSE_SECONDS

    def wait(self) -> bool:
        """Wait a moment; whether there was patience left for it."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + float(settings.PINBACK_RECONNECT_SECONDS)
        if now >= self._until:
            return False
        time.sleep(min(self._pause, self._until - now))
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        return True
