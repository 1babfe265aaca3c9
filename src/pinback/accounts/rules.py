"""Who may do what in a shop: a table from role to permissions. Keys have scopes, which are permissions too.

A permission names a part of a shop's work. Reading a part and writing it are one permission, except that
money and orders can be read by those who need them for their own work.
"""

import re
from datetime import timedelta
from typing import Literal
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

Permission = Literal[
    "shop.read",
    "catalog.write",
    "orders.read",
    "orders.ship",
    "refunds.decide",
    "compensation.pay",
    "marketing.write",
    "funds.read",
    "funds.pay_out",
    "staff.write",
    "keys.write",
    "events.write",
    "decisions.read",
    "webhooks.write",
    "reports.read",
]

PERMISSIONS: frozenset[str] = frozenset(Permission.__args__)  # type: ignore[attr-defined]

MAY: dict[str, frozenset[str]] = {
    "owner": PERMISSIONS,
    "marketing": frozenset({"shop.read", "catalog.write", "marketing.write", "reports.read", "orders.read"}),
    "service": frozenset({"shop.read", "orders.read", "refunds.decide", "compensation.pay"}),
    "warehouse": frozenset({"shop.read", "orders.read", "orders.ship"}),
    "finance": frozenset({"shop.read", "orders.read", "funds.read", "funds.pay_out", "reports.read"}),
}
"""What each role may do."""


def may(role: str | None, permission: str) -> bool:
    """Whether a role (None: no role in this shop) includes a permission."""
    return role is not None and permission in MAY.get(role, frozenset())


SCOPES: frozenset[str] = PERMISSIONS - {"staff.write", "keys.write"}
"""What a key can be allowed: everything but to let in others."""

OperatorScope = Literal[
    "events.write",
    "decisions.read",
    "webhooks.write",
    "shops.admit",
    "people.read",
    "audit.run",
    "clock.set",
]

OPERATOR_SCOPES: frozenset[str] = frozenset(OperatorScope.__args__)  # type: ignore[attr-defined]
"""What a key of the operator can be allowed: the engine, shops, people, audits and the sandbox's clock.

Money and what was decided about it are not among them: for those a person signs in.
"""

ENGINE_SCOPES: frozenset[str] = frozenset({"events.write", "decisions.read", "webhooks.write"})
"""What a key of the operator is allowed where nothing else is said: to speak for all shops of the engine."""

WINDOW = timedelta(hours=24)
"""Failed attempts to sign in are counted this long."""
TRIES_OF_LOGIN = 5
TRIES_OF_ADDRESS = 30
_FIRST_LOCK = timedelta(minutes=1)
_LONGEST_LOCK = timedelta(hours=1)


def lock_out(failed: int, tries: int) -> timedelta:
    """How long nobody may try after the last of so many failures: twice as long with each above `tries`."""
    if failed < tries:
        return timedelta(0)
    return min(_FIRST_LOCK * (1 << min(failed - tries, 10)), _LONGEST_LOCK)


LETTERS_ARE_TRIED = timedelta(hours=24)
"""A letter that cannot be sent is tried again so long."""


def letter_wait(tries: int) -> timedelta:
    """When a letter is tried again that failed so often before: after 30 s and ever later, 1 h at most."""
    return min(timedelta(seconds=30) * (1 << min(tries, 10)), timedelta(hours=1))


def phone_of(text: str) -> str | None:
    """A phone number in E.164, read as a Chinese one without a country code; None: it is none."""
    # It knows every country's numbers: most commands have no need of it.
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def login_of(text: str) -> str | None:
    """A login as it is kept: an e-mail address in lower case, or a phone number in E.164; None: neither."""
    text = text.strip()
    if "@" not in text:
        return phone_of(text)
    text = text.lower()
    try:
        validate_email(text)
    except ValidationError:
        return None
    return text if len(text) <= 254 else None


def is_shop_name(text: str) -> bool:
    """Whether a shop can be named so: 2 to 40 lower-case letters, digits and hyphens."""
    return re.fullmatch("[a-z0-9-]{2,40}", text) is not None


def is_timezone(text: str) -> bool:
    """Whether the zone is known."""
    return text in available_timezones()
