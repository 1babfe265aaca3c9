"""Refunds: asked for, closed, paid; how much one is (section 9) and what it does to both vouchers
(sections 5, 6, 6a).
"""

from msgspec import UNSET, Struct
from msgspec.structs import replace

from pinback.rules import rebate, sales
from pinback.rules import voucher as vouchers
from pinback.rules.events import RefundClosed, RefundRequested, RefundSucceeded
from pinback.rules.machines import REFUND
from pinback.rules.money import allocate, share
from pinback.rules.order import wrong_state
from pinback.rules.records import EXTERNAL, Line, Order, Refund, marketing_account, sales_account
from pinback.rules.state import Change, Refusal, Settlement

Lines = tuple[Line, ...]


class Portion(Struct, frozen=True, gc=False):
    """What a refund takes out of an order: the lines as it leaves them, and postage in fen."""

    lines: Lines
    postage: int


def request(change: Change, event: RefundRequested) -> Refusal | None:
    """A refund is open: the voucher that the order earned is frozen (section 5.1)."""
    order = _find(change, event)
    if isinstance(order, Refusal):
        return order
    order = replace(order, open_refunds=order.open_refunds + 1)
    change.orders[order.key] = order
    change.refunds[event.refund_key] = Refund(key=event.refund_key, order=order.key, status="open")
    vouchers.freeze(change, order)
    return None


def close(change: Change, event: RefundClosed) -> Refusal | None:
    """A refund was rejected or withdrawn: the voucher thaws, a pending rebate is decided
    (sections 5.2 and 4.3).
    """
    order = change.state.orders.get(event.order_key)
    if order is None:
        return Refusal("unknown_order", f"`order`: there is no {event.order_key}")
    refund = change.state.refunds.get(event.refund_key)
    if refund is None or refund.order != order.key or (refund.status, event.type) not in REFUND:
        return Refusal("unknown_refund", f"`refund`: {event.refund} is not open for order {event.order}")
    order = replace(order, open_refunds=order.open_refunds - 1)
    change.orders[order.key] = order
    change.refunds[refund.key] = replace(refund, status="closed")
    vouchers.thaw(change, order)
    rebate.after_refunds_ended(change, order)
    return None


def _find(change: Change, event: RefundRequested | RefundSucceeded) -> Order | Refusal:
    """The order of a refund that may be requested or succeed now; the checks in the order of section 10."""
    order = change.state.orders.get(event.order_key)
    if order is None:
        return Refusal("unknown_order", f"`order`: there is no {event.order_key}")
    refund = change.state.refunds.get(event.refund_key)
    if refund is not None:
        if refund.order != order.key:
            return Refusal("already_exists", f"`refund`: {event.refund} belongs to another order")
        if (refund.status, event.type) not in REFUND:
            return Refusal("already_exists", f"`refund`: {event.refund} is {refund.status} already")
    return wrong_state(order, event) or order


def succeed(change: Change, event: RefundSucceeded) -> Refusal | None:
    """Money goes back (sections 5.3, 6, 6a, 8 and 9)."""
    before = _find(change, event)
    if isinstance(before, Refusal):
        return before
    lines = change.state.lines[before.key]
    portion = portion_of(before, lines, event)
    if isinstance(portion, Refusal):
        return portion
    order = _reduced(change, before, portion, event)
    cash = before.goods_left - order.goods_left + portion.postage
    taken_back, bought_back = _give_up_voucher(change, before, before.voucher_left - order.voucher_left)
    withheld = rebate.after_refund(change, order, cash)
    payout = cash - withheld + bought_back
    _post(change, before, order, cash=cash, withheld=withheld, bought_back=bought_back)
    sales.count_refunded(change, order, lines, portion.lines)
    order = replace(change.order(order.key), payout=order.payout + payout)
    change.orders[order.key] = order
    change.refunds[event.refund_key] = Refund(
        key=event.refund_key,
        order=order.key,
        status="succeeded",
        cash=cash,
        withheld=withheld,
        bought_back=bought_back,
        taken_back=taken_back,
    )
    debt = change.voucher(order.earned).left if order.earned and order.rebate != "issued" else 0
    change.settlement = Settlement(event.order, event.refund, cash, withheld, bought_back, taken_back, debt)
    rebate.after_refunds_ended(change, order)
    return None


def portion_of(order: Order, lines: Lines, event: RefundSucceeded) -> Portion | Refusal:
    """How much the refund is: by units, by amount, or all that is left (section 9)."""
    everything = event.lines is UNSET and event.amount is UNSET
    if event.postage is not UNSET:
        postage = event.postage
    else:
        postage = order.postage_left if everything or order.status == "paid" else 0
    if order.status == "paid" and _less_than_whole(order, lines, event, postage):
        return Refusal("whole_only", "before its deal is made an order is refunded whole, postage included")
    if postage > order.postage_left:
        return Refusal("over_refund", f"`postage` {postage} is more than the {order.postage_left} fen left")
    after = _after_units(lines, event) if event.amount is UNSET else _after_amount(order, lines, event.amount)
    if isinstance(after, Refusal):
        return after
    if everything or not any(line.cash_left for line in after):
        after = tuple(replace(line, units_left=0, cash_left=0, voucher_left=0) for line in lines)
    return Portion(after, postage)


def _less_than_whole(order: Order, lines: Lines, event: RefundSucceeded, postage: int) -> bool:
    """Whether a refund before the deal names less than everything, of whatever it names (section 9.4)."""
    if postage < order.postage_left:
        return True
    if event.amount is not UNSET:
        return event.amount < order.goods_left
    if event.lines is UNSET:
        return False
    named = {line.line: line.quantity for line in event.lines}
    return any(named.get(number, 0) < line.units_left for number, line in enumerate(lines, start=1))


def _after_units(lines: Lines, event: RefundSucceeded) -> Lines | Refusal:
    """The lines after `k` of `n` units each were refunded, with their share of cash and voucher
    (section 9.1).
    """
    if event.lines is UNSET:
        return lines
    after = list(lines)
    for named in event.lines:
        if named.line > len(lines):
            return Refusal("over_refund", f"`lines`: the order has no line {named.line}")
        line = lines[named.line - 1]
        if named.quantity > line.units_left:
            return Refusal("over_refund", f"`lines`: line {named.line} has {line.units_left} units left")
        after[named.line - 1] = replace(
            line,
            units_left=line.units_left - named.quantity,
            cash_left=line.cash_left - share(line.cash_left, named.quantity, line.units_left),
            voucher_left=line.voucher_left - share(line.voucher_left, named.quantity, line.units_left),
        )
    return tuple(after)


def _after_amount(order: Order, lines: Lines, amount: int) -> Lines | Refusal:
    """The lines after `amount` fen of goods cash were refunded in proportion to their cash;
    units stay (section 9.2).
    """
    if amount > order.goods_left:
        return Refusal(
            "over_refund", f"`amount` {amount} is more than the {order.goods_left} fen of goods left"
        )
    parts = allocate(amount, [line.cash_left for line in lines])
    return tuple(
        replace(
            line,
            cash_left=line.cash_left - part,
            voucher_left=line.voucher_left - share(line.voucher_left, part, line.cash_left),
        )
        if part
        else line
        for line, part in zip(lines, parts, strict=True)
    )


def _reduced(change: Change, before: Order, portion: Portion, event: RefundSucceeded) -> Order:
    """The order as the refund leaves it; without goods cash it is `refunded` (section 3.7)."""
    goods_left = sum(line.cash_left for line in portion.lines)
    refund = change.state.refunds.get(event.refund_key)
    was_open = refund is not None and refund.status == "open"
    order = replace(
        before,
        status=before.status if goods_left else "refunded",
        goods_left=goods_left,
        voucher_left=sum(line.voucher_left for line in portion.lines),
        postage_left=before.postage_left - portion.postage,
        open_refunds=before.open_refunds - was_open,
    )
    change.orders[order.key] = order
    change.lines[order.key] = portion.lines
    return order


def _give_up_voucher(change: Change, before: Order, part: int) -> tuple[int, int]:
    """What happens to the voucher part of the refunded goods: (taken back,
    bought back) in fen (section 6a).
    """
    if before.voucher is None or not part:
        return 0, 0
    voucher = change.voucher(before.voucher)
    undone = before.status == "paid"
    if undone and change.order(voucher.source).rebate == "issued":
        change.post(before.account, voucher.account, part)
        vouchers.release(change, voucher)
        return 0, 0
    taken_back = min(part, voucher.left)
    change.post(before.funds, marketing_account(voucher.shop), taken_back)
    if undone:
        vouchers.reclaim_used(change, voucher)
    else:
        vouchers.recover(change, voucher, taken_back)
    return taken_back, part - taken_back


def _post(change: Change, before: Order, order: Order, *, cash: int, withheld: int, bought_back: int) -> None:
    """The postings of a refund's cash and of what was bought back; postage that was kept is the shop's
    (section 8).
    """
    change.post(before.funds, EXTERNAL, cash - withheld)
    change.post(before.funds, marketing_account(order.shop), withheld)
    change.post(before.funds, EXTERNAL, bought_back)
    if order.status == "refunded" and order.received_month is None:
        change.post(before.account, sales_account(order.shop), order.postage_left)
