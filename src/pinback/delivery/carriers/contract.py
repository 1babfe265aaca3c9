"""What every carrier's folder offers: reading its notices, and asking it for news of a parcel."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from pinback.delivery.models import Parcel


class CarrierWord(NamedTuple):
    """Something a carrier said of the parcel of a tracking number; `number` is unique for the parcel."""

    tracking: str
    number: str
    code: str
    text: str
    happened_at: datetime


class Forged(Exception):
    """A notice whose signature does not hold, or is not there."""


class Carrier(Protocol):
    """A carrier."""

    name: str

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Sequence[CarrierWord]:
        """What a notice says, once its signature was checked. Raises Forged; ValueError: it is unreadable."""

    def look(self, parcel: Parcel, *, now: datetime) -> Sequence[CarrierWord]:
        """What the carrier says of a parcel when it is asked. Raises OSError: no answer."""
