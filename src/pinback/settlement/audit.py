"""The audit: folds the whole event log again through the rules, and compares every table, balance and
counter.

Nothing of what is stored is believed but the log itself. Postings are compared one by one as the fold makes
them, rows at the end; the sum of all postings of an account must be the balance that its row shows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from django.db import connections, transaction

from pinback.rules.decisions import EventApplied
from pinback.rules.reading import event_of
from pinback.rules.records import EXTERNAL, marketing_account, sales_account
from pinback.rules.settle import settle as fold
from pinback.rules.state import State
from pinback.settlement import tables
from pinback.settlement.dialects import Dialect, dialect_of
from pinback.settlement.policy import fix_policy
from pinback.settlement.tables import Row, Table
from pinback.settlement.writing import Made

_REPORT_EVERY = 1_000


class Difference(NamedTuple):
    """Something that is stored otherwise than the event log gives it; `stored` or `expected` None: no such
    row.
    """

    table: str
    key: str
    column: str
    stored: object
    expected: object

    def __str__(self) -> str:
        where = f"{self.table} {self.key} {self.column}"
        return f"{where}: stored {self.stored}, the event log gives {self.expected}"


def audit(
    *, using: str = "default", on_progress: Callable[[int], None] | None = None
) -> Iterator[Difference]:
    """Every difference between the database and its event log; none, if all is well.

    `on_progress` is told the number of events folded so far.
    """
    policy = fix_policy(None, using=using)
    with transaction.atomic(using):
        dialect = dialect_of(connections[using])
        dialect.snapshot()
        replay = _Replay(dialect, State(policy))
        yield from replay.fold_log(on_progress or _say_nothing)
        yield from replay.compare_rows()


class _Replay:
    """The state that the log gives, the ids of what its events made,
    and the accounts as the postings leave them.
    """

    def __init__(self, dialect: Dialect, state: State) -> None:
        self.dialect = dialect
        self.state = state
        self.made = Made()
        self.accounts: defaultdict[str, int] = defaultdict(int)
        self.stored_postings = _rows(dialect, tables.POSTINGS, "event_id, number")

    def fold_log(self, on_progress: Callable[[int], None]) -> Iterator[Difference]:
        """Fold the log in its order; compare its columns and the postings on the way."""
        shops: dict[int, str] = dict(self.dialect.fetch("SELECT id, name FROM settlement_shop"))
        stored = next(self.stored_postings, None)
        for done, (id_, shop_id, key, at, content) in enumerate(
            _rows(self.dialect, tables.EVENTS, "id"), start=1
        ):
            event = event_of(content)
            decision = fold(self.state, event)[0]
            if not isinstance(decision, EventApplied):
                yield Difference(
                    "event", key, "decision", "event.applied", getattr(decision, "code", decision.type)
                )
                continue
            self.made.note(id_, event, self.state.postings)
            columns = ("shop", "key", "at")
            found, expected = (shops.get(shop_id), key, at), (event.shop, event.key, int(event.at))
            yield from _differ("event", key, columns, found, expected)
            for row in self._posted(id_):
                while stored is not None and stored[:2] < row[:2]:
                    yield Difference("posting", f"{stored[0]}/{stored[1]}", "row", _moved(stored), None)
                    stored = next(self.stored_postings, None)
                if stored is not None and stored[:2] == row[:2]:
                    yield from _differ(
                        "posting", f"{row[0]}/{row[1]}", ("row",), (_moved(stored),), (row[2:],)
                    )
                    stored = next(self.stored_postings, None)
                else:
                    yield Difference("posting", f"{row[0]}/{row[1]}", "row", None, row[2:])
            if done % _REPORT_EVERY == 0:
                on_progress(done)
        while stored is not None:
            yield Difference("posting", f"{stored[0]}/{stored[1]}", "row", _moved(stored), None)
            stored = next(self.stored_postings, None)

    def _posted(self, id_: int) -> list[Row]:
        """The postings of the event just folded, added to their accounts;
        what the fold keeps of the past is let go.
        """
        rows = []
        for number, moved in enumerate(self.state.postings, start=1):
            rows.append((id_, number, moved.source, moved.target, moved.amount))
            self.accounts[moved.source] -= moved.amount
            self.accounts[moved.target] += moved.amount
            for account in (moved.source, moved.target):
                if not self.accounts[account]:
                    del self.accounts[account]
        self.state.postings.clear()
        self.state.events.clear()
        return rows

    def compare_rows(self) -> Iterator[Difference]:
        """Compare the rows of every other table with those that the fold gives,
        and balances with the postings.
        """
        state, made = self.state, self.made
        shop_ids = {name: ids[0] for name, ids in made.shops.items()}
        order_ids = {key: ids[0] for key, ids in made.orders.items()}

        def shop_of(key: str) -> int:
            return shop_ids[key.partition("/")[0]]

        yield from self._compare(tables.SHOPS, (self._shop_row(name) for name in state.shops))
        yield from self._compare(
            tables.CAMPAIGNS,
            (tables.campaign_row(c, made.campaigns[c.key], shop_of(c.key)) for c in state.campaigns.values()),
        )
        yield from self._compare(
            tables.VOUCHERS,
            (
                tables.voucher_row(v, made.vouchers[v.code], shop_of(v.code), made.campaigns[v.campaign])
                for v in state.vouchers.values()
            ),
        )
        yield from self._compare(
            tables.ORDERS,
            (
                tables.order_row(o, made.orders[o.key][0], shop_of(o.key), made.orders[o.key][1])
                for o in state.orders.values()
            ),
        )
        yield from self._compare(
            tables.LINES,
            (
                tables.line_row(line, number, order_ids[key], shop_of(key))
                for key, lines in state.lines.items()
                for number, line in enumerate(lines, start=1)
            ),
        )
        yield from self._compare(
            tables.REFUNDS,
            (tables.refund_row(r, made.refunds[r.key], shop_of(r.key)) for r in state.refunds.values()),
        )
        yield from self._compare(tables.DEBTS, self._debt_rows(shop_of), forgiven=_is_settled_debt)
        yield from self._compare(
            tables.PRODUCT_SALES, ((key, shop_of(key), units) for key, units in state.units.items())
        )
        yield from self._compare(
            tables.PRODUCT_MONTHS, ((key, month, shop_of(key), n) for (key, month), n in state.months.items())
        )
        yield from self._compare_balances()

    def _shop_row(self, name: str) -> Row:
        shop, (first, last, latest) = self.state.shops[name], self.made.shops[name]
        balances = self.state.balances
        marketing, sales = balances.get(marketing_account(name), 0), balances.get(sales_account(name), 0)
        completed = self.state.completed.get(name, 0)
        return (first, name, shop.timezone, shop.issued, marketing, sales, completed, latest, last)

    def _debt_rows(self, shop_of: Callable[[str], int]) -> Iterator[Row]:
        for debt in self.state.debts.values():
            for code in debt.vouchers:
                yield (code, shop_of(debt.key), debt.key, self.state.vouchers[code].left)

    def _compare(
        self, table: Table, expected: Iterable[Row], *, forgiven: Callable[[Row], bool] | None = None
    ) -> Iterator[Difference]:
        """Compare the stored rows of a table with those expected, by key;
        a `forgiven` row may be there or not.
        """
        places = table.places(table.keys)
        name = table.name.removeprefix("settlement_")
        by_key = {tuple(row[place] for place in places): row for row in expected}
        for row in self.dialect.stream(f"SELECT {', '.join(table.columns)} FROM {table.name}"):
            key = tuple(row[place] for place in places)
            wanted = by_key.pop(key, None)
            if wanted is not None:
                yield from _differ(name, _shown(key), table.columns, row, wanted)
            elif forgiven is None or not forgiven(row):
                yield Difference(name, _shown(key), "row", "there", None)
        for key in by_key:
            yield Difference(name, _shown(key), "row", None, "there")

    def _compare_balances(self) -> Iterator[Difference]:
        """The sum of all postings of an account is the balance that its row shows;
        the sum of all accounts is 0.
        """
        accounts = dict(self.accounts)
        external = accounts.pop(EXTERNAL, 0)
        if external + sum(accounts.values()):
            yield Difference("account", "all", "sum", external + sum(accounts.values()), 0)
        for kind, query in _BALANCES:
            for key, balance in self.dialect.stream(query):
                account = kind.format(key)
                yield from _differ("account", account, ("balance",), (balance,), (accounts.pop(account, 0),))
        for account, balance in accounts.items():
            yield Difference("account", account, "balance", None, balance)


_BALANCES = (
    ("campaign:{}", "SELECT key, balance_minor FROM settlement_campaign"),
    ("voucher:{}", "SELECT code, balance_minor FROM settlement_voucher"),
    ("order:{}", "SELECT key, balance_minor FROM settlement_order"),
    ("shop:{}:marketing", "SELECT name, marketing_minor FROM settlement_shop"),
    ("shop:{}:sales", "SELECT name, sales_minor FROM settlement_shop"),
)


def _rows(dialect: Dialect, table: Table, order: str) -> Iterator[Row]:
    return dialect.stream(f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {order}")


def _say_nothing(done: int) -> None:
    """For whoever does not want to know how far the audit is."""


def _moved(row: Row) -> Row:
    """From, to and amount of a stored posting."""
    return row[4:]


def _is_settled_debt(row: Row) -> bool:
    # A voucher that is owed for no longer keeps its row, at 0.
    return bool(row[3] == 0)


def _shown(key: Row) -> str:
    return " ".join(str(part) for part in key)


def _differ(table: str, key: str, columns: Iterable[str], stored: Row, expected: Row) -> Iterator[Difference]:
    for column, found, wanted in zip(columns, stored, expected, strict=True):
        if found != wanted:
            yield Difference(table, key, column, found, wanted)
