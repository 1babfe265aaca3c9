"""The one clock: whole seconds in UTC, which the operator of a sandbox may set forward.

Everything that asks what time it is asks here, so tests and the sandbox travel in time together, over all
processes: the offset is a row of the database. Outside the sandbox it is the machine's clock alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F

from pinback.kit.models import SandboxClock

_held: ContextVar[datetime | None] = ContextVar("pinback_clock", default=None)


def now() -> datetime:
    """The present instant, to the second, in UTC."""
    held = _held.get()
    if held is not None:
        return held
    present = datetime.now(UTC).replace(microsecond=0)
    return present + timedelta(seconds=_offset_seconds()) if settings.PINBACK_SANDBOX else present


def set_forward(seconds: int) -> None:
    """Set the sandbox's clock forward for all processes. ValueError: backward; RuntimeError: no sandbox."""
    if not settings.PINBACK_SANDBOX:
        raise RuntimeError("only the clock of a sandbox can be set")
    if seconds < 0:
        raise ValueError("the clock goes forward only")
    SandboxClock.objects.get_or_create(id=1)
    SandboxClock.objects.filter(id=1).update(offset_seconds=F("offset_seconds") + seconds)


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Let this thread's clock stand at a moment, for tests and for making a past."""
    token = _held.set(moment.astimezone(UTC).replace(microsecond=0))
    try:
        yield
    finally:
        _held.reset(token)


def _offset_seconds() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT offset_seconds FROM kit_sandboxclock WHERE id = 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
