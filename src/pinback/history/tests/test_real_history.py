"""The real history, imported and compared with a second count of it that was made in another way.

PINBACK_HISTORY names another file of the same kind (other months) to compare instead.
"""

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pinback.history import HistoryReport, Reason, parse_campaigns
from pinback.history.tests.independent_count import count
from pinback.history.tests.shop import EXAMPLES, SHIPPED, read
from pinback.rules.document import state_document
from pinback.rules.reading import parse_line
from pinback.rules.settle import settle
from pinback.rules.state import State

FILE = Path(os.environ.get("PINBACK_HISTORY", EXAMPLES / "online_retail_ii_2009-12_2010-07.csv.gz"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def imported() -> tuple[list[dict[str, Any]], HistoryReport]:
    return read(FILE)


@pytest.fixture(scope="module")
def counted() -> dict[str, Any]:
    return count(FILE)


def test_rows_and_amounts(
    imported: tuple[list[dict[str, Any]], HistoryReport], counted: dict[str, Any]
) -> None:
    report = imported[1]
    kinds = counted["kinds"]
    assert report.rows == sum(kinds.values())
    assert report.rows == report.order_lines + report.refund_lines + report.skipped_rows
    assert (report.orders, report.order_lines) == (counted["orders"], counted["order lines"])
    assert (report.units, report.goods_minor) == (counted["units"], counted["pence"])
    assert (report.refunds, report.refund_lines) == (counted["refunds"], kinds["refund"])
    reasons = {
        Reason.SKIPPED_PREFIX: "bookkeeping",
        Reason.NO_BUYER: "no buyer",
        Reason.NO_PRICE: "no price",
        Reason.NO_UNITS_BACK: "nothing back",
        Reason.NO_QUANTITY: "no quantity",
    }
    skipped = {reasons[reason]: tally.rows for reason, tally in report.skipped.items()}
    assert skipped == {kind: rows for kind, rows in kinds.items() if kind not in ("order", "refund")}


def test_refunds_unit_by_unit(
    imported: tuple[list[dict[str, Any]], HistoryReport], counted: dict[str, Any]
) -> None:
    events, report = imported
    taken: dict[tuple[str, str, int], int] = defaultdict(int)
    for event in events:
        if event["type"] == "refund.succeeded":
            for line in event["lines"]:
                taken[event["refund"].rpartition("-")[0], event["order"], line["line"]] += line["quantity"]
    assert taken == counted["taken"]
    assert report.refund_events == len({key[:2] for key in taken})
    assert report.units_refunded == sum(taken.values())
    assert report.refunded_minor == counted["pence back"]
    assert report.unmatched_units == counted["missing"]
    assert (report.unmatched.rows, report.partly_matched.rows) == (
        counted["lines without an order"],
        counted["lines in part"],
    )


def test_the_rules_settle_it_to_the_same_totals(counted: dict[str, Any]) -> None:
    campaigns = parse_campaigns(
        ["threshold=20000,rebate=1000,quantity=500,funded=2010-01-10,id=spring"], SHIPPED.time_zone
    )
    events, report = read(FILE, campaigns=campaigns)
    state = State()
    for event in events:
        decisions = settle(state, parse_line(json.dumps(event).encode()))
        assert type(decisions[0]).__name__ == "EventApplied", decisions[0]
    assert sum(order.cash for order in state.orders.values()) == counted["pence"] == report.paid_minor
    assert sum(order.refunded for order in state.orders.values()) == counted["pence back"]
    months: dict[str, int] = defaultdict(int)
    for product in json.loads(state_document(state))["sales"].values():
        for month, units in product["months"].items():
            months[month] += units
    assert months == counted["months"]
