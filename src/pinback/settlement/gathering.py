"""Loads what a batch of events can touch: a few queries, one for each table, whatever the size of the
batch.

An event names an order, and, where it pays, closes or refunds it, through it the voucher that the order used
and the one it earned; through those their source orders and the orders that hold them. That is as far as any
rule of the spec reaches.
"""

from pinback.rules.records import Debt, Voucher
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


class NoPolicy(Exception):
    """The database is used for the first time: its policy is to be fixed."""


_DUE = (
    f"SELECT {', '.join(tables.VOUCHERS.columns)} FROM settlement_voucher"
    " WHERE expires_at <= ? AND status IN ('available', 'frozen')"
)


class Gathered:
    """The part of the state that a batch can touch, as it was loaded, and the ids of its rows.

    `used` are the vouchers that an order was placed with or earned, not those that are merely due.
    """

    def __init__(self, state: State, *, last_tick_id: int) -> None:
        self.state = state
        self.shop_rows: dict[str, Row] = {}
        self.shop_ids: dict[str, int] = {}
        self.campaign_ids: dict[str, int] = {}
        self.order_ids: dict[str, int] = {}
        self.last_tick_id = last_tick_id
        self.last_event_id = last_tick_id
        self.used: list[Voucher] = []

    def keep_shops(self, rows: list[Row]) -> None:
        """Shops, which are locked from now on."""
        for row in rows:
            shop = tables.shop_of(row)
            self.state.shops[shop.name] = shop
            self.shop_rows[shop.name] = row
            self.shop_ids[shop.name] = row[0]
            self.last_event_id = max(self.last_event_id, row[-1])

    def keep_orders(self, rows: list[Row]) -> None:
        """Orders."""
        for row in rows:
            order = tables.order_of(row)
            self.state.orders[order.key] = order
            self.order_ids[order.key] = row[0]

    def keep_lines(self, rows: list[Row], keys: set[str]) -> None:
        """The lines of these orders, each order's in the order of their numbers."""
        found: dict[int, list[Row]] = {self.order_ids[key]: [] for key in keys if key in self.order_ids}
        for row in rows:
            found[row[0]].append(row)
        for key in keys:
            if key in self.order_ids:
                # An order's rows sort by their second column, the number.
                lines = sorted(found[self.order_ids[key]])
                self.state.lines[key] = tuple(tables.line_of(row) for row in lines)

    def keep_refunds(self, rows: list[Row]) -> None:
        """Refunds."""
        for row in rows:
            refund = tables.refund_of(row)
            self.state.refunds[refund.key] = refund

    def keep_campaigns(self, rows: list[Row]) -> None:
        """Campaigns."""
        for row in rows:
            campaign = tables.campaign_of(row)
            self.state.put_campaign(campaign)
            self.campaign_ids[campaign.key] = row[0]

    def keep_vouchers(self, rows: list[Row]) -> None:
        """Vouchers."""
        for row in rows:
            self.state.put_voucher(tables.voucher_of(row))

    def keep_debts(self, rows: list[Row]) -> None:
        """Debts; the vouchers of each in the order of their issue."""
        owed: dict[str, list[Voucher]] = {}
        amounts: dict[str, int] = {}
        for code, _, debtor, amount in rows:
            owed.setdefault(debtor, []).append(self.state.vouchers[code])
            amounts[debtor] = amounts.get(debtor, 0) + amount
        for debtor, vouchers in owed.items():
            vouchers.sort(key=lambda voucher: voucher.serial)
            self.state.debts[debtor] = Debt(debtor, amounts[debtor], tuple(v.code for v in vouchers))


def gather(dialect: Dialect, reach: Reach, shops: set[str]) -> Gathered:
    """Lock `shops` and load the state that a batch can touch.

    Raises MoreShops if it reaches further, NoPolicy if the database is used for the first time.
    """
    # A tick reaches the vouchers of all shops, also those that others are just making available: it goes
    # alone.
    turn = dialect.turn(alone=reach.tick is not None)
    _, policy, locked, known, orders, refunds, campaigns = dialect.fetch_all(
        turn,
        ("SELECT partial_refund, last_tick_id FROM settlement_setting WHERE id = 1", ()),
        dialect.shops_locked(sorted(shops)),
        ("SELECT key, content FROM settlement_event WHERE key[]", (reach.events,)),
        dialect.where(tables.ORDERS, "key", list(reach.orders)),
        dialect.where(tables.REFUNDS, "key", list(reach.refunds)),
        dialect.where(tables.CAMPAIGNS, "key", list(reach.campaigns)),
    )
    if not policy:
        raise NoPolicy
    state = State(policy[0][0], last_tick=-1 if reach.tick is None else reach.tick)
    gathered = Gathered(state, last_tick_id=policy[0][1])
    if reach.tick is not None:
        gathered.last_event_id = dialect.fetch("SELECT coalesce(max(id), 0) FROM settlement_event")[0][0]
    gathered.state.events.update(known)
    gathered.keep_shops(locked)
    gathered.keep_orders(orders)
    gathered.keep_refunds(refunds)
    gathered.keep_campaigns(campaigns)
    _load_what_orders_need(dialect, gathered, reach)
    _check_locked(gathered.state, shops)
    _load_the_ends(dialect, gathered)
    _check_still_unknown(dialect, reach.shops - gathered.shop_ids.keys())
    return gathered


def _load_what_orders_need(dialect: Dialect, gathered: Gathered, reach: Reach) -> None:
    """The vouchers named and due, and those used and earned that an event may change; the lines of orders
    that are received or refunded; of shops that decide a rebate the funded campaigns; what the buyers owe.
    """
    state, ids = gathered.state, gathered.order_ids
    codes = set(reach.codes)
    for key in reach.with_vouchers & state.orders.keys():
        order = state.orders[key]
        codes.update(code for code in (order.voucher, order.earned) if code is not None)
    deciding = [gathered.shop_ids[shop] for shop in reach.deciding if shop in gathered.shop_ids]
    vouchers, due, campaigns, lines = dialect.fetch_all(
        dialect.where(tables.VOUCHERS, "code", list(codes)),
        None if reach.tick is None else (_DUE, (reach.tick,)),
        dialect.where(tables.CAMPAIGNS, "shop_id", deciding, "AND ended IS NULL AND starts_at IS NOT NULL"),
        dialect.where(tables.LINES, "order_id", [ids[key] for key in reach.with_lines if key in ids]),
    )
    gathered.keep_campaigns(campaigns)
    gathered.keep_lines(lines, reach.with_lines)
    gathered.keep_vouchers(vouchers)
    gathered.used = list(state.vouchers.values())
    gathered.keep_vouchers(due)
    if reach.asks_for_debts:
        _load_debts(dialect, gathered, reach)


def _load_debts(dialect: Dialect, gathered: Gathered, reach: Reach) -> None:
    """What the buyers of these orders and vouchers owe, and the vouchers they owe it for."""
    state = gathered.state
    debtors = (
        reach.debtors | reach.ordering | {f"{order.shop}/{order.buyer}" for order in state.orders.values()}
    )
    debtors.update(voucher.debtor for voucher in gathered.used)
    (rows,) = dialect.fetch_all(dialect.where(tables.DEBTS, "debtor", list(debtors), "AND amount_minor > 0"))
    if rows:
        missing = [code for code, *_ in rows if code not in state.vouchers]
        gathered.keep_vouchers(dialect.fetch_all(dialect.where(tables.VOUCHERS, "code", missing))[0])
        gathered.keep_debts(rows)


def _load_the_ends(dialect: Dialect, gathered: Gathered) -> None:
    """The orders at both ends of the vouchers that an order uses or earned: where they come from,
    who holds them.
    """
    orders = gathered.state.orders
    ends = {key for voucher in gathered.used for key in (voucher.source, voucher.holder) if key is not None}
    missing = [key for key in ends if key not in orders]
    gathered.keep_orders(dialect.fetch_all(dialect.where(tables.ORDERS, "key", missing))[0])


def _check_still_unknown(dialect: Dialect, shops: set[str]) -> None:
    """A shop that is not there cannot be locked: if it came to be while this loaded,
    what was loaded is half of it.
    """
    if shops and dialect.fetch_all(dialect.shops_locked(sorted(shops)))[0]:
        raise MoreShops(set())


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
