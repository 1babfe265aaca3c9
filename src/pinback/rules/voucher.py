"""What happens to a voucher: lock, use, release, freeze, take back, expire; and the debt for a used one
(sections 3, 5, 6).

Every move goes through `_move`, which holds it against the table in `machines`.
"""

from msgspec import UNSET
from msgspec.structs import replace

from pinback.rules.events import ClockTicked, DebtPaid, OrderPlaced
from pinback.rules.machines import VOUCHER
from pinback.rules.records import EXTERNAL, Debt, Order, Voucher, VoucherStatus, marketing_account
from pinback.rules.state import Change, Refusal


def usable(change: Change, event: OrderPlaced) -> Voucher | Refusal | None:
    """The voucher that an order is placed with, None where it names none (section 3.1)."""
    if event.voucher is UNSET:
        return None
    voucher = change.state.vouchers.get(event.voucher)
    if voucher is None or voucher.buyer != event.buyer:
        return Refusal("voucher_unavailable", "`voucher`: the buyer has no such voucher")
    if voucher.status != "available":
        return Refusal("voucher_unavailable", f"`voucher`: it is {voucher.status}")
    if change.at >= voucher.expires_at:
        return Refusal("voucher_unavailable", "`voucher`: it is past its time")
    return voucher


def lock(change: Change, voucher: Voucher, order_key: str) -> None:
    """The voucher is reserved for a placed order (section 3.1)."""
    _move(change, voucher, "placed with", "locked", holder=order_key)


def use(change: Change, voucher: Voucher, order: Order) -> None:
    """The order is paid: the voucher's value goes into it (sections 3.2 and 8)."""
    change.post(voucher.account, order.account, voucher.amount)
    _move(change, voucher, "paid with", "used", holder=order.key, left=voucher.amount)


def release(change: Change, voucher: Voucher) -> None:
    """Back to its owner: expired past its time, frozen where the source order has an open refund, else
    available.

    From `locked` (section 3.6), from `used` before the deal was made (section 6a.1), and from `frozen` when
    the last refund of its source order ends (section 5.2). Its value is in its account.
    """
    if change.at >= voucher.expires_at:
        change.return_value(voucher, voucher.amount)
        _move(change, voucher, "released", "expired")
    elif change.order(voucher.source).open_refunds:
        _move(change, voucher, "released", "frozen")
    else:
        _move(change, voucher, "released", "available")


def freeze(change: Change, order: Order) -> None:
    """A refund of the order is open: the voucher that it earned, if available,
    cannot be used (section 5.1).
    """
    if order.earned is not None and change.voucher(order.earned).status == "available":
        _move(change, change.voucher(order.earned), "frozen", "frozen")


def thaw(change: Change, order: Order) -> None:
    """A refund of the order ended: if none is open any more, a frozen voucher thaws (section 5.2)."""
    if order.open_refunds or order.earned is None:
        return
    if change.voucher(order.earned).status == "frozen":
        release(change, change.voucher(order.earned))


def take_back(change: Change, voucher: Voucher) -> None:
    """The source order lost its eligibility: an unused voucher is reclaimed (section 5.3).

    A used one stays used, its owner has the advantage (section 6); an expired one has gone home already.
    """
    if voucher.status in ("available", "frozen", "locked"):
        if voucher.status == "locked":
            _cancel_holder(change, voucher)
        change.return_value(voucher, voucher.amount)
        _move(change, voucher, "reclaimed", "reclaimed")


def reclaim_used(change: Change, voucher: Voucher) -> None:
    """The order that used it was undone, but its source order is not eligible any more (section 6a.1)."""
    recover(change, voucher, voucher.left)
    _move(change, change.voucher(voucher.code), "reclaimed", "reclaimed")


def recover(change: Change, voucher: Voucher, amount: int) -> None:
    """`amount` fen of a used voucher came back to the funding shop: less is left,
    and less is owed (section 6).
    """
    assert 0 <= amount <= voucher.left
    change.vouchers[voucher.code] = replace(voucher, left=voucher.left - amount)
    debt = change.debt(voucher.debtor)
    if amount and voucher.code in debt.vouchers:
        codes = debt.vouchers
        if amount == voucher.left:
            codes = tuple(code for code in codes if code != voucher.code)
        change.debts[debt.key] = Debt(debt.key, debt.amount - amount, codes)


def lapse(change: Change, voucher: Voucher) -> None:
    """The source order is not eligible any more: what is left of a used voucher is a debt from now on
    (section 6.2).
    """
    if voucher.left:
        debt = change.debt(voucher.debtor)
        codes = sorted((*debt.vouchers, voucher.code), key=lambda code: change.voucher(code).serial)
        change.debts[debt.key] = Debt(debt.key, debt.amount + voucher.left, tuple(codes))


def pay_debt(change: Change, event: DebtPaid) -> Refusal | None:
    """The buyer pays what they owe; it recovers the vouchers in the order of their issue (section 6.2)."""
    debt = change.debt(f"{event.shop}/{event.buyer}")
    if event.amount > debt.amount:
        return Refusal("not_owed", f"`amount` {event.amount} is more than the {debt.amount} fen owed")
    change.post(EXTERNAL, marketing_account(event.shop), event.amount)
    rest = event.amount
    for code in debt.vouchers:
        part = min(rest, change.voucher(code).left)
        recover(change, change.voucher(code), part)
        rest -= part
        if rest == 0:
            break
    return None


def tick(change: Change, event: ClockTicked) -> Refusal | None:
    """Vouchers of every shop with `expires_at ≤ at` expire if available or frozen (section 10)."""
    for voucher in change.state.take_expired(change.at):
        change.return_value(voucher, voucher.amount)
        _move(change, voucher, "expired", "expired")
    return None


def _cancel_holder(change: Change, voucher: Voucher) -> None:
    assert voucher.holder is not None
    holder = change.order(voucher.holder)
    assert holder.status == "placed"
    change.orders[holder.key] = replace(holder, status="cancelled")
    change.closed_order = holder.key


def _move(
    change: Change,
    voucher: Voucher,
    act: str,
    status: VoucherStatus,
    *,
    holder: str | None = None,
    left: int = 0,
) -> None:
    assert status in VOUCHER[voucher.status, act], f"{voucher.code}: {voucher.status} cannot become {status}"
    change.vouchers[voucher.code] = replace(voucher, status=status, holder=holder, left=left)
