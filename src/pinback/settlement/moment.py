"""Reads that belong together see one moment, and do not stand in the way of anybody who writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction

from pinback.settlement.dialects import dialect_of


@contextmanager
def one_moment(using: str) -> Iterator[None]:
    """All reads inside see the database as it was at the first of them; in a transaction, as that sees it."""
    connection = connections[using]
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Django's own transactions begin IMMEDIATE (settings), for writers; a reader takes no lock.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(using):
            dialect_of(connection).snapshot()
            yield
