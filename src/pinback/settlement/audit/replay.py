"""The event log, folded again: the state it gives, the ids of what its events made,
and every account's postings.
"""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import msgspec

from pinback.rules.decisions import EventApplied, EventRefused
from pinback.rules.events import ClockTicked, Event
from pinback.rules.reading import event_of
from pinback.rules.records import Line, Order, Policy, Refund, Voucher
from pinback.rules.settle import settle as fold
from pinback.rules.state import State
from pinback.settlement import tables
from pinback.settlement.audit.comparing import Comparison, Difference, differ
from pinback.settlement.audit.spilling import Spilling
from pinback.settlement.dialects import Dialect
from pinback.settlement.tables import Row
from pinback.settlement.writing import Made

_REPORT_EVERY = 1_000


class Replay:
    """Folds the log; afterwards `state`, `made` and `accounts` hold what it gives. `close` it at the end."""

    def __init__(self, dialect: Dialect, policy: Policy) -> None:
        self._dialect = dialect
        self.state = State(policy, last_tick=_last_tick(dialect))
        self.made = Made()
        self.shop_ids: dict[str, int] = {}
        self.last_tick_id = 0
        self.accounts: dict[str, int] = {}
        self.orders: Spilling[Order] = Spilling(Order)
        self.lines: Spilling[tuple[Line, ...]] = Spilling(tuple[Line, ...])
        self.vouchers: Spilling[Voucher] = Spilling(Voucher)
        self.refunds: Spilling[Refund] = Spilling(Refund)
        self.order_ids: Spilling[tuple[int, int]] = Spilling(tuple[int, int])
        self.refund_ids: Spilling[int] = Spilling(int)
        self.voucher_ids: Spilling[int] = Spilling(int)
        self.voucher_accounts: Spilling[int] = Spilling(int)
        self.state.orders, self.state.lines = self.orders, self.lines
        self.state.vouchers, self.state.refunds = self.vouchers, self.refunds
        self.made.orders, self.made.refunds = self.order_ids, self.refund_ids
        self.made.vouchers = self.voucher_ids

    def close(self) -> None:
        """Let the temporary files go."""
        spilled: tuple[Spilling[Any], ...] = (self.orders, self.lines, self.vouchers, self.refunds)
        for mapping in (*spilled, self.order_ids, self.refund_ids, self.voucher_ids, self.voucher_accounts):
            mapping.close()

    def shop_id(self, key: str) -> int:
        """The id of the shop that a key begins with."""
        return self.shop_ids[key.partition("/")[0]]

    def fold_log(self, on_progress: Callable[[int], None] | None) -> Iterator[Difference]:
        """Fold the log in its order; compare its columns and the postings on the way."""
        shops: dict[int, str] = dict(self._dialect.fetch("SELECT id, name FROM settlement_shop"))
        stored = self._dialect.stream(
            f"SELECT {', '.join(tables.POSTINGS.columns)} FROM settlement_posting ORDER BY event_id, number"
        )
        postings = Comparison("posting", tables.POSTINGS.columns, stored, key=lambda row: row[:2])
        log = self._dialect.stream("SELECT id, shop_id, key, at, content FROM settlement_event ORDER BY id")
        for done, (id_, shop_id, key, at, content) in enumerate(log, start=1):
            try:
                event = event_of(content)
            except (msgspec.MsgspecError, ValueError):
                yield Difference("event", key, "content", content, "an event")
                continue
            refused = self._fold(id_, event)
            if refused is not None:
                yield Difference("event", key, "decision", "event.applied", refused)
                continue
            found, expected = (shops.get(shop_id), key, at), (event.shop, event.key, int(event.at))
            yield from differ("event", key, ("shop_id", "key", "at"), found, expected)
            for row in self._posted(id_, event.shop):
                yield from postings.next(row)
            if on_progress is not None and done % _REPORT_EVERY == 0:
                on_progress(done)
        yield from postings.rest()

    def _fold(self, id_: int, event: Event) -> str | None:
        """Fold one event; None if it is applied, else what it is instead."""
        decision = fold(self.state, event)[0]
        if isinstance(decision, EventRefused):
            return f"event.refused {decision.code}"
        if not isinstance(decision, EventApplied):
            return decision.type
        self.made.note(id_, event, self.state.postings)
        if isinstance(event, ClockTicked):
            self.last_tick_id = id_
        self.shop_ids.setdefault(event.shop, id_)
        # Ids are unique in the log by its key; what was said before need not be remembered.
        self.state.events.clear()
        return None

    def _posted(self, id_: int, shop: str) -> list[Row]:
        """The postings of the event just folded, as rows, and added to their accounts."""
        rows = []
        for number, moved in enumerate(self.state.postings, start=1):
            rows.append(tables.posting_row(moved, number, id_, shop, self.shop_ids))
            self._add(moved.source, -moved.amount)
            self._add(moved.target, moved.amount)
        self.state.postings.clear()
        return rows

    def _add(self, account: str, amount: int) -> None:
        """Accounts at 0 are forgotten. Vouchers are kept for long by their owners: theirs are spilled."""
        vouchers = account.startswith("voucher:")
        accounts: MutableMapping[str, int] = self.voucher_accounts if vouchers else self.accounts
        balance = accounts.get(account, 0) + amount
        if balance:
            accounts[account] = balance
        else:
            del accounts[account]


def _last_tick(dialect: Dialect) -> int:
    """The latest instant of a tick in the log; before all instants where there is none."""
    query = "SELECT max(at) FROM settlement_event WHERE content LIKE ?"
    latest: int | None = dialect.fetch(query, '%"clock.ticked"%')[0][0]
    return -1 if latest is None else latest
