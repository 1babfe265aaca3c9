"""Instants and a shop's local days: where a day begins, which month it is, in any zone
(sections 1 and 2.2).

An instant is a whole number of seconds since 1970-01-01T00:00:00Z. Zone data comes from PyPI's `tzdata`
alone, never from the machine, so that two machines agree (section 10, `shop.opened`).
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(
    r"(20[0-9]{2})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.[0-9]+)?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_NOT_PLACES = {"localtime", "Factory", "posixrules"}
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY_SECONDS = 86_400


class Instant(int):
    """Seconds since the epoch, UTC; a type of its own so that the event schema can parse it."""

    __slots__ = ()


@lru_cache(maxsize=1024)
def _day_seconds(year: int, month: int, day: int) -> int:
    return (date(year, month, day).toordinal() - _EPOCH_DAY) * _DAY_SECONDS


def parse_instant(text: str) -> Instant:
    """Read `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`, years 2000 to 2099 as written; the fraction is
    dropped.

    Raises ValueError for anything else, a time without an offset included (section 10).
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("is not an instant like 2026-11-11T16:00:00Z or 2026-11-12T00:00:00+08:00")
    year, month, day, hour, minute, second, sign, offset_hour, offset_minute = found.groups()
    seconds = (
        _day_seconds(int(year), int(month), int(day)) + int(hour) * 3600 + int(minute) * 60 + int(second)
    )
    if sign is not None:
        offset = int(offset_hour) * 3600 + int(offset_minute) * 60
        seconds += offset if sign == "-" else -offset
    return Instant(seconds)


@lru_cache(maxsize=4096)
def format_instant(at: int) -> str:
    """Write an instant as decisions show it: UTC, `2026-11-11T16:00:00Z` (section 11)."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The names that `shop.opened` may give (section 10)."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(listed) - _NOT_PLACES


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that name, one of `zone_names()`."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def local_date(at: int, zone_name: str) -> date:
    """The local date at an instant."""
    return datetime.fromtimestamp(at, zone(zone_name)).date()


@lru_cache(maxsize=4096)
def local_month(at: int, zone_name: str) -> str:
    """The local month at an instant, `YYYY-MM`: the name of a sales bucket (section 7.2)."""
    return datetime.fromtimestamp(at, zone(zone_name)).strftime("%Y-%m")


@lru_cache(maxsize=8192)
def day_start(day: date, zone_name: str) -> int:
    """0:00 of a day: the first instant whose local date is that day or a later one (section 1).

    Where a zone's clocks skip 0:00 that is the instant of the change; where 0:00 comes twice, the first.
    """
    place = zone(zone_name)
    midnight = datetime.combine(day, time())
    # fold=0: of a midnight that comes twice the first; of one that is skipped, the reading by the old offset.
    start = int(midnight.replace(tzinfo=place, fold=0).timestamp())
    if datetime.fromtimestamp(start, place).replace(tzinfo=None) == midnight:
        return start
    return _first_at_or_after(midnight, start, place)


def _first_at_or_after(midnight: datetime, after: int, place: ZoneInfo) -> int:
    """The instant at which clocks jump over `midnight`; `after` lies behind the jump, a day and an hour
    before it does not.
    """
    before = after - _DAY_SECONDS - 3600
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, place).replace(tzinfo=None) >= midnight:
            after = middle
        else:
            before = middle
    return after


def next_day_start(at: int, zone_name: str) -> int:
    """The first local 0:00 strictly after an instant; a 0:00 that comes twice counts once (section 2.2)."""
    day = local_date(at, zone_name) + timedelta(days=1)
    while day_start(day, zone_name) <= at:
        day += timedelta(days=1)
    return day_start(day, zone_name)


@lru_cache(maxsize=4096)
def expiry(at: int, valid_days: int, zone_name: str) -> int:
    """When a voucher issued at `at` expires: the 0:00 that begins day issue day + `valid_days` + 1
    (section 4.4).
    """
    return day_start(local_date(at, zone_name) + timedelta(days=valid_days + 1), zone_name)
