"""The state machines that Hypothesis drives: every move is a rule, and so is undoing everything.

`RunMachine` goes through the rules alone and undoes a fork of its run, so that it can go on. `StoredMachine`
settles the same events into a database as well, cut into drawn batches, some of which fail midway.
"""

import sys
from collections import Counter
from contextlib import suppress
from typing import Any, ClassVar
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import DataObject

from conftest import empty
from pinback.rules import events as e
from pinback.rules.records import Policy
from pinback.settlement import writing
from pinback.settlement.policy import fix_policy
from tests.law import moves
from tests.law.clauses import END, MOMENT, Clause, true
from tests.law.stored import WRITES, PowerCut, all_rows, applied_events, check_stored, fail_at, settle_part
from tests.law.story import Story, Told
from tests.law.undoing import check_end, undo_everything

PIECES = st.lists(st.tuples(st.integers(1, 40), st.none() | st.sampled_from(WRITES)), min_size=1, max_size=4)
"""How a stretch of events is cut into batches, and at which step of writing the database first goes away."""

OPENING = 25
"""After so many events a run is long enough to be undone."""


def any_order(machine: "RunMachine") -> bool:
    """Whether the story has an order."""
    return bool(machine.story.state.orders)


class RunMachine(RuleBasedStateMachine):
    """A run of events through the rules; `reached` adds up over all runs what came about."""

    policy: ClassVar[Policy] = "any"
    clauses: ClassVar[dict[str, Clause]] = MOMENT
    end: ClassVar[dict[str, Clause]] = END
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(self.policy, self.clauses.values())

    def teardown(self) -> None:
        """Add up what this run reached."""
        self.reached.update(self.story.reached)

    @initialize(data=st.data(), zone=st.sampled_from(("Asia/Shanghai", "America/New_York", "Pacific/Apia")))
    def open_shops(self, data: DataObject, zone: str) -> None:
        """One shop says where it is; both have a campaign."""
        self.story.tell(e.ShopOpened, "S", timezone=zone)
        for _ in range(3):
            moves.open_campaign(self.story, data.draw)

    @rule(data=st.data())
    def open_campaign(self, data: DataObject) -> None:
        moves.open_campaign(self.story, data.draw)

    @rule(data=st.data())
    def stop_campaign(self, data: DataObject) -> None:
        moves.stop_campaign(self.story, data.draw)

    @rule(data=st.data())
    def pass_time(self, data: DataObject) -> None:
        moves.pass_time(self.story, data.draw)

    @rule(data=st.data())
    def tick(self, data: DataObject) -> None:
        moves.tick(self.story, data.draw)

    @rule(data=st.data())
    def place(self, data: DataObject) -> None:
        moves.place(self.story, data.draw)

    @precondition(lambda self: self.story.orders("placed"))
    @rule(data=st.data())
    def pay(self, data: DataObject) -> None:
        moves.pay(self.story, data.draw)

    @precondition(lambda self: self.story.orders("paid", "confirmed", "shipped"))
    @rule(data=st.data())
    def go_on(self, data: DataObject) -> None:
        moves.go_on(self.story, data.draw)

    @rule(data=st.data())
    def buy(self, data: DataObject) -> None:
        moves.buy(self.story, data.draw)

    @rule(data=st.data())
    def affair(self, data: DataObject) -> None:
        moves.affair(self.story, data.draw)

    @rule(data=st.data())
    def another_affair(self, data: DataObject) -> None:
        moves.affair(self.story, data.draw)

    @rule(data=st.data())
    def dispute(self, data: DataObject) -> None:
        moves.dispute(self.story, data.draw)

    @rule(data=st.data())
    def run_into_debt(self, data: DataObject) -> None:
        moves.run_into_debt(self.story, data.draw)

    @rule(data=st.data())
    def spree(self, data: DataObject) -> None:
        moves.spree(self.story, data.draw)

    @precondition(lambda self: self.story.orders("placed"))
    @rule(data=st.data())
    def cancel(self, data: DataObject) -> None:
        moves.cancel(self.story, data.draw)

    @precondition(lambda self: self.story.orders(*moves.DEAL))
    @rule(data=st.data())
    def compensate(self, data: DataObject) -> None:
        moves.compensate(self.story, data.draw)

    @precondition(lambda self: any(debt.amount for debt in self.story.state.debts.values()))
    @rule(data=st.data())
    def pay_debt(self, data: DataObject) -> None:
        moves.pay_debt(self.story, data.draw)

    @precondition(lambda self: any(debt.amount for debt in self.story.state.debts.values()))
    @rule(data=st.data())
    def buy_in_debt(self, data: DataObject) -> None:
        moves.buy_in_debt(self.story, data.draw)

    @precondition(any_order)
    @rule(data=st.data())
    def request(self, data: DataObject) -> None:
        moves.request(self.story, data.draw)

    @precondition(lambda self: self.story.state.refunds)
    @rule(data=st.data())
    def close(self, data: DataObject) -> None:
        moves.close(self.story, data.draw)

    @precondition(any_order)
    @rule(data=st.data())
    def refund_any(self, data: DataObject) -> None:
        moves.refund_any(self.story, data.draw)

    @precondition(lambda self: self.story.vouchers("used", "locked", "frozen"))
    @rule(data=st.data())
    def refund_source(self, data: DataObject) -> None:
        moves.refund_source(self.story, data.draw)

    @precondition(lambda self: self.story.vouchers("used"))
    @rule(data=st.data())
    def refund_user(self, data: DataObject) -> None:
        moves.refund_user(self.story, data.draw)

    @rule(data=st.data())
    def again(self, data: DataObject) -> None:
        moves.again(self.story, data.draw)

    @precondition(lambda self: self.story.state.vouchers)
    @rule(data=st.data())
    def try_voucher(self, data: DataObject) -> None:
        moves.try_voucher(self.story, data.draw)

    @rule(data=st.data())
    def mistake(self, data: DataObject) -> None:
        moves.mistake(self.story, data.draw)

    @precondition(lambda self: len(self.story.told) >= OPENING)
    @rule(data=st.data())
    def undo(self, data: DataObject) -> None:
        """What would be if everything were undone now; then the run goes on as it was."""
        fork = self.story.fork()
        undo_everything(fork, data.draw)
        check_end(fork, self.end)
        fork.labels.counts["undone"] += 1
        self.reached.update(fork.reached - self.story.reached)


class StoredMachine(RunMachine):
    """The same run in a database too: stored in drawn pieces, some of which fail on their way to the disk."""

    alias: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        empty(self.alias)
        fix_policy(self.policy, using=self.alias)
        self.stored = 0

    @precondition(lambda self: self.stored < len(self.story.told))
    @rule(pieces=PIECES)
    def store(self, pieces: list[tuple[int, str | None]]) -> None:
        """Some of what was not stored yet, cut into batches; some of them at first lose the database."""
        for size, write in pieces:
            part = self.story.told[self.stored : self.stored + size]
            if write is not None and applied_events(part):
                self.lose_power(part, write)
            if part:
                settle_part(self.alias, self.policy, part, self.stored + 1)
                self.stored += len(part)
        self.reached["stored"] += 1

    def lose_power(self, part: list[Told], write: str) -> None:
        """The database goes away while a batch is written: nothing of it is left there."""
        before = all_rows(self.alias)
        with mock.patch.object(writing._Writer, write, fail_at(write)), suppress(PowerCut):
            settle_part(self.alias, self.policy, part, self.stored + 1)
        nothing_is_left = all_rows(self.alias) == before
        true("all_or_nothing", nothing_is_left, f"something is left of a batch that failed at {write}")
        self.reached["power lost"] += 1

    @precondition(lambda self: len(self.story.told) >= OPENING)
    @rule(data=st.data())
    def undo(self, data: DataObject) -> None:
        """Everything is undone, in truth; then the run goes on from there."""
        undo_everything(self.story, data.draw)
        check_end(self.story, self.end)
        self.story.labels.counts["undone"] += 1

    def teardown(self) -> None:
        """What is left is stored, and the database is what the rules say."""
        if sys.exc_info()[0] is None:
            if self.story.told[self.stored :]:
                settle_part(self.alias, self.policy, self.story.told[self.stored :], self.stored + 1)
            check_stored(self.alias, self.story)
        super().teardown()


def machine_of(base: type[RunMachine], **attributes: Any) -> type[RunMachine]:
    """A machine with that policy, those clauses, that database."""
    return type("Machine", (base,), attributes)


def run(machine: type[RunMachine], search: settings) -> Counter[str]:
    """Drive the machine; what was reached in all runs together. Raises what breaks."""
    machine.reached = Counter()
    run_state_machine_as_test(machine, settings=search)
    return machine.reached
