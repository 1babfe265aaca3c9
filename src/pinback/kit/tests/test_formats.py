"""How money, numbers and instants are written, in both languages."""

from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from pinback.kit import formats

ENGLISH, CHINESE = formats.locale_of("en"), formats.locale_of("zh-hans")


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (1234, "CNY", "¥12.34"),
        (0, "CNY", "¥0.00"),
        (5, "GBP", "£0.05"),
        (-123_456, "GBP", "−£1,234.56"),
        (10**15 + 1, "CNY", "¥10,000,000,000,000.01"),
        (1234, "USD", "$12.34"),
        (1234, "JPY", "¥1,234"),
        (1234, "KWD", "KWD1.234"),
    ],
)
def test_money(amount_minor: int, currency: str, written: str) -> None:
    assert formats.format_money(amount_minor, currency, ENGLISH) == written
    assert formats.format_money(amount_minor, currency, CHINESE) == written


def test_an_unknown_currency_is_named() -> None:
    assert formats.format_money(1234, "XQX", ENGLISH) == "XQX12.34"


def test_numbers_and_shares() -> None:
    assert formats.format_number(-1_234_567, ENGLISH) == "−1,234,567"
    assert formats.format_share(Fraction(1, 3), ENGLISH) == "33.3%"
    assert formats.format_share(Fraction(0), CHINESE) == "0.0%"
    assert formats.format_share(Fraction(1), CHINESE) == "100.0%"


@pytest.mark.parametrize(
    ("locale", "month", "day", "instant"),
    [
        (ENGLISH, "Feb 2026", "3 Feb 2026", "3 Feb 2026 00:30"),
        (CHINESE, "2026年2月", "2026年2月3日", "2026年2月3日 00:30"),
    ],
)
def test_months_days_and_instants(locale: str, month: str, day: str, instant: str) -> None:
    assert formats.format_month("2026-02", locale) == month
    assert formats.format_day(date(2026, 2, 3), locale) == day
    at = datetime(2026, 2, 2, 16, 30, tzinfo=UTC)
    assert formats.format_instant(at, ZoneInfo("Asia/Shanghai"), locale) == instant


@pytest.mark.parametrize(
    ("language", "locale"), [("en", "en_GB"), ("zh-hans", "zh_Hans_CN"), ("zh_Hans", "zh_Hans_CN")]
)
def test_languages_have_locales(language: str, locale: str) -> None:
    assert formats.locale_of(language) == locale


@pytest.mark.parametrize(
    ("text", "fen"),
    [("19.9", 1990), ("8.8", 880), ("0.29", 29), ("1.1", 110), ("4.35", 435), ("19.90", 1990), ("7", 700)],
)
def test_w039_a_written_amount_is_read_without_floats(text: str, fen: int) -> None:
    assert formats.read_money(text, "CNY") == fen


@pytest.mark.parametrize("text", ["1.005", "1e3", "-1", "", "1,000", "٣", ".5", "5.", "¥5", "NaN"])
def test_w039_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        formats.read_money(text, "CNY")


def test_a_yen_has_no_decimals() -> None:
    assert formats.read_money("1200", "JPY") == 1200
    with pytest.raises(ValueError, match="0 decimals"):
        formats.read_money("1200.0", "JPY")
