"""What a buyer wishes to buy and where it is to go, as it comes in: without a word of the price."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pinback.checkout.rules import IfFull, Kind

BEST = "best"
"""Instead of a voucher's code: the one that serves the buyer best."""


class WishedLine(NamedTuple):
    """So many units of a variant, by its public id."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Variants of one product, bought alone, opening a group, or joining `group`. `voucher`: a code, or
    `BEST`.
    """

    product: str
    lines: Sequence[WishedLine]
    kind: Kind
    group: str | None = None
    if_full: IfFull = "refund"
    voucher: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an order goes."""

    recipient: str
    phone: str
    region: str
    street: str

    @property
    def place_hash(self) -> str:
        """What two orders to one place have in common, however it is written: letters and digits alone."""
        written = "".join(letter for letter in f"{self.region}{self.street}".casefold() if letter.isalnum())
        return hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is noted beside an order: a note for the shop, the link and the form it came by, and what risk is
    judged by.
    """

    note: str = ""
    device: str = ""
    client_address: str = ""
    link_id: int | None = None
    form: str = ""


NOTHING_NOTED = Circumstances()
