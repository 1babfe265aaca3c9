"""What counts as sold: units of received orders, less what was refunded of them since (section 7)."""

from pinback.rules.records import Line, Order
from pinback.rules.state import Change


def count_received(change: Change, order: Order, lines: tuple[Line, ...]) -> None:
    """The units not refunded so far are sold, in the local month of the receipt (sections 7.1 and 7.2)."""
    assert order.received_month is not None
    for line in lines:
        if line.units_left:
            change.units.append((f"{order.shop}/{line.product}", order.received_month, line.units_left))
    change.completed += 1


def count_refunded(change: Change, order: Order, before: tuple[Line, ...], after: tuple[Line, ...]) -> None:
    """Units refunded after receipt leave the total and the month they were counted in
    (sections 7.3 and 7.4).
    """
    if order.received_month is None:
        return
    for old, new in zip(before, after, strict=True):
        if old.units_left != new.units_left:
            units = new.units_left - old.units_left
            change.units.append((f"{order.shop}/{old.product}", order.received_month, units))
    if order.status == "refunded":
        change.completed -= 1
