"""The lines between shops and the engine: events come late, twice, out of order, or altered on the way.

A sender keeps an event until it is answered, and sends it again if the refusal may be a matter of order: its
id stays free. All chance comes from the world's own source, so a run repeats exactly.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from heapq import heappop, heappush
from random import Random

from simulation.auditing.records import Fields, instant

HOUR = 3_600
DAY = 24 * HOUR
_MOST_TRIES = 5
_MATTERS_OF_ORDER = ("unknown_campaign", "unknown_order", "unknown_refund", "wrong_state")


@dataclass(eq=False)
class Letter:
    """An event on its way, and what became of it: applied, the code of its refusal, or None so far."""

    event: Fields
    sent_at: int
    tries: int = 1
    copies: int = 0
    outcome: str | None = None
    decisions: list[Fields] = field(default_factory=list)


@dataclass(order=True)
class Parcel:
    """One copy of a letter, as bytes; it reaches the engine at `arrives_at`."""

    arrives_at: int
    serial: int
    letter: Letter = field(compare=False)
    line: bytes = field(compare=False)


class Network:
    """Delays, repeats, swaps, alters and loses nothing."""

    def __init__(self, rng: Random, counts: Counter[str]) -> None:
        self._rng = rng
        self._counts = counts
        self._parcels: list[Parcel] = []
        self._serial = 0

    def post(self, event: Fields, now: int, *, quick: bool = False) -> Letter:
        """Send an event; over a `quick` line it comes within the minute."""
        letter = Letter(event, now)
        self._send(letter, now, self._rng.randrange(60) if quick else self._delay())
        while self._rng.random() < 0.06:
            self._send(letter, now, self._rng.randrange(60) if self._rng.random() < 0.5 else self._delay())
        return letter

    def due(self, moment: int) -> list[Parcel]:
        """What has arrived by then, in the order of arrival, neighbours swapped now and then."""
        arrived: list[Parcel] = []
        while self._parcels and self._parcels[0].arrives_at <= moment:
            arrived.append(heappop(self._parcels))
        for place in range(len(arrived) - 1):
            if self._rng.random() < 0.04:
                arrived[place], arrived[place + 1] = arrived[place + 1], arrived[place]
        self._counts["late by a day"] += sum(
            p.arrives_at - instant(p.letter.event["at"]) > DAY for p in arrived
        )
        return arrived

    def answered(self, parcel: Parcel, verdict: str, decisions: list[Fields], now: int) -> None:
        """The engine's answer has come back to the sender."""
        letter = parcel.letter
        letter.copies -= 1
        if verdict in ("applied", "duplicate"):
            if letter.outcome != "applied":
                letter.outcome, letter.decisions = "applied", decisions
                self._perhaps_alter(letter, now)
        elif verdict in _MATTERS_OF_ORDER and letter.tries < _MOST_TRIES and letter.outcome is None:
            letter.tries += 1
            self._counts["sent again"] += 1
            self._send(letter, now, self._rng.randrange(HOUR, 6 * HOUR))
        elif letter.copies == 0 and letter.outcome is None:
            letter.outcome = verdict

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on its way any more."""
        return not self._parcels

    def _send(self, letter: Letter, now: int, delay: int) -> None:
        self._serial += 1
        letter.copies += 1
        heappush(self._parcels, Parcel(now + delay, self._serial, letter, spelled(self._rng, letter.event)))

    def _delay(self) -> int:
        dice = self._rng.random()
        if dice < 0.80:
            return self._rng.randrange(90)
        if dice < 0.93:
            return self._rng.randrange(HOUR)
        if dice < 0.985:
            return self._rng.randrange(12 * HOUR)
        return self._rng.randrange(12 * HOUR, 6 * DAY)

    def _perhaps_alter(self, letter: Letter, now: int) -> None:
        """Now and then the same id comes once more with other content."""
        if self._rng.random() < 0.01:
            names = [name for name in ("amount", "postage", "threshold") if name in letter.event]
            if names:
                altered = letter.event | {names[0]: letter.event[names[0]] + 1}
                self._send(Letter(altered, now), now, self._delay())


def spelled(rng: Random, event: Fields) -> bytes:
    """The event as one line of JSON: the same content, in one of the ways of writing it."""
    written = dict(event)
    dice = rng.random()
    if dice < 0.25:
        offset = timezone(timedelta(minutes=rng.choice((480, 60, -300, 345, -210))))
        written["at"] = datetime.fromtimestamp(instant(event["at"]), offset).isoformat()
    elif dice < 0.35:
        written["at"] = event["at"].replace("Z", ".750Z")
    if dice < 0.5:
        items = list(written.items())
        rng.shuffle(items)
        written = dict(items)
    if event["type"] == "order.placed" and dice < 0.2:
        written.setdefault("postage", 0)
    return json.dumps(
        written, ensure_ascii=dice < 0.7, separators=(", ", ": ") if dice < 0.6 else (",", ":")
    ).encode()


def written_instant(at: int) -> str:
    """An instant as decisions write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
