"""From bytes to events: one line of NDJSON is an event or a named reason why it is none (section 10).

A well-formed line is decoded in one step by the schema. Every other line is looked at a second time, by the
letter of the spec: of a key given twice the last counts, and what is readable of a bad event's id, shop and
instant is shown in its refusal.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from pinback.rules.events import ID_PATTERN, Event
from pinback.rules.instants import Instant, parse_instant

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r"
_DEEPEST = 16
_LONGEST_NUMBER = 20
_OUT_OF_BOUNDS = 10**20
_LONGEST_DETAIL = 300
"""A reason can quote the line, and a line can be of any length."""
_ID = re.compile(ID_PATTERN)
_FIELD = re.compile(r"^(.*) - at `(?:key in )?\$\.?(.*)`$", re.DOTALL)
# Possessive, and an open end allowed: a hostile line of quotes and backslashes is read over once.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]')


class BadEvent(NamedTuple):
    """A line that is no event: what can be read of it (else None) and what is wrong, for people."""

    cause: str | None
    shop: str | None
    at: int | None
    detail: str


def _read_instant(kind: type, value: object) -> Instant:
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {type(value).__name__}")
    return parse_instant(value)


def _stored_instant(kind: type, value: object) -> Instant:
    if not isinstance(value, int):
        raise ValueError("expected seconds")
    return Instant(value)


_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event, dec_hook=_read_instant)
_stored: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event, dec_hook=_stored_instant)
_content = msgspec.json.Encoder(enc_hook=int)


def content_of(event: Event) -> str:
    """The content of an event in the one way that compares equal: parsed,
    with the defaults filled in (section 10).
    """
    return _content.encode(event).decode()


def event_of(content: bytes | str) -> Event:
    """The event of a `content_of`, as the event log keeps it."""
    return _stored.decode(content)


def lines_of(source: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Number the lines of a stream from 1; drop a BOM at its start and the blank lines, which still count."""
    for number, given in enumerate(source, start=1):
        line = given.rstrip(b"\n")
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if line.strip(_BLANK):
            yield number, line


def parse_line(line: bytes) -> Event | BadEvent:
    """Read one line; never raises."""
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _read_again(line)


def _read_again(line: bytes) -> Event | BadEvent:
    """Read by the letter a line that the schema's one-step decoder turned away."""
    try:
        text = line.decode("utf-8")
        if _depth(text) > _DEEPEST:
            return BadEvent(None, None, None, f"nested deeper than {_DEEPEST} levels")
        found = json.loads(text, parse_int=_integer, parse_float=_not_plain, parse_constant=_not_json)
    except UnicodeDecodeError as error:
        return BadEvent(None, None, None, f"not JSON: invalid UTF-8 at byte {error.start + 1}")
    except ValueError as error:
        return BadEvent(None, None, None, f"not JSON: {error}")
    if not isinstance(found, dict):
        return BadEvent(None, None, None, "not a JSON object")
    try:
        event: Event = msgspec.convert(found, Event, dec_hook=_read_instant)
        content_of(event)
    except UnicodeEncodeError:
        return _bad(found, "a text has a lone surrogate")
    except (msgspec.MsgspecError, ValueError) as error:
        return _bad(found, _FIELD.sub(r"`\2`: \1", str(error)))
    return event


def _integer(digits: str) -> int:
    # Python refuses to convert very long digits; any number beyond the bounds is refused the same.
    return int(digits) if len(digits) <= _LONGEST_NUMBER else _OUT_OF_BOUNDS


def _not_plain(digits: str) -> None:
    # A number with a fraction or an exponent: JSON, but like null an ill-typed value everywhere.
    return None


def _not_json(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _bad(found: dict[str, Any], detail: str) -> BadEvent:
    cause, shop, at = found.get("id"), found.get("shop"), found.get("at")
    try:
        instant = parse_instant(at) if isinstance(at, str) else None
    except ValueError:
        instant = None
    return BadEvent(_id_or_none(cause), _id_or_none(shop), instant, detail[:_LONGEST_DETAIL])


def _id_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and _ID.match(value) else None


def _depth(text: str) -> int:
    """How deep arrays and objects are nested, those of overridden keys included."""
    depth = deepest = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
    return deepest
