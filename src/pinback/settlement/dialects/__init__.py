"""Bulk reads and writes in the tongue of each database: the same verbs, the same guarantees.

Every update names the old values of its row's guards and looks at the number of rows it changed: fewer than
meant raises `LostRace`, and the transaction goes back.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

from pinback.settlement.dialects.base import Dialect, LostRace
from pinback.settlement.dialects.postgres import Postgres
from pinback.settlement.dialects.sqlite import SQLite

__all__ = ["Dialect", "LostRace", "dialect_of"]

_DIALECTS: dict[str, type[Dialect]] = {"sqlite": SQLite, "postgresql": Postgres}


def dialect_of(connection: BaseDatabaseWrapper) -> Dialect:
    """The dialect of an open Django connection."""
    return _DIALECTS[connection.vendor](connection)
