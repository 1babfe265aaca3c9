"""Ships many orders from a table that people keep: CSV with the columns order, carrier and tracking number.

First all lines are checked and each bad one is explained; then the good ones are shipped, each in a
transaction of its own, so that one which changed meanwhile does not hold up the others.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from pinback.accounts.actors import Actor
from pinback.accounts.queries import shop_for
from pinback.delivery.actions import ship
from pinback.delivery.models import Parcel
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.settlement.models import Order as SettledOrder

MOST_LINES = 2_000
_NAMES = {
    "order": ("order", "order id", "订单", "订单号", "订单编号"),
    "carrier": ("carrier", "快递", "快递公司", "物流公司"),
    "tracking": ("tracking", "tracking number", "单号", "快递单号", "运单号"),
}


class Shipment(NamedTuple):
    """A line that can be shipped."""

    line: int
    order: str
    carrier: str
    tracking: str


class BadLine(NamedTuple):
    """A line that cannot, as it was read, and why; `text` is what stands there."""

    shipment: Shipment
    text: str
    reason: str

    @property
    def line(self) -> int:
        """Its number in the table, from 1."""
        return self.shipment.line


class Checked(NamedTuple):
    """A table, sorted into what can be shipped and what cannot."""

    good: Sequence[Shipment]
    bad: Sequence[BadLine]


def check(shop_name: str, *tables: str, acting: Actor) -> Checked:
    """Check each line of a table, or of several as if they were one; a later one's lines are numbered on.

    Raises NotFound, Forbidden; Refused: one lacks a column, or all are too long.
    """
    shop = shop_for(acting, shop_name, "orders.ship")
    lines: list[tuple[Shipment, str]] = []
    for table in tables:
        lines.extend(_lines(table, after=lines[-1][0].line - 1 if lines else 0))
    if len(lines) > MOST_LINES:
        raise Refused("too_long", _("At most {most} lines at once.").format(most=MOST_LINES), "table")
    keys = {f"{shop.name}/{line.order}" for line, _text in lines}
    states = {state.key: state for state in SettledOrder.objects.filter(key__in=keys)}
    entered = Parcel.objects.filter(order_key__in=keys)
    known = set(entered.values_list("carrier", "tracking", "order_key"))
    good: list[Shipment] = []
    bad: list[BadLine] = []
    seen: set[str] = set()
    for line, text in lines:
        key = f"{shop.name}/{line.order}"
        reason = _wrong(line, states.get(key), seen, known=(line.carrier, line.tracking, key) in known)
        seen.add(line.order)
        if reason is None:
            good.append(line)
        else:
            bad.append(BadLine(line, text, reason))
    return Checked(good, bad)


def ship_all(shop_name: str, table: str, *, acting: Actor, now: datetime) -> tuple[int, Sequence[BadLine]]:
    """Ship the good lines of a table; returns how many were, and the lines that were not, with reasons."""
    checked = check(shop_name, table, acting=acting)
    bad = list(checked.bad)
    shipped = 0
    for line in checked.good:
        try:
            ship(shop_name, line.order, carrier=line.carrier, tracking=line.tracking, acting=acting, now=now)
        except (Refused, Conflict) as error:
            bad.append(BadLine(line, line.order, str(error.refusal.detail)))
        except NotFound:
            bad.append(BadLine(line, line.order, _("There is no such order.")))
        else:
            shipped += 1
    return shipped, sorted(bad)


def _lines(table: str, *, after: int) -> Iterator[tuple[Shipment, str]]:
    """The lines of a table that are not empty, and what stands there; its head is line 1 behind `after`."""
    rows = _rows(table.removeprefix("\ufeff"))
    columns = _columns(rows[0] if rows else [])
    for number, row in enumerate(rows[1:], start=after + 2):
        if any(cell.strip() for cell in row):
            cells = (_cell(row, columns[name]) for name in ("order", "carrier", "tracking"))
            yield Shipment(number, *cells), ",".join(row)[:200]


def _rows(table: str) -> list[list[str]]:
    """The cells of a table. One from a spreadsheet has tabs between them, some files have semicolons."""
    head = table.lstrip().partition("\n")[0]
    mark = next((mark for mark in ("\t", ",", ";") if mark in head), ",")
    return list(csv.reader(io.StringIO(table), delimiter=mark))


def _columns(head: Sequence[str]) -> dict[str, int]:
    names = [cell.strip().lower() for cell in head]
    found = {}
    for column, spellings in _NAMES.items():
        place = next((names.index(spelling) for spelling in spellings if spelling in names), None)
        if place is None:
            raise Refused(
                "missing_column", _("The first line needs the columns order, carrier, tracking."), "table"
            )
        found[column] = place
    return found


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _wrong(line: Shipment, state: SettledOrder | None, seen: set[str], *, known: bool) -> str | None:
    checks = (
        (bool(line.order), _("The order is missing.")),
        (bool(line.carrier), _("The carrier is missing.")),
        (0 < len(line.tracking) <= 64, _("The tracking number is missing or too long.")),
        (line.order not in seen, _("This order stands in the table twice.")),
        (not known, _("This parcel was entered before.")),
        (state is not None, _("There is no such order.")),
        (state is None or state.status == "confirmed", _("This order is not waiting to be shipped.")),
        (state is None or not state.open_refunds, _("A refund of this order is open: decide it first.")),
    )
    return next((reason for holds, reason in checks if not holds), None)
