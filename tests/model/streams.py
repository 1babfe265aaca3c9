"""Streams of events from a seed: plausible ones that go deep, mixed with duplicates, conflicts, resent
refusals and hostile lines. The same seed gives the same bytes."""

from __future__ import annotations

import argparse
import sys
from random import Random

from tests.model.author import Author
from tests.model.hostile import BLANKS, spoil
from tests.model.oracle import POLICIES, Oracle
from tests.model.reading import BOM, Event
from tests.model.spelling import spell


class Stream:
    """The lines so far, with the model that has read them."""

    def __init__(self, rng: Random, policy: str, hostile: float) -> None:
        self.rng = rng
        self.hostile = hostile
        self.oracle = Oracle(policy)
        self.author = Author(rng, self.oracle)
        self.lines: list[bytes] = []
        self.applied: list[Event] = []
        self.refused: list[Event] = []

    def write(self, line: bytes) -> str:
        """Adds a line and says what the model made of it: the type of its first decision."""
        self.lines.append(line)
        found = self.oracle.feed(line, len(self.lines))
        return str(found[0]["type"]) if found else "blank"

    def tell(self, event: Event) -> None:
        """Writes a plausible event and remembers it for later mischief."""
        verdict = self.write(spell(self.rng, event))
        if verdict == "event.applied":
            self.applied.append(event)
        elif verdict == "event.refused":
            self.refused.append(event)

    def again(self) -> None:
        """The same event once more, one with another content, or one that was refused."""
        dice = self.rng.random()
        if self.refused and dice < 0.25:
            self.tell(self.rng.choice(self.refused[-30:]))
        elif self.applied and dice < 0.7:
            self.tell(self.rng.choice(self.applied[-50:] if dice < 0.5 else self.applied))
        elif self.applied:
            self.tell(self.altered(self.rng.choice(self.applied)))

    def altered(self, event: Event) -> Event:
        """An applied event with one field another: a conflict, mostly."""
        numbers = [name for name, value in event.items() if type(value) is int]
        texts = [name for name in ("order", "campaign", "buyer", "refund", "name") if name in event]
        if texts and self.rng.random() < 0.4:
            return event | {self.rng.choice(texts): f"x{len(self.lines)}"}
        name = self.rng.choice(numbers)
        return event | {name: event[name] + self.rng.choice((1, -1))}

    def step(self) -> None:
        """One more line."""
        if self.rng.random() < self.hostile:
            self.write(spoil(self.rng, self.author.next_event()))
        elif self.rng.random() < 0.05:
            self.again()
        elif self.rng.random() < 0.01:
            self.write(self.rng.choice(BLANKS))
        else:
            self.tell(self.author.next_event())


def generate(seed: int, events: int, *, policy: str = "any", hostile: float = 0.2) -> bytes:
    """A stream of so many lines; `hostile` is the share of lines that are spoiled."""
    rng = Random(seed)
    stream = Stream(rng, policy, hostile)
    for event in stream.author.opening():
        stream.tell(event)
    while len(stream.lines) < events:
        stream.step()
    start = BOM if rng.random() < 0.3 else b""
    end = b"\n" if rng.random() < 0.8 else b""
    return start + b"\n".join(stream.lines[:events]) + end


def main() -> None:
    """Writes a stream to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--policy", choices=POLICIES, default="any")
    parser.add_argument("--hostile", type=float, default=0.2)
    options = parser.parse_args()
    found = generate(options.seed, options.events, policy=options.policy, hostile=options.hostile)
    sys.stdout.buffer.write(found)


if __name__ == "__main__":
    main()
