"""The stream of events: ids that repeat, campaigns in their place, the clock that ticks."""

import json
from pathlib import Path
from typing import Any

import pytest

from pinback.history import HistoryError, HistoryReport, history_events, parse_campaign
from pinback.history.ids import event_id, fit_id, refund_id
from pinback.history.tests.shop import SHIPPED, orders, read, refunds, row, write
from pinback.rules.decisions import EventApplied, EventDuplicate
from pinback.rules.reading import parse_line
from pinback.rules.settle import settle
from pinback.rules.state import State

LINES = [
    "1 a 3 2010-01-01T09:00 100.00 7",
    "2 a 3 2010-01-03T09:00 100.00 8",
    "C3 a -1 2010-01-04T09:00 100.00 8",
]
SPRING = parse_campaign(
    "threshold=20000,rebate=1000,quantity=10,funded=2010-01-01,id=spring", "Europe/London"
)


def types(events: list[dict[str, object]]) -> list[str]:
    return [f"{str(event['at'])[:10]} {event['type']}" for event in events]


def test_campaigns_are_created_and_funded_in_their_place(tmp_path: Path) -> None:
    events, _ = read(write(tmp_path, *LINES), campaigns=[SPRING])
    assert types(events)[:4] == [
        "2010-01-01 shop.opened",
        "2010-01-01 campaign.created",
        "2010-01-01 campaign.funded",
        "2010-01-01 order.placed",
    ]
    common = {"at": "2010-01-01T00:00:00+00:00", "shop": "S", "campaign": "spring"}
    assert events[1] == {
        "id": "created:spring",
        "type": "campaign.created",
        **common,
        "threshold": 20000,
        "rebate": 1000,
        "quantity": 10,
        "valid_days": 15,
    }
    assert events[2] == {
        "id": "funded:spring",
        "type": "campaign.funded",
        **common,
        "amount": 10000,
        "method": "debit_card",
    }
    assert events[0]["at"] == common["at"]


def test_a_campaign_after_the_history_comes_last(tmp_path: Path) -> None:
    late = parse_campaign(
        "threshold=100,rebate=10,quantity=10,funded=2010-02-01T12:00,name=Late", "Europe/London"
    )
    events, _ = read(write(tmp_path, *LINES), campaigns=[late])
    assert types(events)[-2:] == ["2010-02-01 campaign.created", "2010-02-01 campaign.funded"]
    assert events[-2]["name"] == "Late"


def test_the_clock_ticks_at_each_local_midnight_if_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "1 a 1 2010-03-27T09:00 1.00 7", "2 a 1 2010-03-29T09:00 1.00 7")
    events, report = read(path, daily_clock=True)
    ticks = [event["at"] for event in events if event["type"] == "clock.ticked"]
    assert ticks == ["2010-03-28T00:00:00+00:00", "2010-03-29T00:00:00+01:00"]
    assert report.events == len(events)
    assert not any(event["type"] == "clock.ticked" for event in read(path)[0])


def test_the_clock_goes_on_until_every_voucher_is_past_its_time(tmp_path: Path) -> None:
    events, _ = read(write(tmp_path, *LINES), campaigns=[SPRING], daily_clock=True)
    assert events[-1]["id"] == "tick:2010-01-20"  # the last day, 4 January, + 15 + 1


def settle_all(state: State, events: list[dict[str, object]]) -> list[str]:
    found = []
    for event in events:
        parsed = parse_line(json.dumps(event).encode())
        first = settle(state, parsed)[0]
        found.append(type(first).__name__)
    return found


def test_the_rules_take_every_event_and_the_file_again_is_nothing_but_duplicates(tmp_path: Path) -> None:
    long = "1" * 64
    rows = [
        *LINES,
        f"{long} a 1 2010-01-05T09:00 1.00 {long}",
        f"C{long[:63]} a -1 2010-01-06T09:00 1.00 {long}",
    ]
    path = write(tmp_path, *rows)
    options: dict[str, Any] = {"campaigns": [SPRING], "daily_clock": True}
    events, _ = read(path, **options)
    state = State()
    assert set(settle_all(state, events)) == {EventApplied.__name__}
    again, _ = read(path, **options)
    assert again == events
    assert set(settle_all(state, again)) == {EventDuplicate.__name__}
    # With a month more in the file, what was there keeps its ids and content.
    longer, _ = read(write(tmp_path, *rows, "9 a 1 2010-02-01T09:00 1.00 7"), campaigns=[SPRING])
    results = settle_all(state, longer)
    assert results == [EventDuplicate.__name__] * (len(longer) - 4) + [EventApplied.__name__] * 4


def test_a_shop_that_is_open_need_not_be_opened(tmp_path: Path) -> None:
    events, _ = read(write(tmp_path, *LINES), open_shop=False)
    assert events[0]["type"] == "order.placed"


def test_an_empty_history_has_no_events(tmp_path: Path) -> None:
    assert read(write(tmp_path)) == ([], HistoryReport())


def test_only_a_campaign(tmp_path: Path) -> None:
    events, _ = read(write(tmp_path), campaigns=[SPRING])
    assert [event["type"] for event in events] == ["shop.opened", "campaign.created", "campaign.funded"]


@pytest.mark.parametrize("shop", ["", "a/b", "a b", "é", "x" * 65, "x\n"])
def test_a_shop_id_that_is_none(tmp_path: Path, shop: str) -> None:
    events = history_events(write(tmp_path, *LINES), SHIPPED, shop=shop, report=HistoryReport())
    with pytest.raises(HistoryError, match="shop id"):
        next(events)


def test_ids_of_the_file_are_made_fit_without_two_becoming_one() -> None:
    texts = ["a", "a b", "a/b", "a%b", "a%2Fb", "a%20b", "é", "%C3%A9", "a\tb", "\ud800"]
    fitted = [fit_id(text) for text in texts]
    assert len(set(fitted)) == len(texts)
    assert fitted[:4] == ["a", "a%20b", "a%2Fb", "a%25b"]
    assert fit_id("") is None
    assert fit_id("x" * 64) == "x" * 64
    assert fit_id("x" * 65) is None


def test_ids_of_events_stay_short_and_apart() -> None:
    subjects = ["1", "x" * 57, "x" * 58, "x" * 64, "y" * 64]
    made = [event_id("placed", subject) for subject in subjects]
    made += [
        refund_id(refund, number) for refund in ("x" * 64, "y" * 64, "x" * 62, "1") for number in (1, 12)
    ]
    assert len(set(made)) == len(made)
    assert all(len(one) <= 64 and fit_id(one.replace("%", "")) for one in made)


def test_hostile_ids_become_orders_all_the_same(tmp_path: Path) -> None:
    path = write(tmp_path)
    text = path.read_text() + "\n".join(
        row(f"{order} a/b 1 2010-01-01T09:00 1.00 7%") for order in ("..", "é", "%", "a/b", "<b>", "'")
    )
    path.write_text(text, encoding="utf-8")
    events, _ = read(path)
    assert list(orders(events)) == ["..", "%C3%A9", "%25", "a%2Fb", "<b>", "'"]
    assert refunds(events) == []
    assert set(settle_all(State(), events)) == {EventApplied.__name__}
