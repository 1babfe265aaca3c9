"""What an order's receipt and refunds did to the sales of its month: pure, by the rules of refunds
themselves.

A story is a list of entries in the order of the log: `["received", at]`, or `["refunded", at, lines, amount]`
with `lines` a list of [line, units] or null, and `amount` fen or null. It only ever grows at its end, and so
do its moves.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import UNSET

from pinback.rules.events import OrderReceived, RefundLine, RefundSucceeded
from pinback.rules.instants import Instant, local_month
from pinback.rules.records import Line, Order
from pinback.rules.refund import Portion, portion_of

Entry = list[Any]

_NOBODY = "-"
_ANY_POSTAGE = 10**13


class Move(NamedTuple):
    """Units and goods cash (fen) of a product that an instant added to a month, or took off."""

    product: str
    month: str
    at: int
    units: int
    cash_minor: int


def entry_of(event: OrderReceived | RefundSucceeded) -> Entry:
    """An event as an entry."""
    if isinstance(event, OrderReceived):
        return ["received", int(event.at)]
    lines = None if event.lines is UNSET else [[line.line, line.quantity] for line in event.lines]
    return ["refunded", int(event.at), lines, None if event.amount is UNSET else event.amount]


def moves_of(lines: Sequence[Line], story: Sequence[Entry], zone: str) -> Iterator[Move]:
    """What a story did to the sales (section 7): `lines` as they were placed, `zone` the shop's.

    Units count from the receipt on, in the month of the receipt, from which refunds take them off.
    """
    now = tuple(lines)
    month: str | None = None
    for entry in story:
        if entry[0] == "received":
            month = local_month(entry[1], zone)
            yield from (
                Move(line.product, month, entry[1], line.units_left, line.cash_left)
                for line in now
                if line.units_left or line.cash_left
            )
            continue
        before, now = now, _refunded(now, entry)
        if month is not None:
            yield from _taken_off(before, now, month, entry[1])


def _taken_off(before: Sequence[Line], after: Sequence[Line], month: str, at: int) -> Iterator[Move]:
    for old, new in zip(before, after, strict=True):
        units, cash = new.units_left - old.units_left, new.cash_left - old.cash_left
        if units or cash:
            yield Move(old.product, month, at, units, cash)


def _refunded(lines: tuple[Line, ...], entry: Entry) -> tuple[Line, ...]:
    """The lines after a refund (section 9). It was applied, so it fits; its postage does not matter."""
    _kind, at, named, amount = entry
    if amount == 0:
        return lines
    event = RefundSucceeded(
        id=_NOBODY,
        at=Instant(at),
        shop=_NOBODY,
        order=_NOBODY,
        refund=_NOBODY,
        lines=UNSET if named is None else tuple(RefundLine(*line) for line in named),
        amount=UNSET if amount is None else amount,
    )
    cash = sum(line.cash_left for line in lines)
    order = Order(
        key=_NOBODY,
        shop=_NOBODY,
        id=_NOBODY,
        buyer=_NOBODY,
        goods=cash,
        goods_left=cash,
        voucher_left=0,
        postage=_ANY_POSTAGE,
        postage_left=_ANY_POSTAGE,
        status="received",
    )
    portion = portion_of(order, lines, event)
    assert isinstance(portion, Portion), portion
    return portion.lines
