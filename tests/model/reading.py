"""Reads one line of the event stream and judges its form (section 10). Nothing here knows what happened
before: a line is either a well-formed event, with the fixed defaults filled in, or a bad one of which only
some fields can be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.model.zones import zone_names

Event = dict[str, Any]
Check = Callable[[Any], bool]

LIMIT = 10**12
MOST_UNITS = 10**6
DEEPEST = 16
BOM = b"\xef\xbb\xbf"
ID = re.compile(r"[!-.0-~]{1,64}")
AT = re.compile(
    r"(20[0-9]{2})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class IllTyped:
    """Stands for a number that no field takes: a fraction, an exponent, or one far out of bounds."""


def instant(value: object) -> int | None:
    """Seconds since 1970 of a valid `at`, else None; a fraction is dropped."""
    found = AT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    sign, hours, minutes = found.groups()[6:]
    if sign is not None and (int(hours) > 23 or int(minutes) > 59):
        return None
    ahead = timedelta(hours=int(hours), minutes=int(minutes)) if sign is not None else timedelta()
    try:
        moment = datetime(
            year, month, day, hour, minute, second, tzinfo=timezone(-ahead if sign == "-" else ahead)
        )
    except ValueError:
        return None
    return (moment - EPOCH) // timedelta(seconds=1)


def instant_text(seconds: int) -> str:
    """An instant as decisions and the state show it (section 11)."""
    return (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_id(value: object) -> bool:
    """1 to 64 ASCII characters from `!` to `~`, without `/` (section 1)."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def is_text(value: object) -> bool:
    """0 to 500 code points without lone surrogates."""
    if not isinstance(value, str) or len(value) > 500:
        return False
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in value)


def whole(least: int = -LIMIT, most: int = LIMIT) -> Check:
    """A check for an integer within bounds; true and false are no integers."""
    return lambda value: type(value) is int and least <= value <= most


def one_of(*values: str) -> Check:
    """A check for one of the listed texts."""
    return lambda value: isinstance(value, str) and value in values


def is_zone(value: object) -> bool:
    """The name of a time zone that a shop may have."""
    return isinstance(value, str) and value in zone_names()


def records(fields: dict[str, Check], most: int | None) -> Check:
    """A check for a list of at least one object that has exactly these fields."""

    def fits(value: Any) -> bool:
        if not isinstance(value, list) or not value or (most is not None and len(value) > most):
            return False
        return all(
            isinstance(item, dict)
            and set(item) == set(fields)
            and all(check(item[name]) for name, check in fields.items())
            for item in value
        )

    return fits


ORDER_LINES = records({"product": is_id, "quantity": whole(1, MOST_UNITS), "unit_price": whole(0)}, most=1000)
REFUND_LINES = records({"line": whole(1), "quantity": whole(1, MOST_UNITS)}, most=None)
COMMON: dict[str, Check] = {
    "id": is_id,
    "type": lambda value: True,
    "at": lambda value: instant(value) is not None,
    "shop": is_id,
}
ORDER: dict[str, Check] = {"order": is_id}
REFUND: dict[str, Check] = {"order": is_id, "refund": is_id}
REQUIRED: dict[str, dict[str, Check]] = {
    "shop.opened": {},
    "campaign.created": {
        "campaign": is_id,
        "threshold": whole(),
        "rebate": whole(),
        "quantity": whole(),
    },
    "campaign.funded": {"campaign": is_id, "amount": whole(), "method": one_of("wechat", "debit_card")},
    "campaign.stopped": {"campaign": is_id},
    "order.placed": {"order": is_id, "buyer": is_id, "lines": ORDER_LINES},
    "order.paid": {"order": is_id, "amount": whole()},
    "order.confirmed": ORDER,
    "order.shipped": ORDER,
    "order.received": ORDER,
    "order.cancelled": ORDER,
    "refund.requested": REFUND,
    "refund.succeeded": REFUND,
    "refund.closed": REFUND,
    "compensation.paid": {"order": is_id, "amount": whole(1)},
    "debt.paid": {"buyer": is_id, "amount": whole(1)},
    "clock.ticked": {},
}
OPTIONAL: dict[str, dict[str, Check]] = {
    "shop.opened": {"timezone": is_zone},
    "campaign.created": {"valid_days": whole(), "name": is_text},
    "order.placed": {"discount": whole(0), "postage": whole(0), "voucher": is_text},
    "order.paid": {"method": is_text},
    "order.cancelled": {"reason": is_text},
    "refund.requested": {"reason": is_text},
    "refund.succeeded": {"lines": REFUND_LINES, "amount": whole(0), "postage": whole(0)},
    "compensation.paid": {"reason": is_text},
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "shop.opened": {"timezone": "Asia/Shanghai"},
    "campaign.created": {"valid_days": 15},
    "order.placed": {"discount": 0, "postage": 0},
}


def depth(text: str) -> int:
    """How many objects and lists lie within each other at the deepest place of a JSON text."""
    level = deepest = 0
    for letter in STRING.sub("", text):
        if letter in "[{":
            level += 1
            deepest = max(deepest, level)
        elif letter in "]}":
            level -= 1
    return deepest


def json_integer(digits: str) -> int | IllTyped:
    """An integer of any length; a long one is out of bounds whatever it is."""
    return int(digits) if len(digits) <= 20 else IllTyped()


def not_json(name: str) -> Any:
    """Refuses `NaN` and the infinities, which Python would take."""
    raise ValueError(name)


def is_blank(line: bytes) -> bool:
    """A line that is skipped."""
    return not line.strip(b" \t\r\n")


def json_object(line: bytes) -> Event | None:
    """The JSON object of a line, of a key given twice the last; None where it is none or too deep."""
    try:
        text = line.decode("utf-8")
        if depth(text) > DEEPEST:
            return None
        value = json.loads(
            text, parse_float=lambda digits: IllTyped(), parse_int=json_integer, parse_constant=not_json
        )
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def refund_makes_sense(event: Event) -> bool:
    """The bad combinations of section 9.4: both ways at once, a line twice, a refund of nothing."""
    if "lines" in event and "amount" in event:
        return False
    numbers = [item["line"] for item in event.get("lines", [])]
    if len(set(numbers)) < len(numbers):
        return False
    return event.get("amount") != 0 or event.get("postage", 0) > 0


def well_formed(found: Event) -> bool:
    """Whether the object is a valid event of a known type."""
    kind = found.get("type")
    if not isinstance(kind, str) or kind not in REQUIRED:
        return False
    required = COMMON | REQUIRED[kind]
    allowed = required | OPTIONAL.get(kind, {})
    if not set(required) <= set(found) <= set(allowed):
        return False
    if not all(allowed[name](value) for name, value in found.items()):
        return False
    return kind != "refund.succeeded" or refund_makes_sense(found)


def read_event(line: bytes) -> tuple[Event | None, Event]:
    """The event of a line, with defaults and `at` in seconds, or None; and what a refusal shows of it."""
    found = json_object(line) or {}
    at = instant(found.get("at"))
    shown: Event = {
        "cause": found["id"] if is_id(found.get("id")) else None,
        "shop": found["shop"] if is_id(found.get("shop")) else None,
        "at": None if at is None else instant_text(at),
    }
    if not well_formed(found):
        return None, shown
    return DEFAULTS.get(found["type"], {}) | found | {"at": at}, shown
