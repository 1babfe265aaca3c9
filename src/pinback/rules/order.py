"""The life of an order: placed, paid, confirmed, shipped, received, cancelled (section 3);
and what is paid on top of it.
"""

from msgspec.structs import replace

from pinback.rules import rebate, sales
from pinback.rules import voucher as vouchers
from pinback.rules.events import (
    LIMIT,
    CompensationPaid,
    OrderCancelled,
    OrderConfirmed,
    OrderEvent,
    OrderPaid,
    OrderPlaced,
    OrderReceived,
    OrderShipped,
)
from pinback.rules.instants import local_month
from pinback.rules.machines import ORDER
from pinback.rules.money import allocate
from pinback.rules.records import EXTERNAL, Line, Order, Voucher, sales_account
from pinback.rules.state import Change, Refusal


def find(change: Change, event: OrderEvent) -> Order | Refusal:
    """The order of an event, in a state in which the event may happen;
    `unknown_order` and `wrong_state` else.
    """
    order = change.state.orders.get(event.order_key)
    if order is None:
        return Refusal("unknown_order", f"`order`: there is no {event.order_key}")
    if (order.status, event.type) in ORDER:
        return order
    return wrong_state(order, event) or order


def wrong_state(order: Order, event: OrderEvent) -> Refusal | None:
    """The refusal of an event that the order's status has no place for."""
    if (order.status, event.type) in ORDER:
        return None
    return Refusal("wrong_state", f"`order`: {order.key} is {order.status}")


def place(change: Change, event: OrderPlaced) -> Refusal | None:
    """An order is placed; its discount, then its voucher are allocated to its lines (section 3.1)."""
    key = event.order_key
    if key in change.state.orders:
        return Refusal("already_exists", f"`order`: {key} exists already")
    prices = [line.quantity * line.unit_price for line in event.lines]
    goods = sum(prices)
    if goods - event.discount < 1:
        return Refusal(
            "bad_terms", f"`discount` leaves less than 1 fen of the goods, {goods} fen, to be paid"
        )
    if goods + event.postage > LIMIT:
        return Refusal("bad_terms", f"`lines`: goods plus postage are above {LIMIT} fen")
    voucher = vouchers.usable(change, event)
    if isinstance(voucher, Refusal):
        return voucher
    worth = voucher.amount if voucher is not None else 0
    if goods - event.discount - worth < 1:
        return Refusal(
            "voucher_too_large", f"`voucher`: its {worth} fen leave less than 1 fen of the goods to be paid"
        )
    change.lines[key] = _allocated(event, prices, worth)
    change.orders[key] = _placed(event, key, goods - event.discount - worth, voucher)
    if voucher is not None:
        vouchers.lock(change, voucher, key)
    return None


def _allocated(event: OrderPlaced, prices: list[int], worth: int) -> tuple[Line, ...]:
    """The discount goes to the lines by their amounts, then the voucher by what is left of them
    (section 3).
    """
    discounts = allocate(event.discount, prices)
    rests = [price - discount for price, discount in zip(prices, discounts, strict=True)]
    parts = allocate(worth, rests)
    lines = [
        Line(
            line.product, line.quantity, line.unit_price, rest - part, part, line.quantity, rest - part, part
        )
        for line, rest, part in zip(event.lines, rests, parts, strict=True)
    ]
    return tuple(lines)


def _placed(event: OrderPlaced, key: str, goods: int, voucher: Voucher | None) -> Order:
    """The order; `goods` is what its lines were allocated in cash, for the sums are exact."""
    return Order(
        key=key,
        shop=event.shop,
        id=event.order,
        buyer=event.buyer,
        goods=goods,
        goods_left=goods,
        voucher_left=0 if voucher is None else voucher.amount,
        postage=event.postage,
        postage_left=event.postage,
        voucher=None if voucher is None else voucher.code,
    )


def pay(change: Change, event: OrderPaid) -> Refusal | None:
    """Exactly the amount due comes in; the voucher is used (section 3.2)."""
    order = find(change, event)
    if isinstance(order, Refusal):
        return order
    if event.amount != order.due:
        return Refusal("amount_mismatch", f"`amount` {event.amount} is not the amount due, {order.due} fen")
    change.post(EXTERNAL, order.account, order.due)
    if order.voucher is not None:
        vouchers.use(change, change.voucher(order.voucher), order)
    change.orders[order.key] = replace(order, status="paid")
    return None


def confirm(change: Change, event: OrderConfirmed) -> Refusal | None:
    """The deal is made; the rebate is decided (section 3.3)."""
    order = find(change, event)
    if isinstance(order, Refusal):
        return order
    rebate.decide(change, replace(order, status="confirmed"))
    return None


def ship(change: Change, event: OrderShipped) -> Refusal | None:
    """Noted (section 3.4)."""
    order = find(change, event)
    if isinstance(order, Refusal):
        return order
    change.orders[order.key] = replace(order, status="shipped")
    return None


def receive(change: Change, event: OrderReceived) -> Refusal | None:
    """It is a sale: units are counted, the money is the shop's (sections 3.5, 7 and 8)."""
    order = find(change, event)
    if isinstance(order, Refusal):
        return order
    change.post(order.account, sales_account(order.shop), order.held)
    month = local_month(change.at, change.event_shop().timezone)
    received = replace(order, status="received", received_month=month)
    change.orders[order.key] = received
    sales.count_received(change, received, change.state.lines[order.key])
    return None


def cancel(change: Change, event: OrderCancelled) -> Refusal | None:
    """An unpaid order is closed and its voucher released (section 3.6)."""
    order = find(change, event)
    if isinstance(order, Refusal):
        return order
    change.orders[order.key] = replace(order, status="cancelled")
    if order.voucher is not None:
        vouchers.release(change, change.voucher(order.voucher))
    return None


def compensate(change: Change, event: CompensationPaid) -> Refusal | None:
    """Goodwill from the shop's sales, at most the cash not refunded (sections 5.4 and 10)."""
    order = find(change, event)
    if isinstance(order, Refusal):
        return order
    most = order.cash - order.refunded - order.compensated
    if event.amount > most:
        return Refusal(
            "over_refund", f"`amount` {event.amount} is more than the {most} fen that may still be paid"
        )
    change.post(sales_account(order.shop), EXTERNAL, event.amount)
    change.orders[order.key] = replace(order, compensated=order.compensated + event.amount)
    return None
