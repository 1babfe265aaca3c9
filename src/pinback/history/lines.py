"""Lines: one row's texts read into numbers, ids and an instant, or the reason why that cannot be.

Prices are decimals rounded half up to minor units per unit, never floats. The reasons are tried in a fixed
order (whose row it is, then price, quantity, the rest), so that every row is counted under one.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import NamedTuple

from pinback.history.ids import fit_id
from pinback.history.mapping import Mapping
from pinback.history.moments import Moment, read_moment
from pinback.history.report import Reason
from pinback.history.rows import SourceRow
from pinback.rules.events import LIMIT

MOST_UNITS = 10**6
CACHED_TEXTS = 1 << 16

# Enough digits that no number we accept is rounded before we round it.
_EXACT = Context(prec=2000)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?")


class Line(NamedTuple):
    """A usable row. Amounts in minor units; `quantity` above 0, the units back where it is a refund."""

    order: str
    """The order's id, fit for events, or that of the refund."""
    is_refund: bool
    moment: Moment
    buyer: str
    product: str
    quantity: int
    price_minor: int
    discount_minor: int | None
    """Of the whole order, None where the row has none; so is `postage_minor`."""
    postage_minor: int | None


LineReader = Callable[[SourceRow], Line | Reason]


def line_reader(mapping: Mapping) -> LineReader:
    """A function that reads rows by a mapping."""
    return _Reader(mapping).read


def read_number(text: str, mapping: Mapping) -> Decimal | None:
    """The number that a text is, exactly; None where it is none."""
    text = text.strip()
    if mapping.thousands_mark:
        text = _without_thousands(text, mapping)
    if mapping.decimal_mark == ",":
        text = text.translate({ord(","): ".", ord("."): "?"})
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _without_thousands(text: str, mapping: Mapping) -> str:
    whole, point, rest = text.partition(mapping.decimal_mark)
    first, *groups = whole.split(mapping.thousands_mark)
    if groups and (len(first.lstrip("+-")) not in (1, 2, 3) or any(len(group) != 3 for group in groups)):
        return text
    return first + "".join(groups) + point + rest


def to_minor(amount: Decimal, minor_digits: int) -> int:
    """A decimal in major units as minor units, rounded half up (away from 0 for an amount below 0)."""
    return int(_EXACT.scaleb(amount, minor_digits).to_integral_value(ROUND_HALF_UP, _EXACT))


class _Reader:
    """Reads rows by one mapping; texts that come again are read once, because most do."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._nothing = frozenset(mapping.empty_values)
        keys = list(mapping.columns.named())
        self._places = {key: keys.index(key) for key in keys}
        self._status_place = self._places.get("status")
        cached = lru_cache(maxsize=CACHED_TEXTS)
        self._moment = cached(self._read_moment)
        self._price = cached(self._read_price)
        self._units = cached(self._read_units)
        self._charge = cached(self._read_charge)
        self._id = cached(self._read_id)
        self._order, self._buyer, self._time, self._money = (
            self._places[key] for key in ("order", "buyer", "time", "price")
        )

    def read(self, row: SourceRow) -> Line | Reason:
        """The line that a row is, or why it is none."""
        values = row.values
        if values is None:
            return Reason.MALFORMED
        unfit = self._unfit(values)
        if unfit is not None:
            return unfit
        price = self._price(values[self._money])
        if isinstance(price, Reason):
            return price
        is_refund, quantity = self._quantity(values)
        if isinstance(quantity, Reason):
            return quantity
        return self._line(values, is_refund, quantity, price)

    def _unfit(self, values: tuple[str, ...]) -> Reason | None:
        """Why a row is nobody's order line, whatever it sells."""
        order = values[self._order]
        mapping = self._mapping
        if mapping.skip_order_prefixes and order.startswith(mapping.skip_order_prefixes):
            return Reason.SKIPPED_PREFIX
        if self._status_place is not None and values[self._status_place] not in mapping.keep_statuses:
            return Reason.STATUS
        if self._id(order) == "":
            return Reason.NO_ORDER
        if self._id(values[self._buyer]) == "":
            return Reason.NO_BUYER
        return None

    def _quantity(self, values: tuple[str, ...]) -> tuple[bool, int | Reason]:
        """Whether the row is a refund, and its units."""
        rule = self._mapping.refunds
        place = self._places.get("quantity")
        units = 1 if place is None else self._units(values[place])
        is_refund = bool(rule.order_prefix) and values[self._order].startswith(rule.order_prefix)
        if isinstance(units, Reason):
            return is_refund, units
        if rule.negative_quantity and units < 0:
            is_refund = True
        if is_refund:
            return True, -units if units < 0 else Reason.NO_UNITS_BACK
        return False, units if units > 0 else Reason.NO_QUANTITY

    def _line(self, values: tuple[str, ...], is_refund: bool, quantity: int, price: int) -> Line | Reason:
        moment = self._moment(values[self._time])
        if moment is None:
            return Reason.BAD_TIME
        place = self._places.get("product")
        order = self._id(values[self._order])
        buyer = self._id(values[self._buyer])
        product = self._id(str(self._mapping.single_product) if place is None else values[place])
        if product == "":
            return Reason.NO_PRODUCT
        if order is None or buyer is None or product is None:
            return Reason.BAD_ID
        discount, postage = self._charges(values)
        if isinstance(discount, Reason) or isinstance(postage, Reason):
            return Reason.BAD_CHARGE
        return Line(order, is_refund, moment, buyer, product, quantity, price, discount, postage)

    def _charges(self, values: tuple[str, ...]) -> tuple[int | Reason | None, int | Reason | None]:
        places = self._places
        discount = self._charge(values[places["discount"]]) if "discount" in places else None
        postage = self._charge(values[places["postage"]]) if "postage" in places else None
        return discount, postage

    def _is_nothing(self, text: str) -> bool:
        return text in self._nothing or not text.strip()

    def _read_id(self, text: str) -> str | None:
        """An id; "" where there is none, None where it is too long."""
        return "" if self._is_nothing(text) else fit_id(text)

    def _read_moment(self, text: str) -> Moment | None:
        return read_moment(text, self._mapping.time_format, self._mapping.time_zone)

    def _read_price(self, text: str) -> int | Reason:
        price = read_number(text, self._mapping)
        if price is None:
            return Reason.BAD_PRICE
        if price < 0 or (price == 0 and not self._mapping.free_lines):
            return Reason.NO_PRICE
        minor = to_minor(price, self._mapping.minor_digits)
        return minor if minor <= LIMIT else Reason.BAD_PRICE

    def _read_units(self, text: str) -> int | Reason:
        units = read_number(text, self._mapping)
        if units is None or abs(units) > MOST_UNITS or units != int(units):
            return Reason.BAD_QUANTITY
        return int(units)

    def _read_charge(self, text: str) -> int | Reason | None:
        if self._is_nothing(text):
            return None
        charge = read_number(text, self._mapping)
        if charge is None or charge < 0:
            return Reason.BAD_CHARGE
        minor = to_minor(charge, self._mapping.minor_digits)
        return minor if minor <= LIMIT else Reason.BAD_CHARGE
