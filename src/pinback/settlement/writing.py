"""Writes back what a batch changed: new rows in bulk, changed rows guarded, counters and balances added to.

What changed is found by comparing the records after the fold with those that were loaded: a record is never
changed in place, so one that is not the same object is another record.
"""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import TypeVar

from pinback.rules import events as e
from pinback.rules.records import Campaign, Order, Posting, Refund, Voucher, marketing_account, sales_account
from pinback.rules.state import State
from pinback.settlement import tables
from pinback.settlement.dialects import Dialect
from pinback.settlement.gathering import Gathered
from pinback.settlement.tables import Row, Table

Record = TypeVar("Record")

_MAKING = frozenset((e.OrderPlaced, e.RefundRequested, e.RefundSucceeded, e.CampaignCreated))
"""The types of events that make a row of their own, besides vouchers."""


class Loaded:
    """The records as they were loaded, to compare with."""

    def __init__(self, state: State) -> None:
        self.campaigns = dict(state.campaigns)
        self.vouchers = dict(state.vouchers)
        self.orders = dict(state.orders)
        self.lines = dict(state.lines)
        self.refunds = dict(state.refunds)
        self.debts = dict(state.debts)


class Made:
    """The ids of what events made: a row gets the id of the event that made it,
    which makes at most one of a kind.
    """

    def __init__(self) -> None:
        self.shops: dict[str, list[int]] = {}
        self.campaigns: dict[str, int] = {}
        self.orders: MutableMapping[str, tuple[int, int]] = {}
        self.refunds: MutableMapping[str, int] = {}
        self.vouchers: MutableMapping[str, int] = {}

    def note(self, id_: int, event: e.Event, postings: Iterable[Posting]) -> None:
        """Keep what an applied event makes: of a shop [first id, last id, latest instant], of an order (id,
        placed at).
        """
        known = self.shops.get(event.shop)
        if known is None:
            self.shops[event.shop] = [id_, id_, int(event.at)]
        else:
            known[1] = id_
            if event.at > known[2]:
                known[2] = int(event.at)
        if type(event) in _MAKING:
            self._note_made(id_, event)
        for posting in postings:
            # Only an issue moves fen from a campaign to a voucher (section 8).
            if posting.source.startswith("campaign:") and posting.target.startswith("voucher:"):
                self.vouchers[posting.target.removeprefix("voucher:")] = id_

    def _note_made(self, id_: int, event: e.Event) -> None:
        if isinstance(event, e.OrderPlaced):
            self.orders[event.order_key] = (id_, int(event.at))
        elif isinstance(event, e.RefundRequested | e.RefundSucceeded):
            self.refunds.setdefault(event.refund_key, id_)
        elif isinstance(event, e.CampaignCreated):
            self.campaigns[event.campaign_key] = id_


class Applied:
    """The applied events of a batch and what each of them moved, as rows; and what they made.

    `shop_ids` are those of the shops that are known; one that an event opens is added.
    """

    def __init__(self, shop_ids: Mapping[str, int]) -> None:
        self.shop_ids = dict(shop_ids)
        self.events: list[Row] = []
        self.postings: list[Row] = []
        self.made = Made()
        self.first_id: int | None = None
        self.last_id: int | None = None
        self.ticked = False

    def note(self, id_: int, event: e.Event, key: str, content: str, postings: list[Posting]) -> None:
        """Keep an applied event and the postings that it caused."""
        shop = event.shop
        self.made.note(id_, event, postings)
        shop_id = self.shop_ids.setdefault(shop, id_)
        self.events.append((id_, shop_id, key, int(event.at), content))
        for number, posting in enumerate(postings, start=1):
            self.postings.append(tables.posting_row(posting, number, id_, shop, self.shop_ids))
        self.first_id = self.first_id or id_
        self.last_id = id_
        if type(event) is e.ClockTicked:
            self.ticked = True

    def take_events(self) -> list[Row]:
        """The rows of the log that were not taken yet."""
        taken, self.events = self.events, []
        return taken

    def take_postings(self) -> list[Row]:
        """The rows of the ledger that were not taken yet."""
        taken, self.postings = self.postings, []
        return taken


def write_back(dialect: Dialect, gathered: Gathered, loaded: Loaded, applied: Applied) -> None:
    """Write everything that a batch changed; nothing where no event was applied."""
    if applied.last_id is not None:
        _Writer(dialect, gathered, loaded, applied, applied.last_id).write()


class _Writer:
    def __init__(
        self, dialect: Dialect, gathered: Gathered, loaded: Loaded, applied: Applied, last_id: int
    ) -> None:
        self.last_id = last_id
        self.dialect = dialect
        self.state = gathered.state
        self.known_shops = gathered.shop_rows
        self.last_tick_id = gathered.last_tick_id
        self.loaded = loaded
        self.applied = applied
        self.made = applied.made
        self.credited: list[Row] = []
        self.changed: list[tuple[Table, list[Row]]] = []
        self.shop_ids = applied.shop_ids
        self.campaign_ids = {**gathered.campaign_ids, **self.made.campaigns}
        self.order_ids = {**gathered.order_ids, **{key: made[0] for key, made in self.made.orders.items()}}

    def write(self) -> None:
        """New rows first, each table sent while the rows of the next are made; then what changes rows."""
        self._write_events()
        self._write_orders()
        self._write_lines()
        self._write_vouchers()
        self._write_shops()
        self._write_campaigns()
        self._write_refunds()
        self._write_debts()
        with self.dialect.together():
            self._write_updates()
            self._write_sales()
            self._write_tick()

    def _write_updates(self) -> None:
        self.dialect.credit_shops(self.credited)
        for table, rows in self.changed:
            self.dialect.update(table, rows)

    def _shop_of(self, key: str) -> int:
        return self.shop_ids[key.partition("/")[0]]

    def _write_shops(self) -> None:
        """New shops; of those that are known the balances, counts and progress.

        Every shop that was locked keeps the last id of the batch: whoever locks it next gets higher ones,
        whatever their clock says, so the order of ids is the order in which the shop's rows were read and
        written.
        """
        new: list[Row] = []
        last = self.last_id
        for name, shop in self.state.shops.items():
            marketing = self.state.balances.get(marketing_account(name), 0)
            sales = self.state.balances.get(sales_account(name), 0)
            completed = self.state.completed.get(name, 0)
            row = self.known_shops.get(name)
            if row is None:
                first, _, latest = self.made.shops[name]
                new.append(
                    (first, name, shop.timezone, shop.issued, marketing, sales, completed, latest, last)
                )
            else:
                latest = self.made.shops[name][2] if name in self.made.shops else row[-2]
                self.credited.append((shop.issued, marketing, sales, completed, latest, last, row[0]))
        self.dialect.insert(tables.SHOPS, new)

    def _write_events(self) -> None:
        self.dialect.insert(tables.EVENTS, self.applied.take_events())
        self.dialect.insert(tables.POSTINGS, self.applied.take_postings())

    def _write_campaigns(self) -> None:
        def row(key: str, campaign: Campaign) -> Row:
            return tables.campaign_row(campaign, self.made.campaigns[key], self._shop_of(key))

        self._write(
            tables.CAMPAIGNS, self.state.campaigns, self.loaded.campaigns, row, tables.campaign_change
        )

    def _write_orders(self) -> None:
        def row(key: str, order: Order) -> Row:
            id_, placed_at = self.made.orders[key]
            return tables.order_row(order, id_, self.shop_ids[order.shop], placed_at)

        self._write(tables.ORDERS, self.state.orders, self.loaded.orders, row, tables.order_change)

    def _write_lines(self) -> None:
        new: list[Row] = []
        changed: list[Row] = []
        for key, lines in self.state.lines.items():
            old = self.loaded.lines.get(key)
            if lines is old:
                continue
            order_id = self.order_ids[key]
            if old is None:
                shop_id = self._shop_of(key)
                new.extend(
                    tables.line_row(line, n, order_id, shop_id) for n, line in enumerate(lines, start=1)
                )
            else:
                changed.extend(
                    tables.line_change(after, before, n, order_id)
                    for n, (before, after) in enumerate(zip(old, lines, strict=True), start=1)
                    if before != after
                )
        self._put(tables.LINES, new, changed)

    def _write_refunds(self) -> None:
        def row(key: str, refund: Refund) -> Row:
            return tables.refund_row(refund, self.made.refunds[key], self._shop_of(key))

        self._write(tables.REFUNDS, self.state.refunds, self.loaded.refunds, row, tables.refund_change)

    def _write_vouchers(self) -> None:
        def row(code: str, voucher: Voucher) -> Row:
            campaign_id = self.campaign_ids[voucher.campaign]
            return tables.voucher_row(
                voucher, self.made.vouchers[code], self.shop_ids[voucher.shop], campaign_id
            )

        self._write(tables.VOUCHERS, self.state.vouchers, self.loaded.vouchers, row, tables.voucher_change)

    def _write_debts(self) -> None:
        """A row for each voucher that is owed for; one that is owed for no longer stays, at 0."""
        new: list[Row] = []
        changed: list[Row] = []
        for key, debt in self.state.debts.items():
            old = self.loaded.debts.get(key)
            if debt is old:
                continue
            before = set(old.vouchers) if old is not None else set()
            new.extend(
                (code, self._shop_of(key), key, self.state.vouchers[code].left)
                for code in debt.vouchers
                if code not in before
            )
            for code in before:
                left, left_before = self.state.vouchers[code].left, self.loaded.vouchers[code].left
                if left != left_before:
                    changed.append((left, code, left_before))
        self._put(tables.DEBTS, new, changed)

    def _write_sales(self) -> None:
        """Units are added to their counters; one that would fall below 0 fails a CHECK and with it the
        batch.
        """
        totals, months = self.state.units, self.state.months
        self.dialect.add(
            tables.PRODUCT_SALES,
            "units",
            [(key, self._shop_of(key), n) for key, n in sorted(totals.items()) if n >= 0],
        )
        self.dialect.add(
            tables.PRODUCT_MONTHS,
            "units",
            [(key, month, self._shop_of(key), n) for (key, month), n in sorted(months.items()) if n >= 0],
        )
        self.dialect.subtract(
            tables.PRODUCT_SALES, "units", [(n, key) for key, n in sorted(totals.items()) if n < 0]
        )
        self.dialect.subtract(
            tables.PRODUCT_MONTHS,
            "units",
            [(n, key, month) for (key, month), n in sorted(months.items()) if n < 0],
        )

    def _write_tick(self) -> None:
        """A tick is about every shop: ids after it are higher, also where it finds no shop to lock."""
        if self.applied.ticked:
            self.dialect.update(tables.SETTINGS, [(self.last_id, 1, self.last_tick_id)])

    def _write(
        self,
        table: Table,
        now: Mapping[str, Record],
        before: Mapping[str, Record],
        row: Callable[[str, Record], Row],
        change: Callable[[Record, Record], Row],
    ) -> None:
        """Insert the records that are new, update those that are other records than before."""
        new: list[Row] = []
        changed: list[Row] = []
        for key, record in now.items():
            old = before.get(key)
            if old is None:
                new.append(row(key, record))
            elif record is not old and record != old:
                changed.append(change(record, old))
        self._put(table, new, changed)

    def _put(self, table: Table, new: list[Row], changed: list[Row]) -> None:
        """Insert new rows; keep the updates for later, when nothing is inserted any more."""
        self.dialect.insert(table, new)
        self.changed.append((table, changed))
