"""What the seller center's templates need: the menu, and the words for what they show."""

from datetime import UTC, datetime, timedelta
from typing import Any

from babel.dates import format_timedelta
from django import template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pinback.checkout.pages import OrderPage
from pinback.web.seller import words
from pinback.web.seller.menu import menu_for
from pinback.web.sessions import visitor_of
from pinback.web.templatetags.pages import exact_words, reading, relative_words, timed

register = template.Library()


@register.simple_tag(takes_context=True)
def shop_menu(context: Any) -> Any:
    """The sections of the menu, each with its entries and where they lead, for whoever reads the page."""
    request = context["request"]
    actor = visitor_of(request).actor
    if actor is None:
        return []
    return [
        (section, [(entry, _address(entry.name, request.shop.name)) for entry in section.entries])
        for section in menu_for(actor, request.shop)
    ]


def _address(name: str, shop: str) -> str:
    return reverse(name, kwargs={"shop": shop})


@register.simple_tag(takes_context=True)
def relative(context: Any, moment: datetime | None) -> SafeString | str:
    """An instant as people say it, `in 3 hours`, and exactly, in the shop's zone, for who points at it."""
    if moment is None:
        return ""
    shown_zone = context["request"].shop.timezone
    return timed(moment, relative_words(moment, _now(context)), exact_words(moment, shown_zone))


@register.simple_tag(takes_context=True)
def left(context: Any, until: datetime | None) -> SafeString | str:
    """How long there is until a deadline, or how long it is over; exactly, in the shop's zone, for who points
    at it.
    """
    if until is None:
        return ""
    span = until - _now(context)
    said = _("{time} left") if span > timedelta() else _("{time} late")
    said = said.format(time=format_timedelta(abs(span), locale=reading(), threshold=1.5))
    return timed(until, said, exact_words(until, context["request"].shop.timezone))


@register.simple_tag(takes_context=True)
def seller_address(context: Any, name: str) -> str:
    """Where a page of the shop is, by its name."""
    return _address(name, context["request"].shop.name)


@register.simple_tag(takes_context=True)
def near(context: Any, moment: datetime | None) -> str:
    """The class of a deadline that is so near, or over, that somebody has to see to it today."""
    return "is-near" if moment is not None and moment - _now(context) < timedelta(hours=12) else ""


def _now(context: Any) -> datetime:
    """The moment of the page, asked for once."""
    now: datetime = context["now"].astimezone(UTC)
    return now


@register.filter
def rebate_words(page: OrderPage) -> Any:
    """How an order's rebate came out, for its shop."""
    return words.rebate_of(page)


@register.filter
def parcel_words(status: str) -> Any:
    """How a parcel stands."""
    return words.PARCELS.get(status, status)


@register.filter
def money_words(code: str) -> Any:
    """Where money is that goes to a buyer."""
    return words.MONEY[code]


@register.filter
def compensation_reason(code: str) -> Any:
    """Why a shop made something up."""
    return words.COMPENSATION_REASONS.get(code, code)


@register.filter
def bought_how(kind: str) -> Any:
    """Whether an order was bought alone or in a group."""
    return words.KINDS[kind]


@register.filter
def negative(amount_minor: int) -> int:
    """An amount that goes the other way."""
    return -amount_minor


@register.filter
def shop_case_words(state: str) -> Any:
    """What the state of a case means to the shop."""
    return words.CASE_STATES[state]


@register.filter
def shop_case_next(state: str) -> Any:
    """What happens with a case when nobody does anything."""
    return words.CASE_NEXT[state]


@register.filter
def product_status(status: str) -> Any:
    """Whether a product is on sale."""
    return words.PRODUCT_STATUSES[status]


@register.filter
def product_tone(status: str) -> str:
    """The colour of a product's status."""
    return words.PRODUCT_TONES[status]
