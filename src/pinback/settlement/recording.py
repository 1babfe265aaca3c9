"""Settles with news of it: the decisions go to the outbox in the transaction of the events.

This is the way in for everything that is used while it runs: the market's actions and the API. `apply_within`
is for an action whose events must all hold; `settle_and_tell_within` takes a stream's refusals as answers.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from pinback.kit.outbox import News, post_all_within
from pinback.kit.refusals import Refused
from pinback.kit.transactions import assert_open, durable
from pinback.rules.decisions import Decision, EventApplied, EventRefused, written
from pinback.rules.events import Event
from pinback.settlement.actions import Incoming, settle_within
from pinback.settlement.dialects import dialect_of

TOPIC = "decisions"


def apply_within(*events: Event, now: datetime) -> list[Decision]:
    """Settle `events`, all of them or none, in the caller's transaction; returns their decisions.

    An event that was applied before is a duplicate and changes nothing. Raises Refused, with the code of
    section 10 of the settlement spec, when one of them is refused.
    """
    decisions = settle_and_tell_within(
        [Incoming(number, event) for number, event in enumerate(events, start=1)], now=now
    )
    made = [decision for of_one in decisions for decision in of_one]
    for decision in made:
        if isinstance(decision, EventRefused):
            raise Refused(decision.code, decision.detail)
    return made


def settle_and_tell_within(batch: Sequence[Incoming], *, now: datetime) -> list[list[Decision]]:
    """Settle 1 to 5,000 events in the caller's transaction and tell what was decided of those applied."""
    assert_open()
    decisions = settle_within(batch)
    news = []
    for of_one in decisions:
        first = of_one[0]
        if isinstance(first, EventApplied):
            lines = b"\n".join(written(decision) for decision in of_one).decode()
            news.append(News(first.shop, TOPIC, lines))
    post_all_within(news, now=now)
    return decisions


@durable
def settle_and_tell(batch: Sequence[Incoming], *, now: datetime) -> list[list[Decision]]:
    """Like `settle_and_tell_within`, in a transaction of its own, committed when it returns."""
    return settle_and_tell_within(batch, now=now)


def lock_shops_within(*shops: str) -> None:
    """Take the turn and the rows of known shops as settling does, for an action that reads before it settles.
    SQLite's transactions have the whole file already.
    """
    assert_open()
    dialect = dialect_of(connection)
    turn = dialect.turn(alone=False)
    if turn is not None:
        dialect.fetch_all(turn, dialect.shops_locked(sorted(shops)))


def lock_orders_within(keys: Iterable[str]) -> None:
    """As `lock_shops_within`, for what is about orders of known shops, by key: their shops and those that
    their vouchers reach, all at once. One after the other, as each comes to them, two would wait for each
    other. The keys are not asked for where there is one writer.
    """
    assert_open()
    dialect = dialect_of(connection)
    turn = dialect.turn(alone=False)
    if turn is not None:
        orders = sorted(keys)
        shops = sorted({key.partition("/")[0] for key in orders})
        dialect.fetch_all(turn, dialect.shops_locked(shops, orders))
