"""Loads what a batch of events can touch: a few queries, one for each table, whatever the size of the batch.

An event names an order, and through it the voucher that the order used and the one it earned; through those
their source orders and the orders that hold them. That is as far as any rule of the spec reaches.
"""

import re
from collections.abc import Iterable, Sequence

from pinback.rules import events as e
from pinback.rules.reading import BadEvent
from pinback.rules.records import Debt, Policy
from pinback.rules.state import State
from pinback.settlement import tables
from pinback.settlement.dialects import Dialect
from pinback.settlement.tables import Row

_CODE = re.compile(r"([!-.0-~]{1,64})/[!-.0-~]{1,64}/[1-9][0-9]{0,12}")

_DECIDES = (e.OrderConfirmed, e.RefundSucceeded, e.RefundClosed)
_NEEDS_LINES = (e.OrderReceived, e.RefundSucceeded)


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


def events_of(batch: Iterable[e.Event | BadEvent]) -> list[e.Event]:
    """The events of a batch that are events."""
    return [event for event in batch if not isinstance(event, BadEvent)]


def shops_named(events: Sequence[e.Event]) -> set[str]:
    """The shops that the events name, those that fund the named vouchers included."""
    names = {event.shop for event in events}
    names.update(code.partition("/")[0] for code in _codes_named(events))
    return names


def _codes_named(events: Sequence[e.Event]) -> set[str]:
    # What does not look like a code is none, and never reaches the database.
    given = {event.voucher for event in events if isinstance(event, e.OrderPlaced)}
    return {code for code in given if isinstance(code, str) and _CODE.fullmatch(code)}


def gather(dialect: Dialect, events: Sequence[e.Event], shops: set[str], policy: Policy) -> Gathered:
    """Lock `shops` and load the state that `events` can touch; raises MoreShops if they reach further."""
    gathered = Gathered(State(policy))
    state = gathered.state
    for row in dialect.lock_shops(sorted(shops)):
        shop = tables.shop_of(row)
        state.shops[shop.name] = shop
        gathered.shop_rows[shop.name] = row
        gathered.shop_ids[shop.name] = row[0]
        gathered.last_event_id = max(gathered.last_event_id, row[-1])
    state.events.update(
        (key, content.encode())
        for key, content in dialect.fetch(
            "SELECT key, content FROM settlement_event WHERE key[]", [event.key for event in events]
        )
    )
    orders = {event.order_key for event in events if isinstance(event, e.OrderEvent)}
    _load_orders(dialect, gathered, orders)
    _load_refunds(dialect, gathered, events)
    _load_vouchers(dialect, gathered, events)
    _load_debts(dialect, gathered, events)
    _load_campaigns(dialect, gathered, events)
    _load_lines(dialect, gathered, events)
    _check_locked(state, shops)
    return gathered


def _check_locked(state: State, shops: set[str]) -> None:
    """A transaction writes rows of locked shops only: those that fund a voucher, and those whose order holds one."""
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


def _load_refunds(dialect: Dialect, gathered: Gathered, events: Sequence[e.Event]) -> None:
    keys = list({event.refund_key for event in events if isinstance(event, e.RefundEvent)})
    for row in dialect.select(tables.REFUNDS, "key", keys):
        refund = tables.refund_of(row)
        gathered.state.refunds[refund.key] = refund


def _load_vouchers(dialect: Dialect, gathered: Gathered, events: Sequence[e.Event]) -> None:
    """The vouchers named, used, earned and due, and the orders at both their ends."""
    state = gathered.state
    codes = _codes_named(events)
    for order in state.orders.values():
        codes.update(code for code in (order.voucher, order.earned) if code is not None)
    rows = dialect.select(tables.VOUCHERS, "code", list(codes))
    ticks = [int(event.at) for event in events if isinstance(event, e.ClockTicked)]
    if ticks:
        columns = ", ".join(tables.VOUCHERS.columns)
        rows += dialect.fetch(
            f"SELECT {columns} FROM settlement_voucher"
            " WHERE expires_at <= ? AND status IN ('available', 'frozen') ORDER BY expires_at",
            max(ticks),
        )
    ends: set[str] = set()
    for row in rows:
        voucher = tables.voucher_of(row)
        state.put_voucher(voucher)
        if voucher.code in codes:
            ends.update(key for key in (voucher.source, voucher.holder) if key is not None)
    _load_orders(dialect, gathered, ends)


def _load_debts(dialect: Dialect, gathered: Gathered, events: Sequence[e.Event]) -> None:
    """What buyers owe whom these events ask about, with the vouchers they owe it for, in the order of issue."""
    state = gathered.state
    if not any(isinstance(event, (*_DECIDES, e.DebtPaid)) for event in events):
        return
    debtors = {f"{order.shop}/{order.buyer}" for order in state.orders.values()}
    debtors.update(voucher.debtor for voucher in state.vouchers.values())
    debtors.update(f"{event.shop}/{event.buyer}" for event in events if isinstance(event, (e.OrderPlaced, e.DebtPaid)))
    owed: dict[str, list[str]] = {}
    amounts: dict[str, int] = {}
    for code, _, debtor, amount in dialect.select(tables.DEBTS, "debtor", list(debtors), "AND amount_minor > 0"):
        owed.setdefault(debtor, []).append(code)
        amounts[debtor] = amounts.get(debtor, 0) + amount
    missing = [code for codes in owed.values() for code in codes if code not in state.vouchers]
    for row in dialect.select(tables.VOUCHERS, "code", missing):
        state.put_voucher(tables.voucher_of(row))
    for debtor, codes in owed.items():
        codes.sort(key=lambda code: state.vouchers[code].serial)
        state.debts[debtor] = Debt(debtor, amounts[debtor], tuple(codes))


def _load_campaigns(dialect: Dialect, gathered: Gathered, events: Sequence[e.Event]) -> None:
    """The campaigns named, and of shops that decide a rebate the funded ones that have not ended."""
    named = list({event.campaign_key for event in events if isinstance(event, e.CampaignEvent)})
    rows = dialect.select(tables.CAMPAIGNS, "key", named)
    deciding = {gathered.shop_ids.get(event.shop) for event in events if isinstance(event, _DECIDES)} - {None}
    rows += dialect.select(
        tables.CAMPAIGNS, "shop_id", list(deciding), "AND ended IS NULL AND starts_at IS NOT NULL"
    )
    for row in rows:
        campaign = tables.campaign_of(row)
        gathered.state.put_campaign(campaign)
        gathered.campaign_ids[campaign.key] = row[0]


def _load_lines(dialect: Dialect, gathered: Gathered, events: Sequence[e.Event]) -> None:
    """The lines of the orders that are received or refunded; nothing else looks at them."""
    keys = {event.order_key for event in events if isinstance(event, _NEEDS_LINES)}
    known = {gathered.order_ids[key]: key for key in keys if key in gathered.order_ids}
    found: dict[str, list[tuple[int, Row]]] = {key: [] for key in known.values()}
    for row in dialect.select(tables.LINES, "order_id", list(known)):
        found[known[row[0]]].append((row[1], row))
    for key, numbered in found.items():
        gathered.state.lines[key] = tuple(tables.line_of(row) for _, row in sorted(numbered))
