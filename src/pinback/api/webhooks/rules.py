"""What is decided of deliveries: when to try again, when to give up, when an endpoint is paused."""

from datetime import datetime, timedelta

MOST_TRIES = 8
PAUSED_AFTER = timedelta(hours=24)
"""An endpoint that fails so long without a success between is paused; its deliveries wait for it."""
OLD_SECRET_LASTS = timedelta(hours=24)
MOST_ENDPOINTS = 10
"""Of a shop."""

FEWEST_COPIES = 10
"""In a day: fewer are no sign of anything."""

_GAPS_SECONDS = (10, 60, 300, 1_800, 7_200, 21_600, 43_200)
"""Behind the first try, the second, …: a day in all."""
_ENDPOINT_GAPS_SECONDS = (5, 10, 30, 60, 120, 300)


def gap(tries: int, *, chance: float) -> timedelta:
    """How long to wait behind so many tries; `chance`, from 0 to 1, spreads them over half as long again."""
    base = _GAPS_SECONDS[min(tries, len(_GAPS_SECONDS)) - 1]
    return timedelta(seconds=base * (1 + chance / 2))


def endpoint_gap(failures: int, *, chance: float) -> timedelta:
    """How long an endpoint that failed so often in a row is left alone: it takes a thread for a time-out."""
    base = _ENDPOINT_GAPS_SECONDS[min(failures, len(_ENDPOINT_GAPS_SECONDS)) - 1]
    return timedelta(seconds=base * (1 + chance / 2))


def is_dead(tries: int) -> bool:
    """Whether a delivery that failed so often is given up."""
    return tries >= MOST_TRIES


def is_to_pause(failing_since: datetime, now: datetime) -> bool:
    """Whether an endpoint has failed for too long."""
    return now - failing_since >= PAUSED_AFTER


def is_repeated_too_often(delivered: int, copies: int) -> bool:
    """Whether so many copies beside so many messages of a day are above one percent, and not by chance."""
    return copies >= FEWEST_COPIES and copies * 100 > delivered
