"""Figures in templates, as the reader's language writes them: `{{ amount|money }}`."""

from datetime import date, datetime
from fractions import Fraction

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from pinback.insight import words
from pinback.insight.figures import RebateOutcome
from pinback.kit import clock, formats
from pinback.rules.instants import zone
from pinback.web.templatetags.pages import reading, relative_words, timed

register = template.Library()


def _together(text: str) -> SafeString:
    """Text that no line break may split: Chinese ones may stand anywhere else."""
    return format_html('<span class="together">{}</span>', text)


@register.filter
def money(amount_minor: int) -> str:
    """An amount in the currency of this installation."""
    return formats.format_money(amount_minor, settings.PINBACK_CURRENCY, reading())


@register.filter
def count(number: int) -> str:
    """A number of things."""
    return formats.format_number(number, reading())


@register.filter
def share(part: Fraction) -> str:
    """A share as a percentage."""
    return formats.format_share(part, reading())


@register.filter
def month(name: str) -> str:
    """A month, `YYYY-MM`."""
    return formats.format_month(name, reading())


@register.filter
def day(day: date) -> str:
    """A day, on one line."""
    return _together(formats.format_day(day, reading()))


@register.filter
def moment(instant: datetime | None, zone_name: str) -> str:
    """An instant on the clocks of a zone, on one line."""
    return "" if instant is None else _together(formats.format_instant(instant, zone(zone_name), reading()))


@register.simple_tag
def exactly(instant: datetime, zone_name: str) -> SafeString:
    """An instant on the clocks of a zone, for records in which the second counts; for who points at it how
    long ago it was.
    """
    title = f"{relative_words(instant, clock.now())} ({zone_name})"
    return timed(instant, formats.format_instant(instant, zone(zone_name), reading()), title)


@register.filter
def weekday(instant: datetime, zone_name: str) -> str:
    """The day of the week and the time on the clocks of a zone, on one line."""
    return _together(formats.format_weekday(instant, zone(zone_name), reading()))


@register.filter
def order_status(code: str) -> str:
    """The words for an order's status."""
    return gettext(words.ORDER_STATUSES[code])


@register.filter
def rebate_outcome(outcome: RebateOutcome) -> str:
    """The words for how an order's rebate came out."""
    return gettext(words.rebate_outcome(outcome.rebate, outcome.reason))


@register.filter
def account(code: str) -> str:
    """The words for an account."""
    return gettext(words.ACCOUNTS[code])


@register.filter
def flow(code: str) -> str:
    """The words for what money came in or went out for."""
    return gettext(words.FLOWS[code])
