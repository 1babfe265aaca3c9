"""The report of an import: what was read, what became of it, and what could not be used, with the reason.

Nothing is dropped in silence. Every row is counted once: `rows` is the sum of `order_lines`, `refund_lines`
and the rows of `skipped`.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pinback.kit.language import gettext as _


class Reason(StrEnum):
    """Why a row, or an order with its rows, is not used."""

    MALFORMED = "malformed"
    SKIPPED_PREFIX = "skipped_prefix"
    STATUS = "status"
    NO_ORDER = "no_order"
    NO_BUYER = "no_buyer"
    NO_PRODUCT = "no_product"
    BAD_ID = "bad_id"
    BAD_PRICE = "bad_price"
    NO_PRICE = "no_price"
    BAD_QUANTITY = "bad_quantity"
    NO_QUANTITY = "no_quantity"
    NO_UNITS_BACK = "no_units_back"
    BAD_TIME = "bad_time"
    BAD_CHARGE = "bad_charge"
    OTHER_BUYER = "other_buyer"
    ORDER_FREE = "order_free"
    ORDER_LONG = "order_long"
    ORDER_LARGE = "order_large"


class Oddity(StrEnum):
    """What is strange about a row that is used all the same."""

    OTHER_TIME = "other_time"
    OTHER_CHARGE = "other_charge"


def reason_text(reason: Reason | Oddity) -> str:
    """The reason in the language of whoever reads it now."""
    texts: dict[Reason | Oddity, str] = {
        Reason.MALFORMED: _("The row has more or fewer fields than the first line names"),
        Reason.SKIPPED_PREFIX: _("Bookkeeping: the order id begins with a prefix that the mapping skips"),
        Reason.STATUS: _("The status is none of those that the mapping keeps"),
        Reason.NO_ORDER: _("No order id"),
        Reason.NO_BUYER: _("No buyer"),
        Reason.NO_PRODUCT: _("No product"),
        Reason.BAD_ID: _("An id is longer than 64 characters"),
        Reason.BAD_PRICE: _("The price is not a number, or too large"),
        Reason.NO_PRICE: _("The price is not above 0"),
        Reason.BAD_QUANTITY: _("The quantity is not a whole number, or too large"),
        Reason.NO_QUANTITY: _("The quantity in an order is not above 0"),
        Reason.NO_UNITS_BACK: _("The quantity in a refund is not below 0"),
        Reason.BAD_TIME: _("The time is not written as the mapping says, or not between 2000 and 2099"),
        Reason.BAD_CHARGE: _("Discount or postage is not a number, below 0 or too large"),
        Reason.OTHER_BUYER: _("The buyer is another than in the first row of the order"),
        Reason.ORDER_FREE: _("The goods of the order cost nothing, or no more than its discount"),
        Reason.ORDER_LONG: _("The order has more than 1,000 lines"),
        Reason.ORDER_LARGE: _("The order's amount is too large"),
        Oddity.OTHER_TIME: _("The time is another than in the first row of the order, which counts"),
        Oddity.OTHER_CHARGE: _("Discount or postage differs from the order's first one, which counts"),
    }
    return texts[reason]


@dataclass(frozen=True, slots=True)
class Example:
    """One row, as an example: its line in the file and its text."""

    line: int
    text: str


@dataclass(slots=True)
class Tally:
    """How often something was met, with the first example."""

    rows: int = 0
    orders: int = 0
    """Whole orders that could not be used; their rows are in `rows`."""
    units: int = 0
    """Units that were to be refunded and found no earlier order."""
    example: Example | None = None

    def add(self, example: Example | None, *, rows: int = 1, orders: int = 0, units: int = 0) -> None:
        """Count, and keep the example if it is the first."""
        self.rows += rows
        self.orders += orders
        self.units += units
        self.example = self.example or example


@dataclass(slots=True)
class HistoryReport:
    """Counts of an import, complete when the last event was taken. Amounts in minor units."""

    rows: int = 0
    orders: int = 0
    order_lines: int = 0
    units: int = 0
    goods_minor: int = 0
    discount_minor: int = 0
    postage_minor: int = 0
    paid_minor: int = 0
    """Goods less discount plus postage, of all orders."""
    refunds: int = 0
    """Refunds in the file that have a usable line."""
    refund_lines: int = 0
    refund_events: int = 0
    units_refunded: int = 0
    refunded_minor: int = 0
    """Goods cash that the refund events return."""
    events: int = 0
    first_at: str | None = None
    last_at: str | None = None
    """Local times of the first and the last order or refund, with offsets."""
    unmatched: Tally = field(default_factory=Tally)
    """Refund lines of which no unit was found in an earlier order of the buyer."""
    partly_matched: Tally = field(default_factory=Tally)
    """Refund lines of which some units were found; `units` are those that were not."""
    skipped: dict[Reason, Tally] = field(default_factory=dict)
    oddities: dict[Oddity, Tally] = field(default_factory=dict)

    @property
    def skipped_rows(self) -> int:
        """Rows that were not used, for whatever reason."""
        return sum(tally.rows for tally in self.skipped.values())

    @property
    def unmatched_units(self) -> int:
        """Units that were to be refunded and found no earlier order."""
        return self.unmatched.units + self.partly_matched.units

    def skip(self, reason: Reason, example: Example | None, *, rows: int = 1, orders: int = 0) -> None:
        """Count rows that are not used."""
        self.skipped.setdefault(reason, Tally()).add(example, rows=rows, orders=orders)

    def note(self, oddity: Oddity, example: Example) -> None:
        """Count a row that is used and strange."""
        self.oddities.setdefault(oddity, Tally()).add(example)
