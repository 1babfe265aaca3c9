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


def state_document(using: str = "default") -> Iterator[bytes]:
    """The state document in pieces: one line with its line break, as of one moment."""
    with one_moment(using):
        yield from _document(dialect_of(connections[using]))


def _document(dialect: Dialect) -> Iterator[bytes]:
    (latest_at,) = dialect.fetch("SELECT max(latest_at) FROM settlement_shop")[0]
    sections = {
        b"campaigns": (
            (row[2], document.campaign_entry(tables.campaign_of(row), latest_at))
            for row in _rows(dialect, tables.CAMPAIGNS, "key")
        ),
        b"debts": dialect.stream(
            "SELECT debtor, CAST(sum(amount_minor) AS bigint) FROM settlement_debt"
            " WHERE amount_minor > 0 GROUP BY debtor " + dialect.sorted_by("debtor")
        ),
        b"orders": (
            (row[2], document.order_entry(tables.order_of(row)))
            for row in _rows(dialect, tables.ORDERS, "key")
        ),
        b"sales": _sales(dialect),
        b"shops": (
            (row[1], document.shop_entry(row[4], row[5], row[6]))
            for row in _rows(dialect, tables.SHOPS, "name")
        ),
        b"vouchers": (
            (row[2], document.voucher_entry(tables.voucher_of(row)))
            for row in _rows(dialect, tables.VOUCHERS, "code")
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


def _rows(dialect: Dialect, table: Table, key: str) -> Iterator[Any]:
    return dialect.stream(f"SELECT {', '.join(table.columns)} FROM {table.name} {dialect.sorted_by(key)}")


def _sales(dialect: Dialect) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = dialect.stream(
        "SELECT s.key, s.units, m.month, m.units FROM settlement_productsales s"
        " LEFT JOIN settlement_productmonth m ON m.key = s.key " + dialect.sorted_by("s.key")
    )
    for key, group in groupby(rows, key=itemgetter(0)):
        listed = list(group)
        yield key, {"months": {month: units for *_, month, units in listed if units}, "total": listed[0][1]}
