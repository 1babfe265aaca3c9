"""Writes events as lines in many ways that all mean the same: key order, white space, escapes, offsets,
fractions, defaults written out or left away, and keys given twice of which only the last counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from tests.model.reading import DEFAULTS, Event

OFFSETS = (0, 480, 480, 480, -210, 345, 840, -720, 1439, -1439, 60, -300)
FRACTIONS = ("", "", "", "", ".0", ".5", ".999999", ".123456789012345678901")
SEPARATORS = ((",", ":"), (", ", ": "), (" ,\t", " : "), (",\r", ":\t "))
PLAIN_JUNK = ("1.0", "null", "1e2", '""', "[]", "123456789012345678901234567890", '"\\ud800"', "true", "{}")


def spell_at(rng: Random, instant: int) -> str:
    """One of the ways to write an instant, given in seconds since 1970."""
    minutes = rng.choice(OFFSETS)
    local = datetime.fromtimestamp(instant, UTC).astimezone(timezone(timedelta(minutes=minutes)))
    if not 2000 <= local.year <= 2099:
        minutes, local = 0, datetime.fromtimestamp(instant, UTC)
    sign = "-" if minutes < 0 or (minutes == 0 and rng.random() < 0.2) else "+"
    hours, rest = divmod(abs(minutes), 60)
    ending = "Z" if minutes == 0 and rng.random() < 0.6 else f"{sign}{hours:02}:{rest:02}"
    return local.strftime("%Y-%m-%dT%H:%M:%S") + rng.choice(FRACTIONS) + ending


def with_spelled_defaults(rng: Random, event: Event) -> Event:
    """The same event with some defaults written out or left away."""
    fields = dict(event)
    for name, value in DEFAULTS.get(str(event.get("type")), {}).items():
        if name not in fields and rng.random() < 0.3:
            fields[name] = value
        elif fields.get(name) == value and type(fields[name]) is type(value) and rng.random() < 0.3:
            del fields[name]
    return fields


def spell_value(rng: Random, value: Any) -> str:
    """A value as JSON; 0 may be written -0."""
    if type(value) is int and value == 0 and rng.random() < 0.1:
        return "-0"
    if isinstance(value, dict):
        return spell_object(rng, list(value.items()))
    if isinstance(value, list):
        comma = rng.choice((",", ", "))
        return "[" + comma.join(spell_value(rng, item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=has_surrogate(value) or rng.random() < 0.5)


def has_surrogate(value: Any) -> bool:
    """Whether a text could not be written as UTF-8 without an escape."""
    return isinstance(value, str) and any(0xD800 <= ord(letter) <= 0xDFFF for letter in value)


def spell_key(rng: Random, key: str) -> str:
    """A key, now and then with its first letter escaped."""
    if key and rng.random() < 0.02 and ord(key[0]) < 0xD800:
        return f'"\\u{ord(key[0]):04x}' + json.dumps(key[1:])[1:]
    return json.dumps(key)


def spell_object(rng: Random, pairs: list[tuple[str, Any]]) -> str:
    """An object with its keys in any order, some given before with a value that must not be judged."""
    shuffled = list(pairs)
    if rng.random() < 0.5:
        rng.shuffle(shuffled)
    comma, colon = rng.choice(SEPARATORS)
    spelled = [spell_key(rng, key) + colon + spell_value(rng, value) for key, value in shuffled]
    if spelled and rng.random() < 0.04:
        spelled.insert(0, spell_key(rng, rng.choice(pairs)[0]) + colon + rng.choice(PLAIN_JUNK))
    return "{" + comma.join(spelled) + "}"


def spell(rng: Random, event: Event) -> bytes:
    """A line for an event whose `at` is in seconds; the line has no newline at its end."""
    fields = with_spelled_defaults(rng, event)
    if type(fields.get("at")) is int:
        fields["at"] = spell_at(rng, fields["at"])
    text = spell_object(rng, list(fields.items()))
    if rng.random() < 0.1:
        text = rng.choice((" ", "\t", "\r")) + text
    if rng.random() < 0.1:
        text += rng.choice((" ", "\t", "\r", " \r"))
    return text.encode("utf-8")
