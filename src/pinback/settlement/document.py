"""The state of a database as section 12 shows it, streamed: its memory does not grow with the orders."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from django.db import connections

from pinback.rules import document
from pinback.settlement import tables
from pinback.settlement.dialects import Dialect, dialect_of
from pinback.settlement.moment import one_moment
from pinback.settlement.tables import Table

_encoder = msgspec.json.Encoder(order="sorted")


def state_document(using: str = "default", *, shop: str | None = None) -> Iterator[bytes]:
    """The state document in pieces: one line with its line break, as of one moment. With `shop`, what is that
    shop's alone.
    """
    with one_moment(using):
        yield from _document(dialect_of(connections[using]), shop)


def entry_of(kind: str, key: str, using: str = "default") -> dict[str, object] | None:
    """The state of one of `campaigns`, `orders` or `vouchers`, as `state_document` has it; None: no such."""
    dialect = dialect_of(connections[using])
    table, column = {
        "campaigns": (tables.CAMPAIGNS, "key"),
        "orders": (tables.ORDERS, "key"),
        "vouchers": (tables.VOUCHERS, "code"),
    }[kind]
    query = dialect.where(table, column, [key])
    (rows,) = dialect.fetch_all(query)
    if not rows:
        return None
    if kind == "campaigns":
        return document.campaign_entry(tables.campaign_of(rows[0]), _latest_at(dialect))
    if kind == "orders":
        return document.order_entry(tables.order_of(rows[0]))
    return document.voucher_entry(tables.voucher_of(rows[0]))


def _latest_at(dialect: Dialect) -> int:
    return dialect.fetch("SELECT max(latest_at) FROM settlement_shop")[0][0] or 0


def _document(dialect: Dialect, shop: str | None) -> Iterator[bytes]:
    latest_at = _latest_at(dialect)
    sections = {
        b"campaigns": (
            (row[2], document.campaign_entry(tables.campaign_of(row), latest_at))
            for row in _rows(dialect, tables.CAMPAIGNS, "key", shop)
        ),
        b"debts": _debts(dialect, shop),
        b"orders": (
            (row[2], document.order_entry(tables.order_of(row)))
            for row in _rows(dialect, tables.ORDERS, "key", shop)
        ),
        b"sales": _sales(dialect, shop),
        b"shops": (
            (row[1], document.shop_entry(row[4], row[5], row[6]))
            for row in _rows(dialect, tables.SHOPS, "name", None)
            if shop is None or row[1] == shop
        ),
        b"vouchers": (
            (row[2], document.voucher_entry(tables.voucher_of(row)))
            for row in _rows(dialect, tables.VOUCHERS, "code", shop)
        ),
    }
    before = b"{"
    for name, entries in sections.items():
        yield before + b'"' + name + b'":{'
        before = b"},"
        yield from _members(entries)
    yield b"}}\n"


def _members(entries: Iterator[Any]) -> Iterator[bytes]:
    before = b""
    for key, entry in entries:
        yield before + _encoder.encode(key) + b":" + _encoder.encode(entry)
        before = b","


def _of_shop(dialect: Dialect, column: str, shop: str | None) -> tuple[str, tuple[str, ...]]:
    """A condition for keys `shop/…`, in the words for which the database has an index."""
    if shop is None:
        return "1 = 1", ()
    if dialect.connection.vendor == "postgresql":
        escaped = shop.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return f"{column} LIKE ?", (f"{escaped}/%",)
    # In the order of code points 0 is next to the slash.
    return f"{column} >= ? AND {column} < ?", (f"{shop}/", f"{shop}0")


def _rows(dialect: Dialect, table: Table, key: str, shop: str | None) -> Iterator[Any]:
    where, values = _of_shop(dialect, key, shop)
    return dialect.stream(
        f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {where} {dialect.sorted_by(key)}", *values
    )


def _debts(dialect: Dialect, shop: str | None) -> Iterator[Any]:
    where, values = _of_shop(dialect, "debtor", shop)
    return dialect.stream(
        "SELECT debtor, CAST(sum(amount_minor) AS bigint) FROM settlement_debt"
        f" WHERE amount_minor > 0 AND {where} GROUP BY debtor " + dialect.sorted_by("debtor"),
        *values,
    )


def _sales(dialect: Dialect, shop: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    where, values = _of_shop(dialect, "s.key", shop)
    rows = dialect.stream(
        "SELECT s.key, s.units, m.month, m.units FROM settlement_productsales s"
        f" LEFT JOIN settlement_productmonth m ON m.key = s.key WHERE {where} " + dialect.sorted_by("s.key"),
        *values,
    )
    for key, group in groupby(rows, key=itemgetter(0)):
        listed = list(group)
        yield key, {"months": {month: units for *_, month, units in listed if units}, "total": listed[0][1]}
