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


def new_id() -> int:
    """One new id."""
    return _maker.take(1)[0]


_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_PUBLIC_LENGTH = 13


def public_id(id_: int) -> str:
    """An id as people and programs outside see it: 13 digits of Crockford's base 32, in the order of ids."""
    digits = ""
    for _ in range(_PUBLIC_LENGTH):
        id_, value = divmod(id_, 32)
        digits = _DIGITS[value] + digits
    return digits


def id_of(public: str) -> int:
    """The id of a `public_id`. ValueError for a text that is none."""
    if len(public) != _PUBLIC_LENGTH or not all(digit in _VALUES for digit in public):
        raise ValueError("not an id")
    id_ = 0
    for digit in public:
        id_ = id_ * 32 + _VALUES[digit]
    if id_ >= 1 << 63:
        raise ValueError("not an id")
    return id_
