"""Makes lines of bytes: they choose fields, values and damage, so that most lines are nearly events."""

from collections.abc import Sequence
from typing import TypeVar

from tests.model.reading import OPTIONAL, REQUIRED

Choice = TypeVar("Choice")

IDS = ('"e1"', '"S"', '"~"', '""', '"a/b"', '"x y"', '"\\u0041"', '"\\ud800"', "7", "null", f'"{"x" * 64}"')
NUMBERS = (
    "1", "0", "-0", "10", "100", "999999", "1000000", "1000001", "1000000000000", "1000000000001", "-1",
    "-1000000000000", "9223372036854775808", "1.0", "1e2", "01", "NaN", '"5"', "true", "null", "9" * 40,
)  # fmt: skip
INSTANTS = (
    '"2026-11-10T10:00:00Z"', '"2026-11-10T18:00:00+08:00"', '"2026-11-10T10:00:00.5Z"',
    '"2099-12-31T23:59:59-23:59"', '"2000-01-01T00:00:00+23:59"', '"2026-02-29T00:00:00Z"',
    '"1999-12-31T23:59:59Z"',
    '"2026-11-10T10:00:00"', '"2026-11-10T24:00:00Z"', '"2026-11-10T10:00:60Z"',
    '"2026-11-10T10:00:00+24:00"',
    "0",
)  # fmt: skip
TEXTS = (
    '""',
    '"x"',
    '"\\ud83d\\ude00"',
    '"\\udc00"',
    f'"{"x" * 500}"',
    f'"{"x" * 501}"',
    '"\\u0000"',
    "null",
    "[]",
)
ZONES = ('"UTC"', '"Asia/Shanghai"', '"localtime"', '"Factory"', '"Asia/shanghai"', '""', '"../UTC"', "1")
ORDER_LINES = (
    '[{"product":"p","quantity":1,"unit_price":100}]', "[]", "[{}]", "[null]", "{}",
    '[{"product":"p","quantity":0,"unit_price":0}]', '[{"product":"p","quantity":1000001,"unit_price":0}]',
    '[{"product":"p","quantity":1,"unit_price":0,"x":1}]', '[{"quantity":1,"unit_price":0,"product":"/"}]',
)  # fmt: skip
REFUND_LINES = (
    '[{"line":1,"quantity":1}]', '[{"line":1,"quantity":1},{"line":1,"quantity":2}]',
    '[{"line":0,"quantity":1}]',
    "[]",
    '[{"line":1000000000000,"quantity":1000000}]', '[{"line":1,"quantity":1},{"line":2,"quantity":1}]',
)  # fmt: skip
METHODS = ('"wechat"', '"debit_card"', '"cash"', '""', "null")
_POOLS = {
    **dict.fromkeys(("id", "shop", "order", "campaign", "refund", "buyer"), IDS),
    **dict.fromkeys(("name", "reason", "voucher"), TEXTS),
    "at": INSTANTS,
    "timezone": ZONES,
    "method": METHODS,
}
_KINDS = (*REQUIRED, "order.payed", "")


class Source:
    """A fuzzer's bytes, one choice after the other; 0 when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return max(0, len(self._data) - self._place)

    def byte(self) -> int:
        """The next byte."""
        self._place += 1
        return self._data[self._place - 1] if self._place <= len(self._data) else 0

    def below(self, limit: int) -> int:
        """A number from 0 to less than `limit`."""
        value = self.byte()
        return (value << 8 | self.byte()) % limit if limit > 256 else value % limit

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of them."""
        return choices[self.below(len(choices))]

    def take(self, count: int) -> bytes:
        """So many bytes as they are, or as many as there are."""
        found = self._data[self._place : self._place + count]
        self._place += count
        return found


def line_of(data: bytes) -> bytes:
    """A line: the bytes themselves, or what they spell of an event; no newline in it."""
    source = Source(data)
    how = source.byte()
    if how % 4 == 0:
        return source.take(source.left).replace(b"\n", b"")
    line = _object(source)
    for _ in range((0, 0, 0, 1, 2)[how % 5]):
        line = _damaged(source, line)
    return line.replace(b"\n", b"")


def _object(source: Source) -> bytes:
    kind = source.pick(_KINDS)
    names = ["id", "at", "shop", *(REQUIRED.get(kind, {}))]
    names += [name for name in OPTIONAL.get(kind, {}) if source.below(2)]
    members = [f'"type":"{kind}"'.encode()]
    kept = [name for name in names if source.below(64) != 1]
    members += [f'"{name}":'.encode() + _value(source, kind, name) for name in kept]
    if source.below(8) == 1:
        name = source.pick((*names, "extra", "type"))
        members.append(f'"{name}":'.encode() + _value(source, kind, name))
    if source.below(4) == 1:
        members.reverse()
    space = source.pick((b"", b" ", b"\t", b"\r"))
    return space + b"{" + (b"," + space).join(members) + b"}" + space


def _value(source: Source, kind: str, name: str) -> bytes:
    """Mostly the first, good value; else an odd one, or bytes as they come."""
    pool = _POOLS.get(name, NUMBERS)
    if name == "lines":
        pool = REFUND_LINES if kind == "refund.succeeded" else ORDER_LINES
    dice = source.byte()
    if dice < 215:
        return pool[0].encode()
    if dice < 248:
        return source.pick(pool).encode()
    raw = source.take(source.below(12))
    return b'"' + raw + b'"' if dice % 2 else raw


def _damaged(source: Source, line: bytes) -> bytes:
    """The line with some bytes put in, taken out or put in the place of others."""
    place = source.below(max(1, len(line)))
    raw = source.take(source.below(4))
    gone = source.below(4)
    return line[:place] + raw + line[place + gone :]
