"""Orders and refunds of a history: lines gathered by order id, put in the order of time, refunds matched.

A refund in a file says what came back, not of which order. Its lines take units of the same buyer's earlier
orders of the same product, the latest order first and within an order the lower line first, as far as
units are left; what finds none is counted, never guessed. Pure: rows in, orders and refunds out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from pinback.history.ids import refund_id
from pinback.history.lines import Line, LineReader
from pinback.history.moments import Moment
from pinback.history.report import Example, HistoryReport, Oddity, Reason
from pinback.history.rows import SourceRow
from pinback.rules.events import LIMIT
from pinback.rules.money import allocate, share

MOST_LINES = 1000


class OrderLine(NamedTuple):
    """A line of an order; `price_minor` is that of one unit."""

    product: str
    quantity: int
    price_minor: int


@dataclass(slots=True)
class Order:
    """An order of the file; placed, paid, confirmed and received at `moment`, there being no better time."""

    id: str
    buyer: str
    moment: Moment
    position: int
    """Line in the file of its first row."""
    lines: list[OrderLine] = field(default_factory=list)
    goods_minor: int = 0
    discount_minor: int | None = None
    postage_minor: int | None = None
    example: Example | None = None
    """The row that makes the order unusable, or its first one where that cannot be told yet."""

    @property
    def paid_minor(self) -> int:
        """The amount due (section 3.1), without a voucher."""
        return self.goods_minor - (self.discount_minor or 0) + (self.postage_minor or 0)


class RefundLine(NamedTuple):
    """A row of a refund, as found in the file."""

    product: str
    quantity: int
    example: Example


@dataclass(slots=True)
class FiledRefund:
    """A refund as the file has it: it does not say of which order."""

    id: str
    buyer: str
    moment: Moment
    position: int
    lines: list[RefundLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund of one order: units by the line's number, from 1."""

    id: str
    order: str
    moment: Moment
    units: dict[int, int]
    cash_minor: int


def in_order(filed: list[Order | FiledRefund], report: HistoryReport) -> Iterator[Order | Refund]:
    """The gathered orders, and the refunds of single orders that the filed ones come to; fills the report."""
    matcher = RefundMatcher(filed, report)
    for one in filed:
        if isinstance(one, FiledRefund):
            yield from matcher.match(one)
        else:
            _count_order(one, report)
            matcher.remember(one)
            yield one


def _count_order(order: Order, report: HistoryReport) -> None:
    report.orders += 1
    report.order_lines += len(order.lines)
    report.units += sum(line.quantity for line in order.lines)
    report.goods_minor += order.goods_minor
    report.discount_minor += order.discount_minor or 0
    report.postage_minor += order.postage_minor or 0
    report.paid_minor += order.paid_minor


def gather(rows: Iterable[SourceRow], read: LineReader, report: HistoryReport) -> list[Order | FiledRefund]:
    """Orders and refunds in the order of time, then of the file, less the orders that cannot be settled."""
    orders: dict[str, Order] = {}
    refunds: dict[str, FiledRefund] = {}
    for row in rows:
        report.rows += 1
        line = read(row)
        if isinstance(line, Reason):
            report.skip(line, _example(row))
        elif line.is_refund:
            _add_to_refund(refunds, line, row, report)
        else:
            _add_to_order(orders, line, row, report)
    usable = [order for order in orders.values() if _is_usable(order, report)]
    return sorted([*usable, *refunds.values()], key=lambda one: (one.moment.microseconds, one.position))


def _example(row: SourceRow) -> Example:
    return Example(row.line, row.text)


def _belongs(first: Order | FiledRefund, line: Line, row: SourceRow, report: HistoryReport) -> bool:
    """Whether a row belongs to the order or refund that an earlier row began; what is strange is noted."""
    if first.buyer != line.buyer:
        report.skip(Reason.OTHER_BUYER, _example(row))
        return False
    if first.moment != line.moment:
        report.note(Oddity.OTHER_TIME, _example(row))
    return True


def _add_to_refund(
    refunds: dict[str, FiledRefund], line: Line, row: SourceRow, report: HistoryReport
) -> None:
    refund = refunds.get(line.order)
    if refund is None:
        refund = refunds[line.order] = FiledRefund(line.order, line.buyer, line.moment, row.line)
        report.refunds += 1
    if _belongs(refund, line, row, report):
        refund.lines.append(RefundLine(line.product, line.quantity, _example(row)))
        report.refund_lines += 1


def _add_to_order(orders: dict[str, Order], line: Line, row: SourceRow, report: HistoryReport) -> None:
    order = orders.get(line.order)
    if order is None:
        order = orders[line.order] = Order(line.order, line.buyer, line.moment, row.line)
    if not _belongs(order, line, row, report):
        return
    order.lines.append(OrderLine(line.product, line.quantity, line.price_minor))
    order.goods_minor += line.quantity * line.price_minor
    if line.discount_minor is not None or line.postage_minor is not None:
        _add_charges(order, line, row, report)
    if order.example is None and _may_be_unusable(order):
        order.example = _example(row)


def _may_be_unusable(order: Order) -> bool:
    """Whether the row at hand may have to serve as an example; keeping all texts would keep the file."""
    too_much = order.goods_minor + (order.postage_minor or 0) > LIMIT or len(order.lines) > MOST_LINES
    return too_much or not order.goods_minor or bool(order.discount_minor)


def _add_charges(order: Order, line: Line, row: SourceRow, report: HistoryReport) -> None:
    """The first value of an order counts; many exports repeat it in each of its rows."""
    differs = False
    if order.discount_minor is None:
        order.discount_minor = line.discount_minor
    elif line.discount_minor is not None:
        differs = line.discount_minor != order.discount_minor
    if order.postage_minor is None:
        order.postage_minor = line.postage_minor
    elif line.postage_minor is not None:
        differs = differs or line.postage_minor != order.postage_minor
    if differs:
        report.note(Oddity.OTHER_CHARGE, _example(row))


def _is_usable(order: Order, report: HistoryReport) -> bool:
    """Whether the rules would take the order (sections 3.1 and 10); if not, it is counted."""
    reason = None
    if len(order.lines) > MOST_LINES:
        reason = Reason.ORDER_LONG
    elif order.goods_minor + (order.postage_minor or 0) > LIMIT:
        reason = Reason.ORDER_LARGE
    elif order.goods_minor - (order.discount_minor or 0) < 1:
        reason = Reason.ORDER_FREE
    if reason is not None:
        report.skip(reason, order.example, rows=len(order.lines), orders=1)
    return reason is None


@dataclass(slots=True)
class _Standing:
    """What is left of an order that refunds may reach: units and cash by line."""

    order: Order
    units: list[int]
    cash: list[int]
    cash_left_minor: int


class _Place(NamedTuple):
    """A line, by its index, of an order that may be refunded."""

    standing: _Standing
    line_index: int


_Touched: TypeAlias = dict[str, tuple[_Standing, dict[int, int]]]
"""By order id, the units that a refund takes: by the index of the line."""


class RefundMatcher:
    """Finds the orders that refunds are of. Orders are remembered, refunds matched, in the order of time."""

    def __init__(self, filed: Iterable[Order | FiledRefund], report: HistoryReport) -> None:
        self._report = report
        # One pile for each buyer and product that a refund asks for; on top the latest order's lowest line.
        # Only those are kept, so that a history of millions of lines needs no index of all of them.
        self._piles: dict[tuple[str, str], list[_Place]] = {
            (refund.buyer, line.product): []
            for refund in filed
            if isinstance(refund, FiledRefund)
            for line in refund.lines
        }

    def remember(self, order: Order) -> None:
        """Keep what later refunds may ask for."""
        standing = None
        for index in range(len(order.lines) - 1, -1, -1):
            pile = self._piles.get((order.buyer, order.lines[index].product))
            if pile is not None:
                standing = standing or _standing(order)
                pile.append(_Place(standing, index))

    def match(self, filed: FiledRefund) -> list[Refund]:
        """One refund for each order that the filed refund touches, in the order in which it touches them."""
        touched: _Touched = {}
        for line in filed.lines:
            missing = self._take(filed.buyer, line, touched)
            if missing:
                tally = self._report.unmatched if missing == line.quantity else self._report.partly_matched
                tally.add(line.example, units=missing)
        return [
            self._refund(filed, number, standing, units)
            for number, (standing, units) in enumerate(touched.values(), 1)
        ]

    def _take(self, buyer: str, line: RefundLine, touched: _Touched) -> int:
        """Take units for a line; returns how many are missing."""
        pile = self._piles[buyer, line.product]
        missing = line.quantity
        while pile and missing:
            standing, index = pile[-1]
            in_order = touched.get(standing.order.id)
            taken = in_order[1].get(index, 0) if in_order else 0
            # Section 3.7: an order that an earlier refund left without goods cash is gone, whatever units it
            # still had. One that this refund empties gives all it has, because it does so in one event.
            left = standing.units[index] - taken if standing.cash_left_minor else 0
            if left:
                units = touched.setdefault(standing.order.id, (standing, {}))[1]
                units[index] = taken + min(left, missing)
            if left <= missing:
                pile.pop()
            missing -= min(left, missing)
        return missing

    def _refund(self, filed: FiledRefund, number: int, standing: _Standing, units: dict[int, int]) -> Refund:
        cash_minor = 0
        for index, quantity in units.items():
            part = share(standing.cash[index], quantity, standing.units[index])
            standing.cash[index] -= part
            standing.units[index] -= quantity
            cash_minor += part
        standing.cash_left_minor -= cash_minor
        report = self._report
        report.refund_events += 1
        report.units_refunded += sum(units.values())
        report.refunded_minor += cash_minor
        by_number = {index + 1: quantity for index, quantity in sorted(units.items())}
        return Refund(refund_id(filed.id, number), standing.order.id, filed.moment, by_number, cash_minor)


def _standing(order: Order) -> _Standing:
    amounts = [line.quantity * line.price_minor for line in order.lines]
    discounts = allocate(order.discount_minor or 0, amounts)
    cash = [amount - discount for amount, discount in zip(amounts, discounts, strict=True)]
    return _Standing(order, [line.quantity for line in order.lines], cash, sum(cash))
