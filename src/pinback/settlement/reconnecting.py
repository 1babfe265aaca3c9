"""A lost connection is made anew where that is safe: around a transaction that is settlement's own.

A server that restarts, fails over or is full for a moment is waited for; after that the transaction goes
again from its beginning. What a lost commit may have done is looked up, not guessed.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections

from pinback.kit.patience import Patience
from pinback.rules.decisions import Decision
from pinback.settlement.dialects import Dialect

Answer = list[list[Decision]]
Done = TypeVar("Done")

_log = logging.getLogger(__name__)

# The server shuts down, was shut down, starts; it has no room for one more connection; it put us out because
# we were suspended.
_PASSING_STATES = ("57P01", "57P02", "57P03", "53300", "25P03")
# The same of a connection that did not come about, for which the driver gives no code; and a server that went
# away while it was being made.
_PASSING_WORDS = (
    "too many clients",
    "connection slots are reserved",
    "is starting up",
    "shutting down",
    "server closed the connection unexpectedly",
)


def passes(error: Exception) -> bool:
    """Whether a server that did not let us in said that it might in a moment."""
    return any(words in str(error) for words in _PASSING_WORDS)


def when_connected(act: Callable[[], Done], *, using: str = "default") -> Done:
    """Do what may be done twice; where the connection is lost on the way, again."""
    tries = Tries(using)
    while True:
        try:
            tries.begin()
            return act()
        except (OperationalError, InterfaceError) as error:
            if not tries.may_go_again(error):
                raise


def look(using: str = "default") -> None:
    """Look whether the connection still works."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1")


class Tries:
    """The tries of one batch: the connection of the present one, and what those before it may have done.

    A commit that was not answered happened or not. The ids of events are made by this process, once. So the
    first id of a try is in the log if, and only if, that try was committed; and as the next try waits for
    the same locks, it was by then or never will be.
    """

    def __init__(self, using: str) -> None:
        self._using = using
        self._patience = Patience()
        self._wire: Any = None
        self._unsure: dict[int, Answer] = {}

    def begin(self) -> None:
        """The transaction of a try has begun."""
        self._wire = connections[self._using].connection

    def note(self, first_id: int, answer: Answer) -> None:
        """Before the commit of a try: the id of the first event that it applied, and what it decided."""
        self._unsure[first_id] = answer

    def committed(self, dialect: Dialect) -> Answer | None:
        """What was decided by the try that was committed after all, seen under the locks of the next."""
        if not self._unsure:
            return None
        rows = dialect.fetch("SELECT id FROM settlement_event WHERE id[]", list(self._unsure))
        return self._unsure[rows[0][0]] if rows else None

    def lost(self, error: Exception) -> bool:
        """Whether the connection is gone, or the server on its way: nothing was wrong with what was asked."""
        if connections[self._using].vendor != "postgresql":
            return False
        state = getattr(error.__cause__, "sqlstate", None)
        if state is not None:
            return state in _PASSING_STATES or state.startswith("08")
        # Django may have a new connection by now, so it is the one that was begun with that tells.
        return self._wire is None or bool(self._wire.closed)

    def may_go_again(self, error: Exception) -> bool:
        """Whether the connection was lost and may be made anew; inside a caller's transaction it may not."""
        if connections[self._using].in_atomic_block or not self.lost(error):
            return False
        connections[self._using].close()
        self._wire = None
        _log.debug("the connection was lost: %s", error)
        return self._patience.wait()
