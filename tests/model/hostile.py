"""Spoils plausible events: wrong types, bounds, ids, instants, texts, structures and bytes. Some of what
comes out is still valid, on purpose, because it lies just inside a bound; the model says which."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.model.reading import Event
from tests.model.spelling import spell, spell_at

IDS: tuple[Any, ...] = (
    "", "a/b", "a b", "x" * 64, "x" * 65, "é", "店", "a\n", "a\r", "\ta", "a\x7f", "~", "!", "'\"\\",
    "\x00", "\ud800", "🛒", "\ufeffa", "a\u00a0", 7, None, True, ["a"], {"a": 1}, 1.0,
)  # fmt: skip
NUMBERS = (
    "1.0", "1e2", "1E2", "-1", "-0", "0", "null", "true", "false", '"5"', "[]", "{}", "1000000000000",
    "1000000000001", "-1000000000000", "-1000000000001", "9223372036854775807", "9223372036854775808",
    "18446744073709551616", "0.5", "1" + "0" * 30, "9" * 5000, "-" + "9" * 400, "1e400", "-1e-400", "NaN",
    "Infinity", "-Infinity", "01", "+1", "1.", ".5", "0x10", "1_000", "٣", "1000000", "1000001", "999999",
    "-0.0", "00", "-",
)  # fmt: skip
INSTANTS: tuple[Any, ...] = (
    "2026-11-10T10:00:00", "2026-11-10 10:00:00Z", "2026-11-10t10:00:00Z", "2026-11-10T10:00:00z",
    "2026-11-10", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "2026-02-29T10:00:00Z",
    "2024-02-29T10:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-11-31T00:00:00Z",
    "2026-11-10T24:00:00Z", "2026-11-10T23:60:00Z", "2016-12-31T23:59:60Z", "2026-11-10T10:00Z",
    "2026-11-10T10:00:00+24:00", "2026-11-10T10:00:00+08:60", "2026-11-10T10:00:00+0800",
    "2026-11-10T10:00:00+08", "2026-11-10T10:00:00,5Z", "2026-11-10T10:00:00.Z", "2026-11-10T10:00:00Z\n",
    " 2026-11-10T10:00:00Z", "2026-11-10T10:00:00+08:00:00", "２０２６-11-10T10:00:00Z",
    "2026-11-10T10:00:0٣Z", "2026-11-10T10:00:00.٣Z", "2026-11-10T10:00:00−08:00", "20261110T100000Z",
    "2026-W46-2T10:00:00Z", "2026-314T10:00:00Z", "02026-11-10T10:00:00Z", "", 1762740000, None,
    "2026-11-10T10:00:00 +08:00", "2026-11-10T10:00:00-24:00", "2026-11-10T1:00:00Z",
    "2026-11-10T10:00:00.5", "2026-11-10T10:00:00Z\x00", "2026-11-10T10:00:00UTC",
    "2026-11-10T10:00:00+99:99",
)  # fmt: skip
TEXTS: tuple[Any, ...] = (
    "x" * 500, "x" * 501, "🛒" * 500, "🛒" * 501, "满" * 500, "é\x00\x1f\x7f", "", "\ud800", "ok\udfff",
    "\udc00\ud800", "\u2028\u2029\ufeff\uffff", "a\n", 5, None, True, ["a"], {}, "e\u0301" * 250,
    "e\u0301" * 250 + "e",
)  # fmt: skip
ZONES: tuple[Any, ...] = (
    "localtime", "Factory", "posixrules", "Asia/shanghai", "asia/Shanghai", "Mars/Phobos", "", "UTC ",
    "Etc/GMT+14", "Etc/GMT-14", "GMT0", "US/Pacific", "posix/UTC", "right/UTC", "../UTC", "zone.tab",
    "tzdata.zi", "leapseconds", "Asia", "Asia/", "UTC\n", None, 8, "+08:00", "Asia/Kolkata",
    "Pacific/Kiritimati", "PST8PDT", "W-SU", "Zulu", "Europe/Kyiv", "/etc/localtime", "Asia/Beijing",
    "America/Argentina/Buenos_Aires", "__init__.py", "\x00",
)  # fmt: skip
RAW = (
    b"{}", b"[]", b"null", b"true", b'"event"', b"17", b"{", b"}", b"{]", b"NaN", b"-Infinity",
    b"\xff\xfe", b"\x00", b"\x0b", b"\x0c", b"\xc2\xa0", b"\xe3\x80\x80", b"\xef\xbb\xbf",
    b"\xef\xbb\xbf{}", b"\xed\xa0\x80", b"{'id':'e'}", b"//", b"{},", b'{"id":"e"}{"id":"f"}',
    b'{"a":1,}', b'{"id":"bare","shop":"S","at":"2026-11-10T10:00:00Z"}', b"\x85", b"\x1e{}",
    b'{"id":"k1","shop":5,"at":"2026-11-10T10:00:00Z","type":"clock.ticked"}',
    b'{"id":"\\ud800","shop":"S\\u0000"}', b'[{"id":"e","shop":"S"}]',
    b'{"id":"k2","id":"k3","type":null}', b'{"a":"\t"}', b'{"id":"x","a":"\\x41"}', b"\xc0\xaf",
    b'{"id":"x","a":"\\u12"}', b'{"id":"x","a":tru}', b'{"id":"x" "a":1}', b'{id:"x"}', b'{"":""}',
    b"[" * 40, b"[" * 3000, b"{" * 3000, b'{"a":' * 60 + b"1" + b"}" * 60, b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
)  # fmt: skip
BLANKS = (b"", b" ", b"\t", b"\r", b" \t \r", b"\r\r")
NO_TYPES = ("order.payed", "ORDER.PAID", "", "order.paid ", "order.paid\n", 5, None)
OTHER_TYPES = ("order.paid", "refund.closed", "debt.paid", "clock.ticked", "order.placed")
IDENTIFIERS = ("id", "shop", "order", "campaign", "refund", "buyer")
INTEGERS = ("amount", "threshold", "rebate", "quantity", "valid_days", "discount", "postage")
WORDS = ("name", "reason", "voucher", "method")


def raw_number(rng: Random, event: Event, name: str, digits: str) -> bytes:
    """The event with one value written exactly as given, which may be no JSON at all."""
    marker = "\u0001here"
    line = spell(rng, event | {name: marker})
    return line.replace(json.dumps(marker).encode(), digits.encode("utf-8"))


def spoil_id(rng: Random, event: Event) -> bytes:
    """Another id, most of them bad."""
    names = [name for name in IDENTIFIERS if name in event]
    return spell(rng, event | {rng.choice(names): rng.choice(IDS)})


def spoil_number(rng: Random, event: Event) -> bytes:
    """Another way to write a number, or one at a bound."""
    names = [name for name in INTEGERS if name in event]
    if not names:
        names = ["amount" if "order" in event or "buyer" in event else "valid_days"]
    return raw_number(rng, event, rng.choice(names), rng.choice(NUMBERS))


def spoil_line(rng: Random, event: Event) -> bytes:
    """Something wrong within `lines`."""
    lines = [dict(line) for line in event.get("lines", [])] or [{"line": 1, "quantity": 1}]
    key = rng.choice([*lines[0], "quantity"])
    choices: list[Any] = [
        [], None, {}, "lines", [None], [[]], [1], {"0": lines[0]}, lines + lines, [lines[0], {}],
        [line | {"extra": 1} for line in lines], [{k: v for k, v in lines[0].items() if k != key}],
        [lines[0] | {key: None}], [lines[0] | {key: 0}], [lines[0] | {key: -1}], [lines[0] | {key: "1"}],
        [lines[0] | {key: 10**6}], [lines[0] | {key: 10**6 + 1}], [lines[0] | {key: 10**12 + 1}],
        [lines[0] | {key: True}], [lines[0] | {"quantity": 10**6, "unit_price": 10**12}] * 1000,
        [lines[0] | {key: 1.0}], (lines * 1001)[:1000], (lines * 1001)[:1001],
    ]  # fmt: skip
    return spell(rng, event | {"lines": rng.choice(choices)})


def spoil_at(rng: Random, event: Event) -> bytes:
    """Another instant, most of them bad."""
    return spell(rng, event | {"at": rng.choice(INSTANTS)})


def spoil_text(rng: Random, event: Event) -> bytes:
    """A text at or beyond its bounds."""
    names = [name for name in WORDS if name in event] or [rng.choice(WORDS)]
    return spell(rng, event | {rng.choice(names): rng.choice(TEXTS)})


def spoil_zone(rng: Random, event: Event) -> bytes:
    """A shop that opens with some other zone."""
    opened = {"id": event["id"], "at": event["at"], "type": "shop.opened"}
    shop = f"z{rng.randrange(10**6)}" if rng.random() < 0.5 else event["shop"]
    return spell(rng, opened | {"shop": shop, "timezone": rng.choice(ZONES)})


def spoil_fields(rng: Random, event: Event) -> bytes:
    """A field too many, too few, null or of the wrong type; or a type that does not exist."""
    name = rng.choice(list(event))
    without = {key: value for key, value in event.items() if key != name}
    if name == "at":
        event = event | {"at": spell_at(rng, event["at"])}
    choices: list[Event] = [
        without, without, event | {name: None}, event | {name: [event[name]]},
        event | {name: {"v": event[name]}}, event | {name: str(event[name])}, event | {"extra": 1},
        event | {"": 0}, event | {"Type": event["type"]}, event | {"type": rng.choice(NO_TYPES)},
        event | {"type": rng.choice(OTHER_TYPES)}, event | {"\ud800": 1}, event | {"lines": []},
        event | {"detail": ""}, event | {"method": "wechat "},
    ]  # fmt: skip
    return spell(rng, rng.choice(choices))


def spoil_bytes(rng: Random, event: Event) -> bytes:
    """Bytes that break the line, or seem to."""
    line = spell(rng, event)
    place = rng.randrange(len(line) + 1)
    choices = (
        line[:place], line[place:], line[:place] + b"\xff" + line[place:], b"\xef\xbb\xbf" + line,
        line + b",", line + b"\x00", line + b"\x0c", b"\xc2\xa0" + line, line + line,
        line[:place] + b"\x00" + line[place:], b"[" + line + b"]", line.replace(b":", b"=", 1),
        line.replace(b'"', b"'"), line[:-1], line + b"}", b'"' + line,
        line[:place] + b"\xed\xa0\x80" + line[place:], line[:place] + b"\t" + line[place:],
        line + b" # x",
    )  # fmt: skip
    return rng.choice(choices)


def nested(levels: int, value: str = "1") -> str:
    """Lists within lists."""
    return "[" * levels + value + "]" * levels


def spoil_depth(rng: Random, event: Event) -> bytes:
    """Deep values, given before a key that comes again, or as a field; never just one level too deep."""
    levels = rng.choice((1, 3, 8, 15, 15, 15, 17, 18, 40, 200))
    line = spell(rng, event).strip(b" \t\r")
    name = json.dumps(rng.choice([*event, "extra"]))
    deep = nested(levels, rng.choice(("1", "", '"]]]"', "1.5", "null", '"\\"[[["')))
    if rng.random() < 0.7:
        return f"{{{name}:{deep},".encode() + line[1:]
    return line[:-1] + f",{name}:{deep}}}".encode()


def spoil_twice(rng: Random, event: Event) -> bytes:
    """A key given twice: the bad value first, so that it does not count, or last."""
    name = rng.choice(list(event))
    bad = f"{json.dumps(name)}:{rng.choice(('null', '1.0', '[]', '5', 'NaN', '01', '1e999', '[1.0,null]'))}"
    line = spell(rng, event).strip(b" \t\r")
    if rng.random() < 0.5:
        return b"{" + bad.encode() + b"," + line[1:]
    return line[:-1] + b"," + bad.encode() + b"}"


def raw_line(rng: Random, event: Event) -> bytes:
    """A line that was never an event."""
    return rng.choice(RAW)


def blank_line(rng: Random, event: Event) -> bytes:
    """A line that is skipped."""
    return rng.choice(BLANKS)


SPOILERS: tuple[Callable[[Random, Event], bytes], ...] = (
    spoil_id, spoil_id, spoil_number, spoil_number, spoil_number, spoil_line, spoil_at, spoil_text,
    spoil_zone, spoil_fields, spoil_fields, spoil_bytes, spoil_depth, spoil_twice, raw_line, blank_line,
)  # fmt: skip


def spoil(rng: Random, event: Event) -> bytes:
    """A hostile line made of a plausible event; it never contains a newline byte."""
    if rng.random() < 0.5 and "lines" in event:
        return spoil_line(rng, event)
    return rng.choice(SPOILERS)(rng, event).replace(b"\n", b"")
