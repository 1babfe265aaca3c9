"""What happened in a run, in the order in which it was applied: to replay it, to shrink it, to tell of it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from simulation.auditing.auditor import Auditor
from simulation.auditing.records import Fault, Fields
from simulation.engines import Engine, ask
from simulation.model import without_free_parts


class Entry(NamedTuple):
    """A line as the engine got it, the event it spells, and the answer.

    `placed`: its place in the order is known. The log tells none of a batch without anything applied; as it
    changed nothing, the rest can be told without it.
    """

    number: int
    line: bytes
    event: Fields
    answer: list[Fields]
    placed: bool = True


class Broken(Exception):
    """A run that went wrong: the fault, the step at which it was found, and the entries up to there."""

    def __init__(self, fault: Fault, entries: list[Entry], *, ended: bool) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.entries = entries
        self.ended = ended


def save(path: Path, header: Fields, entries: Iterable[Entry]) -> None:
    """Write a schedule: a header, then an entry a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(header) + "\n")
        for entry in entries:
            file.write(json.dumps(entry._asdict() | {"line": entry.line.decode()}, ensure_ascii=False) + "\n")


def load(path: Path) -> tuple[Fields, list[Entry]]:
    """Read a schedule. Raises OSError, or ValueError if it is none."""
    with path.open(encoding="utf-8") as file:
        header = json.loads(next(file, "null"))
        if not isinstance(header, dict) or "policy" not in header:
            raise ValueError(f"{path} is no schedule of a run")
        found = [json.loads(line) for line in file]
    return header, [Entry(**fields | {"line": fields["line"].encode()}) for fields in found]


def replay(entries: list[Entry], engine: Engine, policy: str, *, ended: bool = False) -> int:
    """Settle the lines one by one in the order in which they were applied, watched; the number of lines.

    Raises Broken at the first fault, or (`schedule`) at the first answer that differs from the recorded one:
    then the engine gave its answers in another order than its log says.
    """
    auditor = Auditor(policy)
    for place, entry in enumerate(entries, start=1):
        if not entry.placed:
            continue
        try:
            (answer,) = ask(engine, [(entry.number, entry.line)])
            if without_free_parts(answer) != without_free_parts(entry.answer):
                keys = [str(entry.event[name]) for name in ("order", "campaign") if name in entry.event]
                text = f"recorded {entry.answer}, in the order of the log {answer}"
                raise Fault("schedule", text, *(f"{entry.event['shop']}/{key}" for key in keys))
            auditor.watch(entry.event, answer)
        except Fault as fault:
            raise Broken(fault, entries[:place], ended=False) from fault
    try:
        document = json.loads(engine.document())
        auditor.look_at_the_end(document) if ended else auditor.look(document)
    except Fault as fault:
        raise Broken(fault, entries, ended=ended) from fault
    return len(entries)
