"""Each rule by which the Online Retail II data is read as history, on the smallest file that shows it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pinback.history import Oddity, Reason
from pinback.history.tests.shop import orders, read, refunds, write

NEW_YEAR = "2010-01-01T09:00"


def test_one_invoice_is_one_order_with_its_lines_in_file_order(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"1 b 2 {NEW_YEAR} 6.950 7",
        f"2 a 1 {NEW_YEAR} 1.000 8",
        f"1 a 1 {NEW_YEAR} 0.100 7",
    )
    events, report = read(path)
    assert orders(events) == {"1": "2×b@695 1×a@10", "2": "1×a@100"}
    assert (report.rows, report.orders, report.order_lines, report.units) == (3, 2, 3, 4)
    assert report.goods_minor == report.paid_minor == 2 * 695 + 10 + 100


@pytest.mark.parametrize(
    ("price", "minor"),
    [("6.950", 695), ("0.005", 1), ("0.004", 0), ("1.005", 101), ("1.0049999", 100), ("2", 200)],
)
def test_price_is_rounded_half_up_per_unit(tmp_path: Path, price: str, minor: int) -> None:
    path = write(tmp_path, f"1 a 10 {NEW_YEAR} 1.000 7", f"1 p 3 {NEW_YEAR} {price} 7")
    assert orders(read(path)[0]) == {"1": f"10×a@100 3×p@{minor}"}


def test_a_refund_takes_the_latest_order_first_and_within_it_the_lower_line_first(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "1 a 5 2010-01-01T09:00 1.000 7",
        "2 a 2 2010-01-02T09:00 1.000 7",
        "2 b 9 2010-01-02T09:00 1.000 7",
        "2 a 3 2010-01-02T09:00 1.000 7",
        "C3 a -4 2010-01-03T09:00 1.000 7",
        "C4 a -3 2010-01-04T09:00 1.000 7",
    )
    events, report = read(path)
    assert refunds(events) == [
        "C3-1 of 2: 2 of line 1, 2 of line 3",
        "C4-1 of 2: 1 of line 3",
        "C4-2 of 1: 2 of line 1",
    ]
    assert (report.refunds, report.refund_lines, report.refund_events) == (2, 2, 3)
    assert (report.units_refunded, report.refunded_minor, report.unmatched_units) == (7, 700, 0)


def test_lines_of_a_refund_that_touch_one_order_are_one_event(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"1 a 5 {NEW_YEAR} 1.000 7",
        f"1 b 5 {NEW_YEAR} 1.000 7",
        "C2 b -1 2010-01-02T09:00 1.000 7",
        "C2 a -2 2010-01-02T09:00 1.000 7",
        "C2 b -1 2010-01-02T09:00 1.000 7",
    )
    assert refunds(read(path)[0]) == ["C2-1 of 1: 2 of line 1, 2 of line 2"]


@pytest.mark.parametrize(
    "refund",
    [
        "C2 a -1 2010-01-02T09:00 1.000 8",  # another buyer
        "C2 A -1 2010-01-02T09:00 1.000 7",  # another product
        "C2 a -1 2009-12-31T09:00 1.000 7",  # before the order
    ],
)
def test_what_finds_no_earlier_order_is_counted_and_not_guessed(tmp_path: Path, refund: str) -> None:
    events, report = read(write(tmp_path, f"1 a 5 {NEW_YEAR} 1.000 7", refund))
    assert refunds(events) == []
    assert (report.unmatched.rows, report.unmatched.units, report.refund_events) == (1, 1, 0)
    assert report.unmatched.example is not None
    assert report.unmatched.example.line == 3
    assert report.unmatched.example.text.startswith("C2,")


def test_units_that_are_missing_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, f"1 a 5 {NEW_YEAR} 1.000 7", "C2 a -9 2010-01-02T09:00 1.000 7")
    events, report = read(path)
    assert refunds(events) == ["C2-1 of 1: 5 of line 1"]
    assert (report.unmatched.rows, report.partly_matched.rows, report.unmatched_units) == (0, 1, 4)


def test_at_one_time_the_place_in_the_file_decides_what_is_earlier(tmp_path: Path) -> None:
    after = write(tmp_path, f"1 a 5 {NEW_YEAR} 1.000 7", f"C2 a -1 {NEW_YEAR} 1.000 7")
    assert refunds(read(after)[0]) == ["C2-1 of 1: 1 of line 1"]
    before = write(tmp_path, f"C2 a -1 {NEW_YEAR} 1.000 7", f"1 a 5 {NEW_YEAR} 1.000 7")
    assert refunds(read(before)[0]) == []


SKIPPED = [
    (f"2 a 1 {NEW_YEAR} 1.000 -", Reason.NO_BUYER),
    (f"2 a 1 {NEW_YEAR} 0.000 7", Reason.NO_PRICE),
    (f"2 a 1 {NEW_YEAR} -1.000 7", Reason.NO_PRICE),
    (f"2 a 0 {NEW_YEAR} 1.000 7", Reason.NO_QUANTITY),
    (f"2 a -1 {NEW_YEAR} 1.000 7", Reason.NO_QUANTITY),
    (f"A2 a 1 {NEW_YEAR} 1.000 7", Reason.SKIPPED_PREFIX),
    (f"C2 a -1 {NEW_YEAR} 1.000 -", Reason.NO_BUYER),
    (f"C2 a -1 {NEW_YEAR} 0.000 7", Reason.NO_PRICE),
    (f"C2 a 1 {NEW_YEAR} 1.000 7", Reason.NO_UNITS_BACK),
    (f"C2 a 0 {NEW_YEAR} 1.000 7", Reason.NO_UNITS_BACK),
    (f"A2 a 1 {NEW_YEAR} -1.000 -", Reason.SKIPPED_PREFIX),
    (f"2 a -1 {NEW_YEAR} 0.000 -", Reason.NO_BUYER),
]


@pytest.mark.parametrize(("line", "reason"), SKIPPED)
def test_a_line_that_cannot_be_used_is_counted_and_becomes_nothing(
    tmp_path: Path, line: str, reason: Reason
) -> None:
    events, report = read(write(tmp_path, f"1 a 5 {NEW_YEAR} 1.000 7", line))
    assert orders(events) == {"1": "5×a@100"}
    assert refunds(events) == []
    (found,) = report.skipped.items()
    assert found[0] == reason
    assert found[1].rows == 1
    assert found[1].example is not None
    assert found[1].example.line == 3
    assert report.rows == report.order_lines + report.refund_lines + report.skipped_rows


def test_times_are_londons_with_the_offset_of_the_day(tmp_path: Path) -> None:
    times = [
        "2010-03-28T00:59",
        "2010-03-28T01:30",
        "2010-03-28T02:00",
        "2010-10-31T01:30",
        "2010-10-31T02:00",
    ]
    path = write(tmp_path, *(f"{number} a 1 {time} 1.000 7" for number, time in enumerate(times)))
    placed = [event["at"] for event in read(path)[0] if event["type"] == "order.placed"]
    assert placed == [
        "2010-03-28T00:59:00+00:00",
        "2010-03-28T02:00:00+01:00",
        "2010-03-28T01:30:00+00:00",  # skipped by the clocks: read as half an hour after 00:59
        "2010-10-31T01:30:00+01:00",  # comes twice: the first
        "2010-10-31T02:00:00+00:00",
    ]


def test_events_come_in_the_order_of_time_then_of_the_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "3 a 1 2010-01-03T09:00 1.000 7",
        "2 a 1 2010-01-02T09:00 1.000 7",
        "9 a 1 2010-01-01T09:00 1.000 7",
        "1 a 1 2010-01-01T09:00 1.000 7",
        "2 a 1 2010-01-02T09:00 1.000 7",
    )
    events, _ = read(path)
    assert list(orders(events)) == ["9", "1", "2", "3"]


def test_an_order_is_placed_paid_confirmed_and_received_at_its_time(tmp_path: Path) -> None:
    events, report = read(write(tmp_path, f"1 a 5 {NEW_YEAR} 1.000 7"))
    at = "2010-01-01T09:00:00+00:00"
    lines = [{"product": "a", "quantity": 5, "unit_price": 100}]
    common = {"at": at, "shop": "S"}
    assert events == [
        {"id": "opened:S", "type": "shop.opened", **common, "timezone": "Europe/London"},
        {"id": "placed:1", "type": "order.placed", **common, "order": "1", "buyer": "7", "lines": lines},
        {"id": "paid:1", "type": "order.paid", **common, "order": "1", "amount": 500},
        {"id": "confirmed:1", "type": "order.confirmed", **common, "order": "1"},
        {"id": "received:1", "type": "order.received", **common, "order": "1"},
    ]
    assert (report.events, report.first_at, report.last_at) == (5, at, at)


def test_the_first_row_gives_the_time_of_an_invoice_and_others_are_noted(tmp_path: Path) -> None:
    path = write(tmp_path, "1 a 5 2010-01-01T09:01 1.000 7", "1 b 5 2010-01-01T09:00 1.000 7")
    events, report = read(path)
    assert {event["at"] for event in events} == {"2010-01-01T09:01:00+00:00"}
    assert report.oddities[Oddity.OTHER_TIME].rows == 1


def test_a_line_of_another_buyer_in_the_order_is_counted(tmp_path: Path) -> None:
    events, report = read(write(tmp_path, f"1 a 5 {NEW_YEAR} 1.000 7", f"1 b 5 {NEW_YEAR} 1.000 8"))
    assert orders(events) == {"1": "5×a@100"}
    assert report.skipped[Reason.OTHER_BUYER].rows == 1


def test_an_order_refunded_earlier_gives_nothing_more_though_free_units_are_left(tmp_path: Path) -> None:
    """Section 3.7: without goods cash left, the units left went with it."""
    path = write(
        tmp_path,
        f"1 pads 1 {NEW_YEAR} 0.001 7",
        f"1 a 1 {NEW_YEAR} 1.000 7",
        "C2 a -1 2010-01-02T09:00 1.000 7",
        "C3 pads -1 2010-01-03T09:00 0.001 7",
    )
    events, report = read(path)
    assert refunds(events) == ["C2-1 of 1: 1 of line 2"]
    assert report.unmatched_units == 1


def test_a_refund_that_empties_an_order_takes_its_free_units_in_the_same_event(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"1 pads 1 {NEW_YEAR} 0.001 7",
        f"1 a 1 {NEW_YEAR} 1.000 7",
        "C2 a -1 2010-01-02T09:00 1.000 7",
        "C2 pads -1 2010-01-02T09:00 0.001 7",
    )
    assert refunds(read(path)[0]) == ["C2-1 of 1: 1 of line 1, 1 of line 2"]


def lines_of(count: int, price: str, quantity: int = 1) -> Sequence[str]:
    return [f"2 a {quantity} {NEW_YEAR} {price} 7"] * count


@pytest.mark.parametrize(
    ("lines", "reason", "line"),
    [
        (lines_of(2, "0.001"), Reason.ORDER_FREE, 3),
        (lines_of(1001, "1"), Reason.ORDER_LONG, 1003),
        (lines_of(2, "6000", 10**6), Reason.ORDER_LARGE, 4),
    ],
)
def test_an_order_that_the_rules_would_refuse_is_counted_whole(
    tmp_path: Path, lines: Sequence[str], reason: Reason, line: int
) -> None:
    path = write(tmp_path, f"1 a 1 {NEW_YEAR} 1.000 7", *lines)
    events, report = read(path)
    assert list(orders(events)) == ["1"]
    tally = report.skipped[reason]
    assert (tally.orders, tally.rows) == (1, len(lines))
    assert tally.example is not None
    assert tally.example.line == line
    assert report.rows == report.order_lines + report.skipped_rows


def test_the_largest_orders_that_the_rules_take(tmp_path: Path) -> None:
    path = write(tmp_path, *lines_of(1000, "1"), f"3 a 1000000 {NEW_YEAR} 10000.00 7")
    _, report = read(path)
    assert (report.orders, report.skipped) == (2, {})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"2 a 1000001 {NEW_YEAR} 1 7", Reason.BAD_QUANTITY),
        (f"2 a 1.5 {NEW_YEAR} 1 7", Reason.BAD_QUANTITY),
        (f"2 a - {NEW_YEAR} 1 7", Reason.BAD_QUANTITY),
        (f"2 a NaN {NEW_YEAR} 1 7", Reason.BAD_QUANTITY),
        (f"2 a {'9' * 5000} {NEW_YEAR} 1 7", Reason.BAD_QUANTITY),
        (f"2 a 1 {NEW_YEAR} 1,5 7".replace(",", "_"), Reason.BAD_PRICE),
        (f"2 a 1 {NEW_YEAR} NaN 7", Reason.BAD_PRICE),
        (f"2 a 1 {NEW_YEAR} Infinity 7", Reason.BAD_PRICE),
        (f"2 a 1 {NEW_YEAR} 1e999 7", Reason.BAD_PRICE),
        (f"2 a 1 {NEW_YEAR} 10000000000.01 7", Reason.BAD_PRICE),
        (f"2 a 1 {NEW_YEAR} - 7", Reason.BAD_PRICE),
        (f"2 a 1 {NEW_YEAR} ١ 7", Reason.BAD_PRICE),
        ("2 a 1 2010-02-30T09:00 1 7", Reason.BAD_TIME),
        ("2 a 1 1999-12-31T09:00 1 7", Reason.BAD_TIME),
        ("2 a 1 2100-01-01T09:00 1 7", Reason.BAD_TIME),
        ("2 a 1 - 1 7", Reason.BAD_TIME),
        (f"{'2' * 65} a 1 {NEW_YEAR} 1 7", Reason.BAD_ID),
        (f"2 {'é' * 11} 1 {NEW_YEAR} 1 7", Reason.BAD_ID),
        (f"- a 1 {NEW_YEAR} 1 7", Reason.NO_ORDER),
        (f"2 - 1 {NEW_YEAR} 1 7", Reason.NO_PRODUCT),
    ],
)
def test_hostile_values_are_counted_by_reason(tmp_path: Path, line: str, reason: Reason) -> None:
    events, report = read(write(tmp_path, f"1 a 5 {NEW_YEAR} 1.000 7", line))
    assert orders(events) == {"1": "5×a@100"}
    assert set(report.skipped) == {reason}
