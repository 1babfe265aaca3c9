"""Moments of the market as instants of the rules, and back."""

from datetime import UTC, datetime

from pinback.rules.instants import Instant


def instant_of(moment: datetime) -> Instant:
    """A moment as the rules have it: whole seconds since the epoch."""
    return Instant(int(moment.timestamp()))


def moment_of(instant: int) -> datetime:
    """An instant of the rules as a moment in UTC."""
    return datetime.fromtimestamp(instant, UTC)
