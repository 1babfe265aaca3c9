"""How money, numbers, months and instants are written in each language; Babel knows.

Money is in whole minor units: `¥12.34`, `£1,234.50`, `¥1,200` where a yen has no hundredth. An installation
has one currency: the letters that tell one country's sign from another's (`CN¥`, `US$`) say nothing, and go.
"""

import re
from datetime import date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
)

_WRITTEN_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]+))?")
_COUNTRY_LETTERS = re.compile(r"^[A-Z]+(?=[^A-Z\s])")
_SIGN = "¤"


def locale_of(language: str) -> str:
    """Babel's name for a language of ours, `en` or one that begins with `zh`."""
    return "zh_Hans_CN" if language.lower().startswith("zh") else "en_GB"


def minor_digits(currency: str) -> int:
    """How many digits of an amount in minor units stand behind the decimal mark."""
    return int(get_currency_precision(currency))


def read_money(text: str, currency: str) -> int:
    """An amount written in whole units, such as `19.9`, in minor units: 1990. No float is on the way.

    Raises ValueError for a sign, an exponent, a thousands mark, or more decimals than the currency has.
    """
    digits = minor_digits(currency)
    found = _WRITTEN_AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no amount such as 19.90")
    whole, decimals = found[1], found[2] or ""
    if len(decimals) > digits:
        raise ValueError(f"{text!r} has more than {digits} decimals")
    amount_minor: int = int(whole) * 10**digits + int(decimals.ljust(digits, "0") or 0)
    return amount_minor


def format_money(amount_minor: int, currency: str, locale: str) -> str:
    """An amount in minor units of a currency, with a minus sign that is as wide as a digit."""
    amount = Decimal(amount_minor).scaleb(-minor_digits(currency))
    return _wide_minus(format_currency(amount, currency, _pattern(currency, locale), locale))


@lru_cache(maxsize=64)
def _pattern(currency: str, locale: str) -> str:
    """The pattern of the language, with the currency's short sign written out in it."""
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    sign = _COUNTRY_LETTERS.sub("", get_currency_symbol(currency, locale))
    return str(pattern).replace(_SIGN, f"'{sign}'")


def format_number(number: int, locale: str) -> str:
    """A whole number with its thousands apart."""
    return _wide_minus(format_decimal(number, locale=locale))


def format_share(share: Fraction, locale: str) -> str:
    """A share as a percentage with one decimal."""
    ratio = Decimal(share.numerator) / Decimal(share.denominator)
    return format_percent(ratio, format="0.0%", locale=locale)


def format_month(month: str, locale: str) -> str:
    """A month, `YYYY-MM`, by its short name."""
    return format_skeleton("yMMM", date(int(month[:4]), int(month[5:]), 1), locale=locale)


def format_day(day: date, locale: str) -> str:
    """A day by date."""
    return format_date(day, "medium", locale=locale)


def format_instant(instant: datetime, zone: tzinfo, locale: str) -> str:
    """The date and the time to the minute at an instant, as clocks in `zone` show them."""
    local = instant.astimezone(zone)
    return f"{format_date(local, 'medium', locale=locale)} {format_datetime(local, 'HH:mm', locale=locale)}"


def format_weekday(instant: datetime, zone: tzinfo, locale: str) -> str:
    """The day of the week and the time at an instant, as clocks in `zone` show them: `Wednesday 0:00`."""
    return str(format_datetime(instant.astimezone(zone), "EEEE H:mm", locale=locale))


def _wide_minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
