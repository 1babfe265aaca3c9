"""The one way into settlement: `settle`, for one event or five thousand."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import NamedTuple

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connections,
    transaction,
)

from pinback.kit.ids import take_ids
from pinback.kit.transactions import is_snapshot
from pinback.rules.decisions import Decision, EventApplied
from pinback.rules.events import Event
from pinback.rules.reading import BadEvent
from pinback.rules.records import Policy
from pinback.rules.settle import settle as fold
from pinback.rules.state import State
from pinback.settlement import tables
from pinback.settlement.dialects import Dialect, LostRace, dialect_of
from pinback.settlement.gathering import Gathered, MoreShops, NoPolicy, gather
from pinback.settlement.policy import check_policy, fix_policy
from pinback.settlement.reach import Reach
from pinback.settlement.reconnecting import Tries, when_connected
from pinback.settlement.writing import Applied, Loaded, write_back

MOST_EVENTS = 5_000
_MOST_TRIES = 20
_SENT_TOGETHER = 500
_FEW = 100
"""So few events leave little to the garbage collector."""


class Incoming(NamedTuple):
    """An event, or what is none, with its number in its input (from 1)."""

    line: int
    event: Event | BadEvent


def settle(
    batch: Sequence[Incoming], *, policy: Policy | None = None, using: str = "default"
) -> list[list[Decision]]:
    """Settle 1 to 5,000 events in one durable transaction; the decisions of each, in the order of the
    batch.

    Any cutting of a stream into batches gives the same decisions and the same state. Refused events change
    nothing and are reported in the decisions. A connection that is lost is made anew, and a server that
    restarts is waited for. Raises OtherPolicy, or Django's DatabaseError if the database fails: then the
    batch can be settled again, what was applied of it is a duplicate. ValueError: too many events.
    """
    return _settle_in(lambda: transaction.atomic(using, durable=True), batch, policy, using)


def settle_within(
    batch: Sequence[Incoming], *, policy: Policy | None = None, using: str = "default"
) -> list[list[Decision]]:
    """Like `settle`, inside the caller's open transaction, which decides whether it is kept."""
    assert connections[using].in_atomic_block, "settle_within needs an open transaction"
    # A savepoint gives the locks back when the batch reaches further than was thought.
    return _settle_in(lambda: transaction.atomic(using), batch, policy, using)


def preview(
    batch: Sequence[Incoming], *, policy: Policy | None = None, using: str = "default"
) -> tuple[list[list[Decision]], State]:
    """What `settle` would decide now, and the state it would lead to; nothing is written.

    The state holds what the batch touches. It may be another a moment later: who acts on it decides anew. In
    a snapshot nothing is locked for it; in a transaction that goes on to write, what is written is.
    """
    kept: list[State] = []
    if is_snapshot():
        decisions = _settle_in(nullcontext, batch, policy, using, kept=kept)
    else:
        with transaction.atomic(using):
            decisions = _settle_in(lambda: transaction.atomic(using), batch, policy, using, kept=kept)
    return decisions, kept[-1]


def _settle_in(
    transaction_of: Callable[[], AbstractContextManager[None]],
    batch: Sequence[Incoming],
    policy: Policy | None,
    using: str,
    kept: list[State] | None = None,
) -> list[list[Decision]]:
    """Try until the batch reaches no further than the shops it locked, and nobody else was in the way."""
    if len(batch) > MOST_EVENTS:
        raise ValueError(f"{len(batch)} events are more than the {MOST_EVENTS} that one transaction takes")
    reach = Reach(event for _, event in batch)
    shops = set(reach.shops)
    tries = Tries(using)
    attempt = 0
    while attempt < _MOST_TRIES:
        attempt += 1
        try:
            with transaction_of(), _no_collection() if len(batch) > _FEW else nullcontext():
                return _settle(batch, reach, shops, policy, using, kept, tries)
        except MoreShops as more:
            shops |= more.names
        except NoPolicy:
            when_connected(partial(fix_policy, policy, using=using), using=using)
        except (IntegrityError, LostRace, OperationalError, InterfaceError) as error:
            if tries.may_go_again(error):
                # How long, not how often, is what patience has an end of.
                attempt = 0
            # Two transactions made the same new row, or stood in each other's way: one of them goes again.
            elif attempt == _MOST_TRIES or not _may_go_again(error, using):
                raise
    raise DatabaseError("the batch reached into further shops each time it was tried")


@contextmanager
def _no_collection() -> Iterator[None]:
    """Records name each other by key and make no cycles: the garbage collector would look at thousands of
    them again and again, and find nothing.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _may_go_again(error: Exception, using: str) -> bool:
    """Whether the database took the transaction back because of others, so that it is safe to try again."""
    if isinstance(error, (IntegrityError, LostRace)):
        return True
    # A serialization failure or a deadlock ends the whole transaction: within a caller's it is the caller's
    # to retry.
    deadlock = getattr(error.__cause__, "sqlstate", None) in ("40001", "40P01")
    return deadlock and not connections[using].in_atomic_block


def _settle(
    batch: Sequence[Incoming],
    reach: Reach,
    shops: set[str],
    policy: Policy | None,
    using: str,
    kept: list[State] | None,
    tries: Tries,
) -> list[list[Decision]]:
    """Settle for good; or, where the state is to be kept, only look at what it would become."""
    tries.begin()
    dialect = dialect_of(connections[using])
    gathered = gather(dialect, reach, shops)
    check_policy(gathered.state.policy, policy)
    committed = tries.committed(dialect)
    if committed is not None:
        return committed
    loaded = Loaded(gathered.state)
    if kept is not None:
        kept.append(gathered.state)
        return [fold(gathered.state, event, line) for line, event in batch]
    applied = Applied(gathered.shop_ids)
    with dialect.writing(len(batch)):
        decisions = _fold(dialect, batch, gathered, applied)
        write_back(dialect, gathered, loaded, applied)
    if applied.first_id is not None:
        tries.note(applied.first_id, decisions)
    return decisions


def _fold(
    dialect: Dialect, batch: Sequence[Incoming], gathered: Gathered, applied: Applied
) -> list[list[Decision]]:
    """Fold the rules; the log is sent on the way, so that the database takes it in meanwhile."""
    state = gathered.state
    decisions = []
    send_postings = False
    for id_, (line, event) in zip(take_ids(len(batch), after=gathered.last_event_id), batch, strict=True):
        made = fold(state, event, line)
        decisions.append(made)
        if type(made[0]) is EventApplied:
            assert not isinstance(event, BadEvent)
            key = event.key
            applied.note(id_, event, key, state.events[key], state.postings)
            state.postings.clear()
            if len(applied.events) >= _SENT_TOGETHER and len(applied.postings) >= _SENT_TOGETHER:
                # One table at a time, so that the database is done with it when the turn of the other comes.
                if send_postings:
                    dialect.insert(tables.POSTINGS, applied.take_postings())
                else:
                    dialect.insert(tables.EVENTS, applied.take_events())
                send_postings = not send_postings
    return decisions
