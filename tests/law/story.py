"""A run of events through the rules, one at a time, with the book beside it and the clauses held after each.

`Story.tell` makes an event of the present moment and settles it. A refused event and a duplicate must have
changed nothing; the id of a refused one is taken for the next event, which must not mind.
"""

import json
from collections import Counter
from collections.abc import Iterable
from copy import copy
from typing import Any

import msgspec
from hypothesis import currently_in_test_context, note

from pinback.rules import settle as heart
from pinback.rules.decisions import Decision, EventApplied, EventDuplicate, EventRefused
from pinback.rules.events import Base, Event
from pinback.rules.instants import Instant, format_instant
from pinback.rules.reading import content_of
from pinback.rules.records import Order, Policy, Voucher
from pinback.rules.state import State
from tests.law.book import Book
from tests.law.clauses import MOMENT, Clause, true
from tests.law.labels import Labels

HOUR = 3600
DAY = 24 * HOUR
BEGINNING = 1_767_571_200
"""2026-01-05T00:00:00Z."""

Told = tuple[Event, list[Decision]]


def picture(state: State) -> dict[str, Any]:
    """Everything that a state holds, apart from what will change in it."""
    return {name: copy(value) for name, value in vars(state).items()}


def line_of(event: Event) -> str:
    """The event as a line of input."""
    fields = json.loads(content_of(event)) | {"at": format_instant(event.at)}
    return json.dumps(fields)


class Story:
    """The state that the rules have made, the book beside it, and all that was told."""

    def __init__(self, policy: Policy, clauses: Iterable[Clause] = MOMENT.values()) -> None:
        self.state = State(policy)
        self.book = Book()
        self.labels = Labels()
        self.clauses = list(clauses)
        self.now = BEGINNING
        self.told: list[Told] = []
        self.applied: dict[str, str] = {}
        self.free_ids: dict[str, str] = {}
        self.serial = 0

    @property
    def reached(self) -> Counter[str]:
        """How often each thing worth counting has happened."""
        return self.labels.counts

    def name(self, letter: str) -> str:
        """A name that was not given before."""
        self.serial += 1
        return f"{letter}{self.serial}"

    def tell(self, kind: type[Base], shop: str, **fields: Any) -> bool:
        """An event of this moment; whether it was applied."""
        # The id of a refused event of the shop stays free: the next one takes it.
        id_ = self.free_ids.pop(shop, None) or self.name("e")
        event: Any = kind(id=id_, at=Instant(self.now), shop=shop, **fields)
        return self.feed(event)

    def feed(self, event: Event) -> bool:
        """Settle an event and hold the clauses; whether it was applied."""
        before = picture(self.state)
        if currently_in_test_context():
            note(line_of(event))
        decisions = heart.settle(self.state, event, len(self.told) + 1)
        self.told.append((event, decisions))
        self._check_verdict(event, decisions, before)
        self.labels.count(event, decisions, self.state)
        if not isinstance(decisions[0], EventApplied):
            return False
        self.applied[event.key] = content_of(event)
        self.book.note(event, decisions, self.state.postings)
        self.state.postings.clear()
        for clause in self.clauses:
            clause(self.state, self.book)
        return True

    def _check_verdict(self, event: Event, decisions: list[Decision], before: dict[str, Any]) -> None:
        """One verdict comes first; what was not applied changed nothing; only ids of applied events are
        remembered.
        """
        verdicts = [d for d in decisions if isinstance(d, (EventApplied, EventDuplicate, EventRefused))]
        true("one_verdict", verdicts == decisions[:1], f"{event.key}: {decisions}")
        verdict = verdicts[0]
        known = self.applied.get(event.key)
        if known is None:
            conflict = isinstance(verdict, EventRefused) and verdict.code == "event_conflict"
            remembered = conflict or isinstance(verdict, EventDuplicate)
            true("id_stays_free", not remembered, f"{event.key} was never applied, but: {verdict}")
        elif known == content_of(event):
            true("duplicate", isinstance(verdict, EventDuplicate), f"{event.key} came before, but: {verdict}")
        else:
            conflict = isinstance(verdict, EventRefused) and verdict.code == "event_conflict"
            true("conflict", conflict, f"{event.key} came with other content, but: {verdict}")
        if isinstance(verdict, EventApplied):
            return
        true("nothing_more", len(decisions) == 1, f"{event.key}: {decisions}")
        true("changed_nothing", picture(self.state) == before, f"{event.key}: {verdict}")
        if known is None:
            self.free_ids[event.shop] = event.id

    def fork(self) -> "Story":
        """A story of its own that has begun like this one."""
        fork = Story(self.state.policy, self.clauses)
        for name, value in vars(self).items():
            setattr(fork, name, copy(value))
        fork.state = copy(self.state)
        for name, value in picture(self.state).items():
            setattr(fork.state, name, value)
        for shop, funded in self.state._funded.items():
            fork.state._funded[shop] = dict(funded)
        fork.book = copy(self.book)
        for name, value in vars(self.book).items():
            setattr(fork.book, name, copy(value))
        return fork

    def orders(self, *statuses: str) -> list[Order]:
        """The orders in one of the statuses, in the order of their placing."""
        return [order for order in self.state.orders.values() if order.status in statuses]

    def vouchers(self, *statuses: str) -> list[Voucher]:
        """The vouchers in one of the statuses, in the order of their issue."""
        return [voucher for voucher in self.state.vouchers.values() if voucher.status in statuses]

    def moments(self) -> list[int]:
        """Instants to come at which something becomes true: campaigns start, vouchers expire."""
        starts = [c.starts_at for c in self.state.campaigns.values() if c.starts_at is not None]
        ends = [v.expires_at for v in self.vouchers("available", "locked", "frozen", "used")]
        return sorted({moment for moment in (*starts, *ends) if moment > self.now})


def changed(event: Event, **fields: Any) -> Event:
    """The same event with other fields."""
    return msgspec.structs.replace(event, **fields)
