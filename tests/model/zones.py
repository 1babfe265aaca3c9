"""Local days of a shop, found by looking at the clock minute by minute. The zone data is that of the `tzdata`
package and never the system's, because the specification names that package (section 10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

NOT_OFFERED = {"localtime", "Factory", "posixrules"}
DAY = 86_400


@cache
def zone_names() -> frozenset[str]:
    """Every name that a shop may give as its time zone (section 10)."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(listed) - NOT_OFFERED


@cache
def zone(name: str) -> ZoneInfo:
    """The zone's rules as the tzdata package has them."""
    found = resources.files("tzdata").joinpath("zoneinfo").joinpath(*name.split("/"))
    with found.open("rb") as stream:
        return ZoneInfo.from_file(stream, key=name)


def local_date(zone_name: str, instant: int) -> date:
    """The date that a clock in the zone shows at the instant (seconds since 1970)."""
    return datetime.fromtimestamp(instant, zone(zone_name)).date()


@cache
def midnight(zone_name: str, day: date) -> int:
    """0:00 of a day: the first instant whose local date is that day or a later one (section 1)."""
    instant = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - DAY
    while local_date(zone_name, instant) < day:
        instant += 60
    return instant


def next_midnight(zone_name: str, instant: int) -> int:
    """The first local 0:00 strictly after the instant; one that comes twice counts once (section 2.2)."""
    today = local_date(zone_name, instant)
    nights = [midnight(zone_name, today + timedelta(days=n)) for n in range(-2, 5)]
    return min(night for night in nights if night > instant)


def expiry(zone_name: str, issued_at: int, valid_days: int) -> int:
    """When a voucher issued at the instant expires (section 4.4)."""
    return midnight(zone_name, local_date(zone_name, issued_at) + timedelta(days=valid_days + 1))


def local_month(zone_name: str, instant: int) -> str:
    """The local month of an instant, as `YYYY-MM` (section 7.2)."""
    return local_date(zone_name, instant).isoformat()[:7]
