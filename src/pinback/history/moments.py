"""Moments: a shop's local times as instants that sort exactly, and as text with the right offset."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pinback.rules.instants import zone

FIRST_YEAR, LAST_YEAR = 2000, 2099
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(NamedTuple):
    """A time: microseconds since the epoch, to sort by, and local text with an offset, as events have it."""

    microseconds: int
    text: str


def read_moment(text: str, time_format: str, zone_name: str) -> Moment | None:
    """The moment that a text means, a local time where it has no offset; `iso` or a strptime format.

    None where the text means none, or one outside the years 2000 to 2099 (section 10). Of a local time that
    comes twice the first is meant; one that clocks skipped is read by the offset before.
    """
    place = zone(zone_name)
    try:
        if time_format == "iso":
            found = datetime.fromisoformat(text.strip())
        else:
            found = datetime.strptime(text.strip(), time_format)  # noqa: DTZ007 - the zone comes next
        return _moment(found.replace(tzinfo=place) if found.tzinfo is None else found.astimezone(place))
    except (ValueError, OverflowError):
        return None


def moment_at(seconds: int, zone_name: str) -> Moment | None:
    """The moment of an instant in seconds since the epoch; None outside the years 2000 to 2099."""
    return _moment(datetime.fromtimestamp(seconds, zone(zone_name)))


def _moment(local: datetime) -> Moment | None:
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        return None
    return Moment((local - _EPOCH) // timedelta(microseconds=1), local.isoformat(timespec="seconds"))
