"""What an outsider writes down of shops, campaigns, vouchers, orders and buyers, and their calendars' days.

Amounts are fen, instants seconds since 1970. A key joins a shop and an id, `shop/id`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

Fields = dict[str, Any]

DEFAULT_ZONE = "Asia/Shanghai"
UNUSED = ("available", "frozen", "locked")
"""A voucher in one of these holds its whole value."""


class Fault(Exception):
    """Something that must never happen did; `clause` names what it breaks, `keys` whom it concerns."""

    def __init__(self, clause: str, text: str, *keys: str) -> None:
        super().__init__(f"{clause}: {text}")
        self.clause = clause
        self.keys = keys


def demand(clause: str, holds: bool, text: str, *keys: str) -> None:
    """Raise a fault unless it holds."""
    if not holds:
        raise Fault(clause, text, *keys)


def agree(clause: str, what: str, found: Any, expected: Any, *keys: str) -> None:
    """Raise a fault unless both are the same."""
    if found != expected:
        raise Fault(clause, f"{what}: {found!r}, but by cash and promises it is {expected!r}", *keys)


@dataclass
class Campaign:
    """A prepaid offer."""

    key: str
    shop: str
    threshold: int
    rebate: int
    quantity: int
    valid_days: int
    funded: bool = False
    starts_at: int | None = None
    issued: int = 0
    ended: str | None = None

    @property
    def held(self) -> int:
        """What is prepaid and neither issued nor returned, in fen."""
        return self.rebate * (self.quantity - self.issued) if self.funded and self.ended is None else 0

    def contains(self, at: int) -> bool:
        """Whether it runs at that instant, as far as is known."""
        return self.starts_at is not None and self.ended is None and self.starts_at <= at

    def status(self, at: int) -> str:
        """As the state document shows it."""
        if self.ended is not None:
            return "ended"
        if self.starts_at is None:
            return "draft"
        return "running" if self.starts_at <= at else "scheduled"


@dataclass
class Voucher:
    """A promise of `amount` fen to `buyer`; `left`: what of a used one neither came back nor was paid for."""

    code: str
    shop: str
    campaign: str
    buyer: str
    amount: int
    source: str
    expires_at: int
    status: str = "available"
    holder: str | None = None
    left: int = 0

    @property
    def held(self) -> int:
        """What its account holds, in fen."""
        return self.amount if self.status in UNUSED else 0


@dataclass
class Order:
    """An order: what was paid and promised for it, and what of that still stands."""

    key: str
    shop: str
    buyer: str
    products: list[str]
    units: list[int]
    goods: int
    postage: int
    goods_left: int
    postage_left: int
    voucher: str | None
    voucher_left: int
    status: str = "placed"
    rebate: str = "none"
    reason: str | None = None
    earned: str | None = None
    paid: int = 0
    refunded: int = 0
    payout: int = 0
    compensated: int = 0
    month: str | None = None
    open_refunds: dict[str, None] = field(default_factory=dict)

    @property
    def due(self) -> int:
        """What is to be paid for it, in fen."""
        return self.goods + self.postage

    @property
    def is_paid(self) -> bool:
        """Whether its money came in."""
        return self.status not in ("placed", "cancelled")

    @property
    def held(self) -> int:
        """What came in for it and went neither back nor to the shop, in fen."""
        return self.standing if self.status in ("paid", "confirmed", "shipped") else 0

    @property
    def standing(self) -> int:
        """Cash and voucher part that are not refunded, in fen."""
        return self.goods_left + self.postage_left + self.voucher_left


@dataclass
class Shop:
    """A shop's calendar and money."""

    name: str
    zone: str = DEFAULT_ZONE
    fees: int = 0
    marketing: int = 0
    sales: int = 0
    completed: int = 0


@dataclass
class Buyer:
    """What one buyer paid (orders and debts), was paid back, and was given as compensation, in fen."""

    name: str
    paid: int = 0
    received: int = 0
    compensated: int = 0
    orders: dict[str, None] = field(default_factory=dict)
    vouchers: dict[str, None] = field(default_factory=dict)


def instant(text: str) -> int:
    """Seconds since 1970 of an instant as events and decisions write it."""
    return int(datetime.fromisoformat(text).timestamp())


@cache
def zone(name: str) -> ZoneInfo:
    """A time zone as PyPI's `tzdata` has it."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def local_day(at: int, zone_name: str) -> date:
    """The date on a clock in that zone."""
    return datetime.fromtimestamp(at, zone(zone_name)).date()


def begins_a_day(at: int, zone_name: str) -> bool:
    """Whether it is the first second of a local day."""
    return local_day(at - 1, zone_name) < local_day(at, zone_name)
