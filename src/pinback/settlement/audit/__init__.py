"""The audit: folds the whole event log again through the rules, and compares every table, balance and
counter.

Nothing of what is stored is believed but the log itself. Postings are compared one by one as the fold makes
them, rows at the end; the sum of all postings of an account must be the balance that its row shows. Logs of
any length are folded in memory that does not grow with them (`spilling`).
"""

from collections.abc import Callable, Iterator

from django.db import connections

from pinback.settlement.audit.comparing import Difference
from pinback.settlement.audit.replay import Replay
from pinback.settlement.audit.rows import compare_rows
from pinback.settlement.dialects import dialect_of
from pinback.settlement.moment import one_moment
from pinback.settlement.policy import fixed_policy

__all__ = ["Difference", "audit"]


def audit(
    *, using: str = "default", on_progress: Callable[[int], None] | None = None
) -> Iterator[Difference]:
    """Every difference between the database and its event log; none, if all is well.

    `on_progress` is told now and then how many events are folded.
    """
    with one_moment(using):
        dialect = dialect_of(connections[using])
        policy = fixed_policy(using)
        if policy is None and dialect.fetch("SELECT 1 FROM settlement_event LIMIT 1"):
            yield Difference("setting", "1", "row", None, "a row")
        replay = Replay(dialect, policy or "any")
        try:
            yield from replay.fold_log(on_progress)
            yield from compare_rows(dialect, replay)
        finally:
            replay.close()
