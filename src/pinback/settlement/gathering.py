"""Loads what a batch of events can touch: a few queries, one for each table, whatever the size of the
batch.

An event names an order, and through it the voucher that the order used and the one it earned; through those
their source orders and the orders that hold them. That is as far as any rule of the spec reaches.
"""

from collections.abc import Iterable

from pinback.rules.records import Debt, Policy
from pinback.rules.state import State
from pinback.settlement import tables
from pinback.settlement.dialects import Dialect
from pinback.settlement.reach import Reach
from pinback.settlement.tables import Row


class MoreShops(Exception):
    """The batch reaches into shops that are not locked yet: lock these too and load again."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(f"{len(names)} more shops to lock")
        self.names = names


class Gathered:
    """The part of the state that a batch can touch, as it was loaded, and the ids of its rows."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.shop_rows: dict[str, Row] = {}
        self.shop_ids: dict[str, int] = {}
        self.campaign_ids: dict[str, int] = {}
        self.order_ids: dict[str, int] = {}
        self.last_event_id = 0


def gather(dialect: Dialect, reach: Reach, shops: set[str], policy: Policy) -> Gathered:
    """Lock `shops` and load the state that a batch can touch; raises MoreShops if it reaches further."""
    gathered = Gathered(State(policy))
    state = gathered.state
    for row in dialect.lock_shops(sorted(shops)):
        shop = tables.shop_of(row)
        state.shops[shop.name] = shop
        gathered.shop_rows[shop.name] = row
        gathered.shop_ids[shop.name] = row[0]
        gathered.last_event_id = max(gathered.last_event_id, row[-1])
    known = dialect.fetch("SELECT key, content FROM settlement_event WHERE key[]", reach.events)
    state.events.update((key, content.encode()) for key, content in known)
    _load_orders(dialect, gathered, reach.orders)
    _load_refunds(dialect, gathered, reach)
    _load_vouchers(dialect, gathered, reach)
    if reach.asks_for_debts:
        _load_debts(dialect, gathered, reach)
    _load_campaigns(dialect, gathered, reach)
    _load_lines(dialect, gathered, reach)
    _check_locked(state, shops)
    return gathered


def _check_locked(state: State, shops: set[str]) -> None:
    """A transaction writes rows of locked shops only: those that fund a voucher,
    and those whose order holds one.
    """
    reached = {voucher.shop for voucher in state.vouchers.values()}
    reached.update(
        voucher.holder.partition("/")[0]
        for voucher in state.vouchers.values()
        if voucher.status == "locked" and voucher.holder
    )
    if not reached <= shops:
        raise MoreShops(reached - shops)


def _load_orders(dialect: Dialect, gathered: Gathered, keys: Iterable[str]) -> None:
    wanted = [key for key in keys if key not in gathered.state.orders]
    for row in dialect.select(tables.ORDERS, "key", wanted):
        order = tables.order_of(row)
        gathered.state.orders[order.key] = order
        gathered.order_ids[order.key] = row[0]


def _load_refunds(dialect: Dialect, gathered: Gathered, reach: Reach) -> None:
    for row in dialect.select(tables.REFUNDS, "key", list(reach.refunds)):
        refund = tables.refund_of(row)
        gathered.state.refunds[refund.key] = refund


def _load_vouchers(dialect: Dialect, gathered: Gathered, reach: Reach) -> None:
    """The vouchers named, used, earned and due, and the orders at both ends of all but the last."""
    state = gathered.state
    codes = set(reach.codes)
    for order in state.orders.values():
        if order.voucher is not None:
            codes.add(order.voucher)
        if order.earned is not None:
            codes.add(order.earned)
    rows = dialect.select(tables.VOUCHERS, "code", list(codes))
    if reach.tick is not None:
        columns = ", ".join(tables.VOUCHERS.columns)
        rows += dialect.fetch(
            f"SELECT {columns} FROM settlement_voucher"
            " WHERE expires_at <= ? AND status IN ('available', 'frozen')",
            reach.tick,
        )
    ends: set[str] = set()
    for row in rows:
        voucher = tables.voucher_of(row)
        state.put_voucher(voucher)
        if voucher.code in codes:
            ends.add(voucher.source)
            if voucher.holder is not None:
                ends.add(voucher.holder)
    _load_orders(dialect, gathered, ends)


def _load_debts(dialect: Dialect, gathered: Gathered, reach: Reach) -> None:
    """What the buyers of these orders and vouchers owe, with the vouchers they owe it for,
    in the order of issue.
    """
    state = gathered.state
    debtors = reach.debtors | {f"{order.shop}/{order.buyer}" for order in state.orders.values()}
    debtors.update(voucher.debtor for voucher in state.vouchers.values())
    owed: dict[str, list[str]] = {}
    amounts: dict[str, int] = {}
    for code, _, debtor, amount in dialect.select(
        tables.DEBTS, "debtor", list(debtors), "AND amount_minor > 0"
    ):
        owed.setdefault(debtor, []).append(code)
        amounts[debtor] = amounts.get(debtor, 0) + amount
    missing = [code for codes in owed.values() for code in codes if code not in state.vouchers]
    for row in dialect.select(tables.VOUCHERS, "code", missing):
        state.put_voucher(tables.voucher_of(row))
    for debtor, codes in owed.items():
        codes.sort(key=lambda code: state.vouchers[code].serial)
        state.debts[debtor] = Debt(debtor, amounts[debtor], tuple(codes))


def _load_campaigns(dialect: Dialect, gathered: Gathered, reach: Reach) -> None:
    """The campaigns named, and of shops that decide a rebate the funded ones that have not ended."""
    rows = dialect.select(tables.CAMPAIGNS, "key", list(reach.campaigns))
    deciding = [gathered.shop_ids[shop] for shop in reach.deciding if shop in gathered.shop_ids]
    rows += dialect.select(
        tables.CAMPAIGNS, "shop_id", deciding, "AND ended IS NULL AND starts_at IS NOT NULL"
    )
    for row in rows:
        campaign = tables.campaign_of(row)
        gathered.state.put_campaign(campaign)
        gathered.campaign_ids[campaign.key] = row[0]


def _load_lines(dialect: Dialect, gathered: Gathered, reach: Reach) -> None:
    """The lines of the orders that are received or refunded; nothing else looks at them."""
    ids = gathered.order_ids
    found: dict[int, list[Row]] = {ids[key]: [] for key in reach.with_lines if key in ids}
    for row in dialect.select(tables.LINES, "order_id", list(found)):
        found[row[0]].append(row)
    for key in reach.with_lines:
        if key in ids:
            # Sorted by the number of the line, the second column.
            gathered.state.lines[key] = tuple(tables.line_of(row) for row in sorted(found[ids[key]]))
