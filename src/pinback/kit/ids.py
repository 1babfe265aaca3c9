"""Ids made by the application: 63 bits, ascending in time, from any number of processes.

An id is `tick · 1024 + node`. A tick is at least the time in 1/4096 of a millisecond and always above the
one before; the node is drawn once for each process, so that two processes do not make the same id.
"""

import os
import random
import time
from collections.abc import Sequence
from threading import Lock

_NODE_BITS = 10
_EPOCH_MS = 1_577_836_800_000
"""2020-01-01, so that 63 bits last until 2089."""


class IdMaker:
    """Makes ids in ascending order."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process = 0
        self._node = 0
        self._last = 0

    def take(self, count: int, *, after: int = 0) -> Sequence[int]:
        """The next `count` ids, ascending, each above `after` and above all made here before."""
        with self._lock:
            if self._process != os.getpid():
                # A forked process draws a node of its own.
                self._process = os.getpid()
                self._node = random.SystemRandom().getrandbits(_NODE_BITS)
            now = (time.time_ns() // 1_000_000 - _EPOCH_MS) << 12
            first = max(now, self._last + 1, (after >> _NODE_BITS) + 1)
            self._last = first + count - 1
            return range(
                first << _NODE_BITS | self._node, (self._last << _NODE_BITS | self._node) + 1, 1 << _NODE_BITS
            )


_maker = IdMaker()


def take_ids(count: int, *, after: int = 0) -> Sequence[int]:
    """The next `count` ids of this process, ascending, each above `after`."""
    return _maker.take(count, after=after)
