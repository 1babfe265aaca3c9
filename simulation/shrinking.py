"""Makes a failing run small: the shortest stream found that breaks the same clause on the rules in memory."""

import json
import time
from collections.abc import Callable

from pinback.rules.records import Policy
from simulation.auditing.auditor import Auditor
from simulation.auditing.records import Fault
from simulation.engines import RulesEngine, ask
from simulation.model import Model
from simulation.story import Broken, Entry

Breaks = Callable[[list[Entry]], bool]

_PATIENCE_SECONDS = 20


def fault_of(entries: list[Entry], policy: str, *, model: bool = False) -> Fault | None:
    """The first fault of these lines on the rules alone, or None; `model` compares answers too."""
    known: Policy = "threshold" if policy == "threshold" else "any"
    engine, auditor = RulesEngine(known), Auditor(policy)
    reference = Model(policy) if model else None
    try:
        for entry in entries:
            (answer,) = ask(engine, [(entry.number, entry.line)])
            auditor.watch(entry.event, answer)
            if reference is not None:
                reference.compare(entry.number, entry.line, answer)
        auditor.look(json.loads(engine.document()))
    except Fault as fault:
        return fault
    return None


def shrink(broken: Broken, policy: str) -> list[Entry] | None:
    """A short list of entries that breaks the same clause; None if the rules alone do not break it.

    What breaks only at the very end is not made smaller: less of it would not be the end.
    """
    clause = broken.fault.clause
    if broken.ended or not broken.entries:
        return None

    def breaks(entries: list[Entry]) -> bool:
        fault = fault_of(entries, policy, model=clause == "model")
        return fault is not None and fault.clause == clause

    last = broken.entries[-1]
    settled = [
        e for e in broken.entries if not e.answer or e.answer[0]["type"] == "event.applied" or e is last
    ]
    return next((_smaller(entries, breaks) for entries in (settled, broken.entries) if breaks(entries)), None)


def _smaller(entries: list[Entry], breaks: Breaks) -> list[Entry]:
    """Leave out pieces, large ones first, as long as it still breaks."""
    until = time.monotonic() + _PATIENCE_SECONDS
    size = max(1, len(entries) // 2)
    while True:
        smaller = False
        for start in range((len(entries) - 1) // size * size, -1, -size):
            if time.monotonic() > until:
                return entries
            rest = entries[:start] + entries[start + size :]
            if rest and breaks(rest):
                entries, smaller = rest, True
        if size == 1 and not smaller:
            return entries
        size = max(1, size // 2)
