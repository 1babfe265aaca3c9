"""Sales by product and month, held against an independent reading of the log: every event folded by the
rules, and what it changed put into its month by its own instant.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from pinback.accounts.models import Shop
from pinback.insight import folding
from pinback.insight.folding import catch_up, fold_all, forget, month_end
from pinback.insight.models import OrderFacts, Progress, SoldInMonth
from pinback.insight.sales import Months, Sold, all_sales, month_totals, products_sold, sales_page
from pinback.insight.story import moves_of
from pinback.kit.ids import new_id
from pinback.rules.events import OrderConfirmed
from pinback.rules.reading import BadEvent, event_of
from pinback.rules.records import Line
from pinback.rules.settle import settle as fold
from pinback.rules.state import State
from pinback.settlement.actions import settle
from pinback.settlement.models import Event, ProductMonth
from pinback.settlement.models import Shop as SettledShop
from tests.model.streams import generate
from tests.support.settling import incoming

pytestmark = pytest.mark.usefixtures("market")

NOW = datetime(2027, 12, 1, tzinfo=UTC)
Figures = dict[tuple[str, str], tuple[int, int, int, int]]


def settle_all(stream: bytes) -> None:
    """Settle a stream in the market's database."""
    settle(incoming(stream))


def market_shop(name: str) -> Shop:
    """The market's shop of that name."""
    shop, _made = Shop.objects.get_or_create(
        name=name, defaults={"id": new_id(), "title": name, "created_at": NOW}
    )
    return shop


def stored() -> Figures:
    """What insight keeps, by product key and month."""
    return {
        (row.key, row.month): (row.units, row.cash_minor, row.later_units, row.later_cash_minor)
        for row in SoldInMonth.objects.all()
        if any((row.units, row.cash_minor, row.later_units, row.later_cash_minor))
    }


def expected() -> Figures:
    """The same, by the whole rules, event by event."""
    state = State()
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for content in Event.objects.order_by("id").values_list("content", flat=True):
        event = event_of(content)
        assert not isinstance(event, BadEvent)
        units = dict(state.months)
        key = getattr(event, "order_key", "")
        cash = sold_cash(state, key)
        fold(state, event)
        zone = state.shops[event.shop].timezone
        for product_month, number in state.months.items():
            place = 0 if event.at < month_end(product_month[1], zone) else 2
            sums[product_month][place] += number - units.get(product_month, 0)
        after = sold_cash(state, key)
        for product_month in {*cash, *after}:
            place = 1 if event.at < month_end(product_month[1], zone) else 3
            sums[product_month][place] += after.get(product_month, 0) - cash.get(product_month, 0)
    return {key: (row[0], row[1], row[2], row[3]) for key, row in sums.items() if any(row)}


def sold_cash(state: State, key: str) -> dict[tuple[str, str], int]:
    """The goods cash that an order counts for, by product and month."""
    order = state.orders.get(key)
    if order is None or order.received_month is None:
        return {}
    cash: defaultdict[tuple[str, str], int] = defaultdict(int)
    for line in state.lines[key]:
        cash[f"{order.shop}/{line.product}", order.received_month] += line.cash_left
    return cash


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_sales_are_those_of_the_rules_and_of_the_month(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "_PIECE", (7, 100, 2_000)[seed])
    stream = generate(seed, 1_200, hostile=0.05)
    lines = stream.splitlines(keepends=True)
    for part in (lines[:500], lines[500:]):
        # In two parts: what was folded is folded on.
        settle_all(b"".join(part))
        while fold_all(NOW):
            pass
    found = stored()
    assert found == expected()
    assert any(row[0] for row in found.values())
    now = {key: row[0] + row[2] for key, row in found.items() if row[0] + row[2]}
    assert now == {(row.key, row.month): row.units for row in ProductMonth.objects.all() if row.units}
    for shop in SettledShop.objects.all():
        forget(shop)
        while not catch_up(shop):
            pass
    assert stored() == found
    confirmed = sum(
        isinstance(event_of(content), OrderConfirmed)
        for content in Event.objects.values_list("content", flat=True)
    )
    assert OrderFacts.objects.exclude(confirmed_at=None).count() == confirmed


class Told:
    """A story of one shop, told as a stream."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def __call__(self, at: str, kind: str, **fields: Any) -> None:
        event = {"id": str(len(self.lines)), "type": kind, "at": at, "shop": "tea", **fields}
        self.lines.append(json.dumps(event).encode() + b"\n")

    def sale(self, at: str, order: str, *, units: int = 1, price: int = 100, postage: int = 0) -> None:
        """An order, received at once."""
        lines = [{"product": "cup", "quantity": units, "unit_price": price}]
        self(at, "order.placed", order=order, buyer="a", lines=lines, postage=postage)
        self(at, "order.paid", order=order, amount=units * price + postage)
        self(at, "order.confirmed", order=order)
        self(at, "order.received", order=order)

    def settle(self) -> list[Sold]:
        """Settle it all, and read the sales."""
        settle_all(b"".join(self.lines))
        return list(all_sales(market_shop("tea"), Months(), now=NOW))


def test_a_refund_after_the_month_changes_now_and_not_what_was_reported() -> None:
    told = Told()
    told.sale("2026-10-05T10:00:00+08:00", "o1", units=3)
    told.sale("2026-10-31T23:59:59+08:00", "o2")
    told(
        "2026-10-31T23:59:59+08:00",
        "refund.succeeded",
        order="o1",
        refund="r1",
        lines=[{"line": 1, "quantity": 1}],
    )
    told(
        "2026-11-01T00:00:00+08:00",
        "refund.succeeded",
        order="o1",
        refund="r2",
        lines=[{"line": 1, "quantity": 1}],
    )
    told("2026-11-02T00:00:00+08:00", "refund.succeeded", order="o2", refund="r3", amount=30)
    (row,) = told.settle()
    assert (row.month, row.is_over) == ("2026-10", True)
    assert (row.units_reported, row.cash_reported_minor) == (3, 300)
    assert (row.units, row.cash_minor) == (2, 170)


def test_pages_of_any_size_show_the_same() -> None:
    settle_all(generate(5, 800, hostile=0.05))
    for settled in SettledShop.objects.all():
        shop = market_shop(settled.name)
        whole = list(all_sales(shop, Months(), now=NOW))
        paged: list[Sold] = []
        cursor: str | None = None
        while True:
            page = sales_page(shop, Months(), now=NOW, cursor=cursor, limit=2)
            paged += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
        assert paged == whole
        assert len({(row.product, row.month) for row in whole}) == len(whole)


def test_months_add_up_to_their_rows() -> None:
    settle_all(generate(5, 800, hostile=0.05))
    for settled in SettledShop.objects.all():
        shop = market_shop(settled.name)
        rows = list(all_sales(shop, Months(), now=NOW))
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for row in rows:
            figures = (row.units, row.units_reported, row.cash_minor, row.cash_reported_minor)
            sums[row.month] = [before + more for before, more in zip(sums[row.month], figures, strict=True)]
        assert [list(total) for total in month_totals(shop, Months())] == [
            [month, *sums[month]] for month in sorted(sums)
        ]
        assert {product for product, _title in products_sold(shop)} == {row.product for row in rows}


def test_a_report_that_is_behind_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "_PIECE", 1)
    told = Told()
    told.sale("2026-10-05T10:00:00+08:00", "o1")
    settle_all(b"".join(told.lines))
    assert not sales_page(market_shop("tea"), Months(), now=NOW).is_up_to_date
    assert sales_page(market_shop("tea"), Months(), now=NOW).is_up_to_date
    assert Progress.objects.get().last_event_id == SettledShop.objects.get().last_event_id


def test_a_refund_before_the_receipt_is_no_sale() -> None:
    lines = [Line("cup", 4, 100, 400, 0, 4, 400, 0)]
    story = [
        ["refunded", 5, [[1, 1]], None],
        ["received", 10],
        ["refunded", 20, None, 0],
        ["refunded", 30, None, None],
    ]
    moves = list(moves_of(lines, story, "UTC"))
    assert [(move.at, move.units, move.cash_minor) for move in moves] == [(10, 3, 300), (30, -3, -300)]
