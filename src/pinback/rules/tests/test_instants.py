"""Sections 1, 2.2 and 4.4: where a day begins, in zones whose clocks skip 0:00, show it twice, or skip a day.

The days are past ones: what rules a country will have in years to come is not known.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pinback.rules.instants import (
    day_start,
    expiry,
    format_instant,
    local_month,
    next_day_start,
    parse_instant,
    zone,
    zone_names,
)
from tests.support.story import Market


@pytest.mark.parametrize(
    ("place", "day", "begins"),
    [
        ("Asia/Shanghai", "2026-11-11", "2026-11-10T16:00:00Z"),
        ("UTC", "2026-11-11", "2026-11-11T00:00:00Z"),
        # Clocks change at night, 0:00 is as always.
        ("Europe/London", "2020-03-29", "2020-03-29T00:00:00Z"),
        ("Europe/London", "2020-03-30", "2020-03-29T23:00:00Z"),
        ("Europe/London", "2020-10-25", "2020-10-24T23:00:00Z"),
        ("Europe/London", "2020-10-26", "2020-10-26T00:00:00Z"),
        # 0:01 becomes 23:01 of the day before: 0:00 comes twice, the first counts.
        ("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"),
        ("America/St_Johns", "2010-11-08", "2010-11-08T03:30:00Z"),
        # 0:01 becomes 1:01: 0:00 comes as always.
        ("America/St_Johns", "2010-03-14", "2010-03-14T03:30:00Z"),
        ("America/St_Johns", "2010-03-15", "2010-03-15T02:30:00Z"),
        # 1:00 becomes 0:00: 0:00 comes twice.
        ("America/Havana", "2020-11-01", "2020-11-01T04:00:00Z"),
        ("America/Havana", "2020-11-02", "2020-11-02T05:00:00Z"),
        ("Atlantic/Azores", "2020-10-25", "2020-10-25T00:00:00Z"),
        # 0:00 becomes 1:00: the day begins at 1:00.
        ("America/Havana", "2020-03-08", "2020-03-08T05:00:00Z"),
        ("America/Havana", "2020-03-09", "2020-03-09T04:00:00Z"),
        ("Asia/Beirut", "2020-03-29", "2020-03-28T22:00:00Z"),
        ("America/Asuncion", "2023-10-01", "2023-10-01T04:00:00Z"),
        ("Africa/Cairo", "2023-04-28", "2023-04-27T22:00:00Z"),
        # At 0:00 clocks go back to 23:00: 0:00 is shown once, an hour later.
        ("Asia/Beirut", "2020-10-25", "2020-10-24T22:00:00Z"),
        ("America/Asuncion", "2024-03-24", "2024-03-24T04:00:00Z"),
        ("Africa/Cairo", "2023-10-27", "2023-10-26T22:00:00Z"),
        # 23:30 becomes 0:00, and once 0:00 became 23:30.
        ("Asia/Pyongyang", "2018-05-05", "2018-05-04T15:00:00Z"),
        ("Asia/Pyongyang", "2018-05-06", "2018-05-05T15:00:00Z"),
        ("Asia/Pyongyang", "2015-08-15", "2015-08-14T15:30:00Z"),
        # A whole day is skipped: it begins where the next one does.
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2012-01-01", "2011-12-31T10:00:00Z"),
        # 23:30 became 0:30, long ago: the day begins at 0:30.
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"),
        # Beyond the years of events: a voucher of the last day is good for a year.
        ("Asia/Shanghai", "2101-01-01", "2100-12-31T16:00:00Z"),
    ],
)
def test_a_day_begins(place: str, day: str, begins: str) -> None:
    assert format_instant(day_start(date.fromisoformat(day), place)) == begins


@pytest.mark.parametrize(
    ("place", "funded", "starts"),
    [
        ("Asia/Shanghai", "2026-11-10T15:59:59Z", "2026-11-10T16:00:00Z"),
        ("Asia/Shanghai", "2026-11-10T16:00:00Z", "2026-11-11T16:00:00Z"),
        ("America/St_Johns", "2010-11-07T02:29:59Z", "2010-11-07T02:30:00Z"),
        ("America/St_Johns", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"),
        # 23:15 for the second time: the coming 0:00 was there already, it counts once.
        ("America/St_Johns", "2010-11-07T02:45:00Z", "2010-11-08T03:30:00Z"),
        ("America/St_Johns", "2010-11-07T03:29:59Z", "2010-11-08T03:30:00Z"),
        ("America/St_Johns", "2010-11-07T03:30:00Z", "2010-11-08T03:30:00Z"),
        ("America/Havana", "2020-11-01T03:59:59Z", "2020-11-01T04:00:00Z"),
        ("America/Havana", "2020-11-01T04:00:00Z", "2020-11-02T05:00:00Z"),
        ("America/Havana", "2020-11-01T04:59:59Z", "2020-11-02T05:00:00Z"),
        ("America/Havana", "2020-11-01T05:00:00Z", "2020-11-02T05:00:00Z"),
        ("America/Havana", "2020-03-08T04:59:59Z", "2020-03-08T05:00:00Z"),
        ("America/Havana", "2020-03-08T05:00:00Z", "2020-03-09T04:00:00Z"),
        ("Asia/Beirut", "2020-10-24T20:59:59Z", "2020-10-24T22:00:00Z"),
        ("Asia/Beirut", "2020-10-24T21:00:00Z", "2020-10-24T22:00:00Z"),
        ("Asia/Beirut", "2020-10-24T22:00:00Z", "2020-10-25T22:00:00Z"),
        ("Pacific/Apia", "2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
        ("Asia/Pyongyang", "2018-05-04T14:59:59Z", "2018-05-04T15:00:00Z"),
        ("Asia/Pyongyang", "2018-05-04T15:00:00Z", "2018-05-05T15:00:00Z"),
    ],
)
def test_a_campaign_starts_at_the_next_local_midnight(place: str, funded: str, starts: str) -> None:
    assert format_instant(next_day_start(parse_instant(funded), place)) == starts
    shop = Market(clock=funded).shop("shop").opens(place)
    assert shop.draft("c", spend=100, get=5).fund().starts_at == starts


@pytest.mark.parametrize(
    ("place", "issued", "valid_days", "expires"),
    [
        ("Asia/Shanghai", "2026-11-10T15:59:59Z", 1, "2026-11-11T16:00:00Z"),
        ("Asia/Shanghai", "2026-11-10T16:00:00Z", 1, "2026-11-12T16:00:00Z"),
        ("America/St_Johns", "2010-11-05T12:00:00Z", 1, "2010-11-07T02:30:00Z"),
        ("America/St_Johns", "2010-11-07T02:30:30Z", 1, "2010-11-09T03:30:00Z"),
        # 23:15 of the day before, for the second time: that day is the issue day.
        ("America/St_Johns", "2010-11-07T02:45:00Z", 1, "2010-11-08T03:30:00Z"),
        ("America/Havana", "2020-03-06T12:00:00Z", 1, "2020-03-08T05:00:00Z"),
        ("Pacific/Apia", "2011-12-29T09:00:00Z", 1, "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-29T12:00:00Z", 1, "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-29T12:00:00Z", 2, "2011-12-31T10:00:00Z"),
        ("Asia/Shanghai", "2099-12-31T15:59:59Z", 365, "2100-12-31T16:00:00Z"),
    ],
)
def test_a_voucher_expires_at_a_local_midnight(
    place: str, issued: str, valid_days: int, expires: str
) -> None:
    assert format_instant(expiry(parse_instant(issued), valid_days, place)) == expires


def test_a_voucher_expires_in_the_zone_of_its_shop() -> None:
    market = Market(clock="2020-03-01T12:00:00Z")
    cuba = market.shop("cuba").opens("America/Havana")
    cuba.draft("c", spend=1_00, get=1_00, valid_days=1).fund()
    market.clock = "2020-03-07T04:59:59Z"  # 23:59:59 of the 6th in Havana
    assert cuba.deal("o1", "Li", "1 x rum @ 1.00").earned.expires_at == "2020-03-08T05:00:00Z"


@pytest.mark.parametrize(
    ("place", "moment", "month"),
    [
        ("Asia/Shanghai", "2026-11-30T15:59:59Z", "2026-11"),
        ("Asia/Shanghai", "2026-11-30T16:00:00Z", "2026-12"),
        ("UTC", "2026-12-31T23:59:59Z", "2026-12"),
        ("Pacific/Apia", "2011-12-31T09:59:59Z", "2011-12"),
        ("Pacific/Apia", "2011-12-31T10:00:00Z", "2012-01"),
        ("America/Havana", "2020-11-01T03:59:59Z", "2020-10"),
        ("America/Havana", "2020-11-01T04:00:00Z", "2020-11"),
    ],
)
def test_the_local_month(place: str, moment: str, month: str) -> None:
    assert local_month(parse_instant(moment), place) == month


@pytest.mark.parametrize(
    "place",
    ["America/Havana", "America/St_Johns", "Asia/Beirut", "Africa/Cairo", "Europe/London", "Pacific/Apia"],
)
@pytest.mark.parametrize("year", [2010, 2011])
def test_a_day_begins_at_the_first_instant_that_shows_it_or_a_later_one(place: str, year: int) -> None:
    """The words of section 1, looked up minute by minute where a day's length is not 24 hours."""
    there = zone(place)
    for number in range(365):
        day = date(year, 1, 1) + timedelta(days=number)
        start = day_start(day, place)
        if day_start(day + timedelta(days=1), place) - start == 86_400:
            assert datetime.fromtimestamp(start, there).date() == day
            assert datetime.fromtimestamp(start - 1, there).date() < day
            continue
        for neighbour in (day, day + timedelta(days=1)):
            begins = day_start(neighbour, place)
            first = next(
                moment
                for moment in range(begins - 90_000, begins + 90_001, 60)
                if datetime.fromtimestamp(moment, there).date() >= neighbour
            )
            assert first == begins


def test_zones_come_from_the_package_alone() -> None:
    assert zone("Asia/Shanghai") is zone("Asia/Shanghai")
    assert isinstance(zone("Asia/Shanghai"), ZoneInfo)
    for name in zone_names():
        assert datetime(2026, 11, 10, tzinfo=UTC).astimezone(zone(name)).tzinfo is not None
