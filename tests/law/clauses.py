"""The law, clause by clause: what holds at every moment, and what holds once everything was undone.

Each clause compares the state that the rules made with the book that was kept beside them, and raises
BrokenLawError with its own name. The names are those under which the control tests switch them on.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from pinback.rules import decisions as out
from pinback.rules import events as e
from pinback.rules.records import EXTERNAL, Line, Order, Voucher, marketing_account, sales_account
from pinback.rules.state import State
from tests.law.book import Book

Clause = Callable[[State, Book], None]


class BrokenLawError(AssertionError):
    """A clause does not hold: which, for whom, and both sides."""

    def __init__(self, clause: str, text: str) -> None:
        super().__init__(f"{clause}: {text}")
        self.clause = clause


def same(clause: str, who: str, one: Any, other: Any) -> None:
    """Both sides of a clause are equal."""
    if one != other:
        raise BrokenLawError(clause, f"{who}: {one} is not {other}")


def true(clause: str, holds: bool, text: str) -> None:
    """What a clause says holds."""
    if not holds:
        raise BrokenLawError(clause, text)


def lost(state: State, voucher: Voucher) -> bool:
    """Whether the order that earned the voucher is not eligible any more."""
    return state.orders[voucher.source].rebate != "issued"


def was_paid(order: Order) -> bool:
    """Whether its cash came in."""
    return order.status not in ("placed", "cancelled")


def owed_by_vouchers(state: State) -> dict[str, int]:
    """What each buyer owes each shop, from the vouchers alone: `shop/buyer` → fen (section 6)."""
    owed: defaultdict[str, int] = defaultdict(int)
    for voucher in state.vouchers.values():
        if voucher.left and lost(state, voucher):
            owed[voucher.debtor] += voucher.left
    return dict(owed)


def kept_postage(state: State, owner: Callable[[Order], str]) -> Counter[str]:
    """Postage that was left in refunded orders and is the shop's (section 3.7), summed by `owner`."""
    kept: Counter[str] = Counter()
    for order in state.orders.values():
        if order.status == "refunded":
            kept[owner(order)] += order.postage_left
    return kept


def buyers(state: State, book: Book) -> None:
    """What a buyer paid, less what was paid out, plus what they owe, is what stands of their orders."""
    standing: defaultdict[str, int] = defaultdict(int)
    for key, cash in book.cash.items():
        order = state.orders[key]
        standing[order.buyer] += cash - book.refunded[key]
        if order.voucher is not None and lost(state, state.vouchers[order.voucher]):
            standing[order.buyer] += order.voucher_left
    owed: defaultdict[str, int] = defaultdict(int)
    for debt in state.debts.values():
        owed[debt.key.partition("/")[2]] += debt.amount
    for buyer in standing.keys() | book.paid_in.keys():
        has = book.paid_in[buyer] - book.paid_out[buyer] + owed[buyer]
        same("buyers", buyer, has, standing[buyer])


def fees(state: State, book: Book) -> None:
    """A shop's fees are in its marketing, campaign and voucher accounts and the `left` of used vouchers."""
    found: defaultdict[str, int] = defaultdict(int)
    for account, fen in book.accounts.items():
        kind, _, name = account.partition(":")
        if kind in ("campaign", "voucher"):
            found[name.partition("/")[0]] += fen
    for voucher in state.vouchers.values():
        found[voucher.shop] += voucher.left
    for shop in state.shops:
        same("fees", shop, book.accounts[marketing_account(shop)] + found[shop], book.fees[shop])


def accounts(state: State, book: Book) -> None:
    """All accounts sum to 0, and each holds what its record says."""
    same("accounts", "all", sum(book.accounts.values()), 0)
    held = {campaign.account: campaign.held for campaign in state.campaigns.values()}
    held.update((voucher.account, voucher.held) for voucher in state.vouchers.values())
    held.update((order.account, order.held) for order in state.orders.values())
    for shop in state.shops:
        for account in (marketing_account(shop), sales_account(shop)):
            held[account] = state.balances[account]
    for account, fen in book.accounts.items():
        if account != EXTERNAL:
            same("accounts", account, fen, held[account])
    for account, fen in held.items():
        same("accounts", account, book.accounts[account], fen)
        true("accounts", fen >= 0 or account.startswith("shop:"), f"{account} is {fen}")


def external(state: State, book: Book) -> None:
    """`external` is what was paid out less what was paid in, by the events and decisions."""
    paid_in = sum(book.paid_in.values()) + sum(book.fees.values())
    paid_out = sum(book.paid_out.values()) + sum(book.compensations.values())
    same("external", EXTERNAL, book.accounts[EXTERNAL], paid_out - paid_in)


def payouts(state: State, book: Book) -> None:
    """What is paid out never exceeds what was paid in: to a buyer, and of an order."""
    for buyer, fen in book.paid_out.items():
        true("payouts", fen <= book.paid_in[buyer], f"{buyer}: {fen} of {book.paid_in[buyer]}")
    for key, fen in book.payouts.items():
        true(
            "payouts",
            book.refunded[key] <= book.cash[key],
            f"{key}: {book.refunded[key]} of {book.cash[key]}",
        )
        worth = state.vouchers[book.placed_with[key]].amount if key in book.placed_with else 0
        true("payouts", book.bought_back[key] <= worth, f"{key}: {book.bought_back[key]} of {worth}")
        true("payouts", fen <= book.cash[key] + worth, f"{key}: {fen} of {book.cash[key]} and {worth}")
    if isinstance(book.latest, e.CompensationPaid):
        key = book.latest.order_key
        most = book.cash[key] - book.refunded[key]
        true(
            "payouts", book.compensated[key] <= most, f"{key}: {book.compensated[key]} of {most} compensated"
        )


def prepaid(state: State, book: Book) -> None:
    """Never more vouchers than prepaid; they are numbered without a gap; an order earns at most one."""
    issued = Counter(voucher.campaign for voucher in state.vouchers.values())
    for campaign in state.campaigns.values():
        count = issued[campaign.key]
        same("prepaid", campaign.key, count, campaign.issued)
        paid_for = campaign.quantity if campaign.starts_at is not None else 0
        true("prepaid", count <= paid_for, f"{campaign.key}: {count} issued, {paid_for} paid for")
        true("prepaid", all(f"{campaign.key}/{n + 1}" in state.vouchers for n in range(count)), campaign.key)
        exhausted = campaign.ended == "exhausted"
        same("prepaid", campaign.key, exhausted, count == campaign.quantity)
    sources = Counter(voucher.source for voucher in state.vouchers.values())
    true("prepaid", all(count == 1 for count in sources.values()), f"{sources}")


def single_use(state: State, book: Book) -> None:
    """No voucher is used twice or by another, and each that is held knows the order that holds it."""
    true("single_use", not book.offences, "; ".join(book.offences))
    holders = {}
    for order in state.orders.values():
        if order.voucher is None or order.status == "cancelled":
            continue
        voucher = state.vouchers[order.voucher]
        same("single_use", order.key, voucher.buyer, order.buyer)
        if order.status == "refunded" and voucher.holder != order.key:
            continue
        same("single_use", order.key, voucher.holder, order.key)
        same("single_use", order.key, voucher.status, "locked" if order.status == "placed" else "used")
        holders[voucher.code] = order.key
    for voucher in state.vouchers.values():
        same("single_use", voucher.code, voucher.holder, holders.get(voucher.code))
        same("single_use", voucher.code, voucher.status, book.vouchers[voucher.code])
        true(
            "single_use", voucher.status == "used" or voucher.left == 0, f"{voucher.code} has something left"
        )


def sold(state: State, book: Book) -> None:
    """Sales are the units that stand of received orders, by product and month, and never negative."""
    units: Counter[str] = Counter()
    months: Counter[tuple[str, str]] = Counter()
    completed: Counter[str] = Counter()
    for order in state.orders.values():
        if order.received_month is None:
            continue
        completed[order.shop] += order.status == "received"
        for line in state.lines[order.key]:
            units[f"{order.shop}/{line.product}"] += line.units_left
            months[f"{order.shop}/{line.product}", order.received_month] += line.units_left
    for product in units.keys() | state.units.keys():
        same("sold", product, state.units.get(product, 0), units[product])
    for bucket in months.keys() | state.months.keys():
        same("sold", str(bucket), state.months.get(bucket, 0), months[bucket])
    for shop in state.shops:
        same("sold", shop, state.completed.get(shop, 0), completed[shop])
    true("sold", min(state.units.values(), default=0) >= 0, "a product is sold less than 0 times")
    true("sold", min(state.months.values(), default=0) >= 0, "a month is below 0")


def lines(state: State, book: Book) -> None:
    """An order's lines add up to what the order says, whole and left."""
    for order in state.orders.values():
        of_order = state.lines[order.key]
        seen = book.seen.get(order.key)
        if seen is not None and seen[0] is order and seen[1] is of_order:
            continue
        _check_lines(state, order, of_order)
        same("lines", order.key, order.refunded, book.refunded[order.key])
        same("lines", order.key, order.payout, book.payouts[order.key])
        book.seen[order.key] = (order, of_order)


def _check_lines(state: State, order: Order, of_order: tuple[Line, ...]) -> None:
    worth = state.vouchers[order.voucher].amount if order.voucher is not None else 0
    same("lines", order.key, sum(line.cash for line in of_order), order.goods)
    same("lines", order.key, sum(line.voucher for line in of_order), worth)
    same("lines", order.key, sum(line.cash_left for line in of_order), order.goods_left)
    same("lines", order.key, sum(line.voucher_left for line in of_order), order.voucher_left)
    for line in of_order:
        within = (
            0 <= line.units_left <= line.quantity
            and 0 <= line.cash_left <= line.cash
            and 0 <= line.voucher_left <= line.voucher
        )
        if not within:
            raise BrokenLawError("lines", f"{order.key}: {line}")
    true("lines", 0 <= order.postage_left <= order.postage, f"{order.key}: postage")
    same("lines", order.key, order.status == "refunded", order.goods_left == 0)
    if order.status == "refunded":
        same("lines", order.key, (sum(line.units_left for line in of_order), order.voucher_left), (0, 0))


def debts(state: State, book: Book) -> None:
    """A debt is what is left of used vouchers whose source order lost its eligibility, and was announced."""
    owed = owed_by_vouchers(state)
    same("debts", "state", {debt.key: debt.amount for debt in state.debts.values() if debt.amount}, owed)
    same("debts", "announced", {key: debt for key, debt in book.owed.items() if debt}, owed)


def freezing(state: State, book: Book) -> None:
    """An unused voucher stands only while its source order is eligible, and is frozen while a refund of that
    is open.
    """
    opened = Counter(refund.order for refund in state.refunds.values() if refund.status == "open")
    for order in state.orders.values():
        same("freezing", order.key, order.open_refunds, opened[order.key])
        if order.rebate == "pending":
            true("freezing", order.open_refunds > 0, f"{order.key} is pending for no refund")
    for voucher in state.vouchers.values():
        if voucher.status in ("available", "frozen", "locked"):
            true(
                "freezing",
                not lost(state, voucher),
                f"{voucher.code} is {voucher.status}, its source is lost",
            )
        if voucher.status in ("available", "frozen"):
            frozen = opened[voucher.source] > 0
            same("freezing", voucher.code, voucher.status, "frozen" if frozen else "available")


def expiry(state: State, book: Book) -> None:
    """After a tick no voucher that is past its time is available or frozen, of any shop."""
    if isinstance(book.latest, e.ClockTicked):
        for voucher in state.vouchers.values():
            past = voucher.expires_at <= book.latest.at
            true(
                "expiry", not past or voucher.status not in ("available", "frozen"), f"{voucher.code} goes on"
            )


def named(state: State, book: Book) -> None:
    """A refund by amount is that amount, with the postage that it names; the figures of a refund fit."""
    event = book.latest
    for decision in book.latest_decisions:
        if isinstance(decision, out.RefundSettled) and isinstance(event, e.RefundSucceeded):
            payout = decision.cash - decision.withheld + decision.bought_back
            same("named", event.refund_key, decision.payout, payout)
            true("named", 0 <= decision.withheld <= decision.cash, f"{event.refund_key} withholds too much")
            if isinstance(event.amount, int) and isinstance(event.postage, int):
                same("named", event.refund_key, decision.cash, event.amount + event.postage)


MOMENT: dict[str, Clause] = {
    clause.__name__: clause
    for clause in (
        buyers, fees, accounts, external, payouts, prepaid, single_use, sold, lines, debts, freezing, expiry,
        named,
    )
}  # fmt: skip
"""What holds after every event."""


def even(state: State, book: Book) -> None:
    """Every buyer has been paid exactly what they paid, but for postage that a shop kept before."""
    kept = kept_postage(state, lambda order: order.buyer)
    for buyer in book.paid_in.keys() | book.paid_out.keys():
        same("even", buyer, book.paid_in[buyer] - book.paid_out[buyer], kept[buyer])


def nobody_owes(state: State, book: Book) -> None:
    """Nobody owes anything."""
    same("nobody_owes", "all", [debt for debt in state.debts.values() if debt.amount], [])
    same("nobody_owes", "all", [key for key, debt in book.owed.items() if debt], [])


def marketing_is_fees(state: State, book: Book) -> None:
    """Each shop's marketing balance is the sum of the fees it paid."""
    for shop in state.shops:
        same("marketing_is_fees", shop, book.accounts[marketing_account(shop)], book.fees[shop])


def sales_are_compensations(state: State, book: Book) -> None:
    """Each shop's sales are minus the compensations it paid, but for postage that it kept before."""
    kept = kept_postage(state, lambda order: order.shop)
    for shop in state.shops:
        expected = kept[shop] - book.compensations[shop]
        same("sales_are_compensations", shop, book.accounts[sales_account(shop)], expected)


def empty(state: State, book: Book) -> None:
    """Every campaign, voucher and order account is 0."""
    for account, fen in book.accounts.items():
        if account.partition(":")[0] in ("campaign", "voucher", "order"):
            same("empty", account, fen, 0)


def nothing_sold(state: State, book: Book) -> None:
    """All sales figures are 0."""
    for figures in (state.units, state.months, state.completed):
        same("nothing_sold", "all", {key: units for key, units in figures.items() if units}, {})


END: dict[str, Clause] = {
    clause.__name__: clause
    for clause in (even, nobody_owes, marketing_is_fees, sales_are_compensations, empty, nothing_sold)
}
"""What holds once everything was undone."""
