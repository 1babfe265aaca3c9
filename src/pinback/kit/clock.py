"""The one clock: whole seconds in UTC, which the operator of a sandbox may set forward.

Everything that asks what time it is asks here, so tests and the sandbox travel in time together, over all
processes: the offset is a row of the database. Outside the sandbox it is the machine's clock alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.kit.models import SandboxClock
from pinback.kit.prepared import Prepared
from pinback.kit.refusals import Refused

LATEST = datetime(2098, 1, 1, tzinfo=UTC)
"""Years end in 2099 (section 10), and a voucher may be valid for one of them."""

_held: ContextVar[datetime | None] = ContextVar("pinback_clock", default=None)
_read: ContextVar[list[int] | None] = ContextVar("pinback_clock_read", default=None)
"""The offset, once it was read, inside a block of `read_once`."""


def now() -> datetime:
    """The present instant, to the second, in UTC."""
    held = _held.get()
    if held is not None:
        return held
    present = datetime.now(UTC).replace(microsecond=0)
    return present + timedelta(seconds=_offset_known()) if settings.PINBACK_SANDBOX else present


@contextmanager
def read_once() -> Iterator[None]:
    """Let the sandbox's clock be read once in the block, however often it is asked; until it is set."""
    token = _read.set([])
    try:
        yield
    finally:
        _read.reset(token)


def set_forward(seconds: int) -> None:
    """Set the sandbox's clock forward for all processes. ValueError: backward; RuntimeError: no sandbox.

    Raises Refused: so far that what begins then would end after the years that settlement knows.
    """
    if not settings.PINBACK_SANDBOX:
        raise RuntimeError("only the clock of a sandbox can be set")
    if seconds < 0:
        raise ValueError("the clock goes forward only")
    most = int((LATEST - datetime.now(UTC)).total_seconds()) - seconds
    SandboxClock.objects.get_or_create(id=1)
    clocks = SandboxClock.objects.filter(id=1, offset_seconds__lte=most)
    if not clocks.update(offset_seconds=F("offset_seconds") + seconds):
        raise Refused(
            "too_far", _("The clock goes to the end of 2097, and cannot be set back."), "forward_seconds"
        )
    known = _read.get()
    if known is not None:
        known.clear()


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Let this thread's clock stand at a moment, for tests and for making a past."""
    token = _held.set(moment.astimezone(UTC).replace(microsecond=0))
    try:
        yield
    finally:
        _held.reset(token)


def _offset_known() -> int:
    known = _read.get()
    if known is None:
        return _offset_seconds()
    if not known:
        known.append(_offset_seconds())
    return known[0]


def _offset_seconds() -> int:
    return _offsets.first() or 0


_offsets = Prepared(lambda: SandboxClock.objects.filter(id=1).values_list("offset_seconds", flat=True))
