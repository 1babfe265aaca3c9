"""Makes a failing run small: the shortest stream found that breaks the same clause on the rules in memory."""

import time
from collections.abc import Callable

from simulation.auditing.auditor import Auditor
from simulation.auditing.records import Fault
from simulation.engines import RulesEngine
from simulation.story import Broken, Entry

Breaks = Callable[[list[Entry]], bool]

_PATIENCE_SECONDS = 20.0


def fault_of(entries: list[Entry], policy: str, *, ended: bool = False) -> Fault | None:
    """The fault of these lines on the rules alone, None if there is none."""
    engine = RulesEngine("threshold" if policy == "threshold" else "any")
    auditor = Auditor(policy)
    try:
        for entry in entries:
            (answer,) = engine.settle([(entry.number, entry.line)])
            auditor.watch(entry.event, answer)
        auditor.look(_document(engine))
    except Fault as fault:
        return fault
    return None


def _document(engine: RulesEngine) -> dict[str, object]:
    import json

    found: dict[str, object] = json.loads(engine.document())
    return found


def shrink(broken: Broken, policy: str) -> list[Entry] | None:
    """A short list of entries that breaks the same clause; None if the rules alone do not break it."""

    def breaks(entries: list[Entry]) -> bool:
        fault = fault_of(entries, policy)
        return fault is not None and fault.clause == broken.fault.clause

    applied = [entry for entry in broken.entries if entry.answer[0]["type"] == "event.applied"]
    for entries in (applied, broken.entries):
        if entries[-1:] != broken.entries[-1:]:
            entries = [*entries, *broken.entries[-1:]]
        if breaks(entries):
            return _smaller(entries, breaks)
    return None


def _smaller(entries: list[Entry], breaks: Breaks) -> list[Entry]:
    """Leave out pieces, large ones first, as long as it still breaks."""
    until = time.monotonic() + _PATIENCE_SECONDS
    size = max(1, len(entries) // 2)
    while time.monotonic() < until:
        place = len(entries)
        smaller = False
        while place > 0 and time.monotonic() < until:
            place -= size
            rest = entries[: max(place, 0)] + entries[max(place, 0) + size :]
            if rest and breaks(rest):
                entries, smaller = rest, True
        if size == 1 and not smaller:
            break
        size = max(1, size // 2)
    return entries
