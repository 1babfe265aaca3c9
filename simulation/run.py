"""Lets a world live on an engine, watched at every answer; undoes it; and compares it with the model."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from random import Random

from simulation.auditing.auditor import Auditor
from simulation.auditing.clauses import gain
from simulation.auditing.records import Fault
from simulation.buyers import HABITS, shop_on
from simulation.crew import Batch, Crew, Failed
from simulation.engines import Engine
from simulation.hunters import Hunter
from simulation.model import Model
from simulation.network import DAY, HOUR, Parcel
from simulation.shops import collect_debts, keep_shop, make_up, sweep, turn_clock
from simulation.story import Broken, Entry
from simulation.tally import Tally
from simulation.unwinding import next_steps, pass_everything
from simulation.world import World

# Before the nights on which clocks change, the turn of a year, a leap day.
_STARTS = ("2026-10-05", "2026-02-20", "2026-12-10", "2024-02-10", "2027-03-15")
_SHOPS = ("north", "s", "S", "s.2", "~")
_MOST_UNDOINGS = 2_000


@dataclass(frozen=True)
class Settings:
    """What makes a run: the same settings, with one worker, give the same run to the byte."""

    seed: int
    days: int = 60
    workers: int = 1
    policy: str = "any"

    @property
    def round_seconds(self) -> int:
        """How much happens at once: with several workers enough that they meet."""
        return HOUR if self.workers == 1 else 4 * HOUR


@dataclass(frozen=True)
class Summary:
    """What a run came to."""

    counts: Counter[str]
    lines: int
    digest: str
    shops: int
    buyers: int
    hunters: int
    hunters_in_hand: int
    hunters_owe: int
    cash_in: int
    cash_out: int
    began: int
    ended: int


class Run:
    """One run: the world, the engine, the auditor between them."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self.settings = settings
        self.engine = engine
        self.auditor = Auditor(settings.policy)
        rng = Random(settings.seed)  # noqa: S311  (a run has to repeat)
        start = int(datetime.fromisoformat(rng.choice(_STARTS)).replace(tzinfo=UTC).timestamp())
        self.world = World(rng, self.auditor.book, start + rng.randrange(DAY))
        self.tally = Tally(self.world.counts)
        self.crew = Crew(engine, settings.workers)
        self.entries: list[Entry] = []
        self.hunters: list[Hunter] = []
        self.began = self.world.now

    def live(self, *, model: bool = True) -> Summary:
        """The whole run. Raises Broken at the first fault."""
        try:
            self._people()
            end, day = self.began + self.settings.days * DAY, self.began
            while self.world.now < end:
                self.world.live_until(self.world.now + self.settings.round_seconds)
                self._settle(self.world.network.due(self.world.now))
                if self.world.now - day >= DAY:
                    day = self.world.now
                    self._look()
            self._drain()
            self._look()
            summary = self._summary()
            self._undo()
            if model:
                self._compare_with_model()
        finally:
            self.crew.close()
        return replace(summary, digest=self._digest())

    def _people(self) -> None:
        world, rng = self.world, self.world.rng
        world.shop_names.extend(_SHOPS[: rng.randint(3, 5)])
        for shop in world.shop_names:
            world.start(keep_shop(world, shop), rng.randrange(DAY))
            if rng.random() < 0.5:
                world.start(keep_shop(world, shop), rng.randrange(3 * DAY))
        for number in range(rng.randint(7, 10)):
            world.start(
                shop_on(world, f"buyer{number}", HABITS[number % len(HABITS)]), rng.randrange(2 * DAY)
            )
        for number in range(rng.randint(4, 6)):
            hunter = Hunter(world, f"wool{number}", rng.randint(1, 3))
            self.hunters.append(hunter)
            world.start(hunter.hunt(), rng.randrange(2 * DAY))
        for plot in (make_up(world), turn_clock(world), sweep(world), collect_debts(world)):
            world.start(plot, rng.randrange(DAY))

    def _settle(self, parcels: list[Parcel]) -> None:
        """Everything that has arrived, in batches; the answers go to the auditor and to the senders."""
        most = 12 if self.settings.workers == 1 else 3
        numbered = [(len(self.entries) + place, parcel) for place, parcel in enumerate(parcels, start=1)]
        batches: list[Batch] = []
        while numbered:
            size = self.world.rng.randint(1, most)
            batches.append(numbered[:size])
            numbered = numbered[size:]
        try:
            for batch, answers, placed in self.crew.settle(batches):
                for (number, parcel), answer in zip(batch, answers, strict=True):
                    self._note(Entry(number, parcel.line, parcel.letter.event, answer, placed), parcel)
        except Failed as failed:
            self.entries += [Entry(n, p.line, p.letter.event, [], placed=False) for n, p in failed.batch]
            raise Broken(failed.fault, self.entries, ended=False) from failed

    def _note(self, entry: Entry, parcel: Parcel) -> None:
        self.entries.append(entry)
        try:
            verdict = self.auditor.watch(entry.event, entry.answer, placed=entry.placed)
        except Fault as fault:
            raise Broken(fault, self.entries, ended=False) from fault
        self.tally.note(entry.event, verdict, entry.answer)
        self.world.network.answered(parcel, verdict, entry.answer, self.world.now)

    def _look(self, *, ended: bool = False) -> None:
        document = json.loads(self.engine.document())
        try:
            self.auditor.look_at_the_end(document) if ended else self.auditor.look(document)
        except Fault as fault:
            raise Broken(fault, self.entries, ended=ended) from fault

    def _drain(self) -> None:
        """Let arrive what is on its way; nobody does anything new."""
        while not self.world.network.is_empty:
            self.world.now += 6 * HOUR
            self._settle(self.world.network.due(self.world.now))

    def _undo(self) -> None:
        for _ in range(_MOST_UNDOINGS):
            if not next_steps(self.world):
                break
            self._drain()
        pass_everything(self.world)
        self._drain()
        self._look(ended=True)
        differences = self.engine.differences()
        if differences:
            fault = Fault("audit", f"{len(differences)} differences, the first: {differences[0]}")
            raise Broken(fault, self.entries, ended=True)

    def _compare_with_model(self) -> None:
        """The independent model gives the same answers in the order of the log, and the same state."""
        model = Model(self.settings.policy)
        for place, entry in enumerate(self.entries, start=1):
            try:
                if entry.placed:
                    model.compare(entry.number, entry.line, entry.answer)
            except Fault as fault:
                raise Broken(fault, self.entries[:place], ended=False) from fault
        try:
            model.compare_state(self.engine.document())
        except Fault as fault:
            raise Broken(fault, self.entries, ended=True) from fault

    def _digest(self) -> str:
        """Stands for every line and every answer."""
        digest = sha256()
        for entry in self.entries:
            digest.update(entry.line + json.dumps(entry.answer).encode())
        return digest.hexdigest()[:16]

    def _summary(self) -> Summary:
        book = self.auditor.book
        accounts = [
            account for hunter in self.hunters for account in hunter.accounts if account in book.buyers
        ]
        return Summary(
            counts=Counter(self.world.counts),
            lines=len(self.entries),
            digest="",
            shops=len(book.shops),
            buyers=len(book.buyers),
            hunters=len(accounts),
            hunters_in_hand=sum(gain(book, account) for account in accounts),
            hunters_owe=sum(debt for (_, buyer), debt in book.debts.items() if buyer in accounts),
            cash_in=sum(buyer.paid for buyer in book.buyers.values())
            + sum(s.fees for s in book.shops.values()),
            cash_out=sum(buyer.received + buyer.compensated for buyer in book.buyers.values()),
            began=self.began,
            ended=self.world.now,
        )
