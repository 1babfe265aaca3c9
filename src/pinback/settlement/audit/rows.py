"""The rows that a replay of the log expects in each table, held against those that are stored."""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from operator import itemgetter

from pinback.rules.records import EXTERNAL, marketing_account, sales_account
from pinback.settlement import tables
from pinback.settlement.audit.comparing import Comparison, Difference, differ
from pinback.settlement.audit.replay import Replay
from pinback.settlement.dialects import Dialect
from pinback.settlement.tables import Row, Table

_VOUCHER = "voucher:{}"
_BALANCES = (
    ("campaign:{}", "SELECT key, balance_minor FROM settlement_campaign"),
    (_VOUCHER, "SELECT code, balance_minor FROM settlement_voucher"),
    ("order:{}", "SELECT key, balance_minor FROM settlement_order"),
    ("shop:{}:marketing", "SELECT name, marketing_minor FROM settlement_shop"),
    ("shop:{}:sales", "SELECT name, sales_minor FROM settlement_shop"),
)

_ORDER_KEY = "coalesce(o.key, '')"
"""A line whose order is not there sorts first; no key is empty."""


def compare_rows(dialect: Dialect, replay: Replay) -> Iterator[Difference]:
    """Compare every table but the log and the postings, which the replay compared; then the balances."""
    yield from _compare(dialect, tables.SHOPS, "name", _shops(replay), but=1)
    yield from _compare_progress(dialect, replay)
    yield from _compare(dialect, tables.CAMPAIGNS, "key", _campaigns(replay))
    yield from _compare(dialect, tables.VOUCHERS, "code", _vouchers(replay))
    yield from _compare(dialect, tables.ORDERS, "key", _orders(replay))
    yield from _compare_lines(dialect, replay)
    yield from _compare(dialect, tables.REFUNDS, "key", _refunds(replay))
    yield from _compare(dialect, tables.DEBTS, "voucher_code", _debts(replay), forgiven=_is_settled)
    yield from _compare(dialect, tables.PRODUCT_SALES, "key", _products(replay))
    yield from _compare(dialect, tables.PRODUCT_MONTHS, "key", _months(replay), second="month")
    yield from _compare_balances(dialect, replay)


def _compare(
    dialect: Dialect,
    table: Table,
    by: str,
    expected: Iterable[Row],
    *,
    second: str | None = None,
    but: int = 0,
    forgiven: Callable[[Row], bool] | None = None,
) -> Iterator[Difference]:
    """Compare a table with what is expected, in the order of its key; `but` the last so many columns."""
    columns = table.columns[: len(table.columns) - but]
    order = dialect.sorted_by(by) + (f", {second}" if second else "")
    stored = dialect.stream(f"SELECT {', '.join(columns)} FROM {table.name} {order}")
    key = itemgetter(*table.places((by, second) if second else (by,)))
    name = table.name.removeprefix("settlement_")
    yield from Comparison(name, columns, stored, key=key, forgiven=forgiven).all(expected)


def _shops(replay: Replay) -> Iterator[Row]:
    state = replay.state
    for name, shop in sorted(state.shops.items()):
        first, _, latest = replay.made.shops[name]
        marketing = state.balances.get(marketing_account(name), 0)
        sales = state.balances.get(sales_account(name), 0)
        completed = state.completed.get(name, 0)
        yield (first, name, shop.timezone, shop.issued, marketing, sales, completed, latest)


def _compare_progress(dialect: Dialect, replay: Replay) -> Iterator[Difference]:
    """How far a shop's events have come: to the last of its own at least, and to one that there is."""
    query = "SELECT s.name, s.last_event_id, e.id FROM settlement_shop s LEFT JOIN settlement_event e"
    for name, last, known in dialect.stream(f"{query} ON e.id = s.last_event_id"):
        own = replay.made.shops[name][1] if name in replay.made.shops else 0
        if known is None or last < own:
            yield Difference("shop", name, "last_event_id", last, own)
    query = "SELECT s.last_tick_id, e.id FROM settlement_setting s LEFT JOIN settlement_event e"
    for last, known in dialect.stream(f"{query} ON e.id = s.last_tick_id"):
        if last < replay.last_tick_id or (known is None and last != 0):
            yield Difference("setting", "1", "last_tick_id", last, replay.last_tick_id)


def _campaigns(replay: Replay) -> Iterator[Row]:
    for key, campaign in sorted(replay.state.campaigns.items()):
        yield tables.campaign_row(campaign, replay.made.campaigns[key], replay.shop_id(key))


def _vouchers(replay: Replay) -> Iterator[Row]:
    for code, voucher in replay.vouchers.items_by_key():
        campaign_id = replay.made.campaigns[voucher.campaign]
        yield tables.voucher_row(voucher, replay.voucher_ids[code], replay.shop_id(code), campaign_id)


def _orders(replay: Replay) -> Iterator[Row]:
    for key, order in replay.orders.items_by_key():
        id_, placed_at = replay.order_ids[key]
        yield tables.order_row(order, id_, replay.shop_id(key), placed_at)


def _refunds(replay: Replay) -> Iterator[Row]:
    for key, refund in replay.refunds.items_by_key():
        yield tables.refund_row(refund, replay.refund_ids[key], replay.shop_id(key))


def _debts(replay: Replay) -> Iterator[Row]:
    owed = ((code, debt.key) for debt in replay.state.debts.values() for code in debt.vouchers)
    for code, debtor in sorted(owed):
        yield (code, replay.shop_id(debtor), debtor, replay.vouchers[code].left)


def _is_settled(row: Row) -> bool:
    # A voucher that is owed for no longer keeps its row, at 0.
    return bool(row[3] == 0)


def _products(replay: Replay) -> Iterator[Row]:
    return ((key, replay.shop_id(key), units) for key, units in sorted(replay.state.units.items()))


def _months(replay: Replay) -> Iterator[Row]:
    months = sorted(replay.state.months.items())
    return ((key, month, replay.shop_id(key), units) for (key, month), units in months)


def _compare_lines(dialect: Dialect, replay: Replay) -> Iterator[Difference]:
    """Lines are sorted by the key of their order, which stands before their own columns."""
    columns = tables.LINES.columns
    stored = dialect.stream(
        f"SELECT {_ORDER_KEY}, {', '.join(f'l.{column}' for column in columns)}"
        " FROM settlement_line l LEFT JOIN settlement_order o ON o.id = l.order_id"
        f" {dialect.sorted_by(_ORDER_KEY)}, l.number"
    )
    comparison = Comparison("line", ("order", *columns), stored, key=itemgetter(0, 2))
    expected = (
        (key, *tables.line_row(line, number, replay.order_ids[key][0], replay.shop_id(key)))
        for key, lines in replay.lines.items_by_key()
        for number, line in enumerate(lines, start=1)
    )
    yield from comparison.all(expected)


def _compare_balances(dialect: Dialect, replay: Replay) -> Iterator[Difference]:
    """The sum of all postings of an account is the balance that its row shows; the sum of all is 0."""
    accounts = dict(replay.accounts)
    external = accounts.pop(EXTERNAL, 0)
    total = (
        external + sum(accounts.values()) + sum(held for _, held in replay.voucher_accounts.items_by_key())
    )
    if total:
        yield Difference("account", "all", "sum", total, 0)
    for name, query in _BALANCES:
        for key, balance in dialect.stream(query):
            account = name.format(key)
            kept: MutableMapping[str, int] = replay.voucher_accounts if name == _VOUCHER else accounts
            yield from differ("account", account, ("balance",), (balance,), (kept.pop(account, 0),))
    for account, balance in (*accounts.items(), *replay.voucher_accounts.items_by_key()):
        yield Difference("account", account, "balance", None, balance)
