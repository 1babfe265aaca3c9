"""What the storefront's templates say of orders and vouchers, and where pictures are."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from pinback.catalog.pictures import WIDTHS
from pinback.checkout.pages import OrderPage
from pinback.checkout.refunds import VoucherEffect
from pinback.groups.models import Group
from pinback.groups.rules import masked
from pinback.web.storefront import words

register = template.Library()


@register.filter
def step_words(page: OrderPage) -> Any:
    """What happens next with an order."""
    return words.STEPS[page.step]


@register.filter
def step_tone(page: OrderPage) -> str:
    """The colour of what happens next."""
    return words.TONES[page.step]


@register.filter
def closed_words(page: OrderPage) -> Any:
    """Why an order was closed."""
    return words.CLOSED_WHY.get(page.order.closed_why, "")


@register.filter
def rebate_words(page: OrderPage) -> Any:
    """How the rebate of an order came out, and why."""
    if page.state.rebate == "none" and page.state.status in ("cancelled", "refunded"):
        return words.NO_DEAL
    return words.REBATES.get((page.state.rebate, page.state.reason), "")


@register.filter
def voucher_words(status: str) -> Any:
    """What a voucher's status means to its owner."""
    return words.VOUCHERS[status]


@register.filter
def voucher_why(why: str) -> Any:
    """Why a voucher cannot be used now."""
    return words.VOUCHER_WHY[why]


@register.filter
def voucher_tone(status: str) -> str:
    """The colour of a voucher's status."""
    return words.VOUCHER_TONES[status]


@register.filter
def money_words(code: str) -> Any:
    """Where the money of a refund is."""
    return words.MONEY[code]


@register.filter
def parcel_words(code: str) -> Any:
    """What became of a parcel, or what its carrier says."""
    return words.PARCELS.get(code, code)


@register.filter
def parcel_tone(status: str) -> str:
    """The colour of what became of a parcel."""
    return words.PARCEL_TONES[status]


@register.filter
def picture_address(picture: Any) -> str:
    """Where a picture is."""
    return reverse("picture", kwargs={"name": picture.file})


@register.filter
def picture_at(picture: Any, width: int) -> str:
    """Where a picture is that is at most so wide."""
    return reverse("sized-picture", kwargs={"width": width, "name": picture.file})


@register.filter
def srcset(picture: Any) -> str:
    """A large picture in the widths that a screen can choose from."""
    return ", ".join(f"{picture_at(picture, width)} {width}w" for width in WIDTHS[1:])


@register.filter
def seats_left(group: Group) -> int:
    """How many buyers a group still needs."""
    return int(group.size - group.seats_taken)


@register.filter
def at(found: Any, key: Any) -> Any:
    """What a mapping has for a key."""
    return found.get(key)


@register.filter
def case_words(state: str) -> Any:
    """What the state of a case means to the buyer."""
    return words.CASE_STATES[state]


@register.filter
def case_next(state: str) -> Any:
    """What happens next with a case."""
    return words.CASE_NEXT[state]


@register.filter
def case_tone(state: str) -> str:
    """The colour of the state of a case."""
    return words.CASE_TONES[state]


@register.filter
def case_kind(kind: str) -> Any:
    """What a case asks for."""
    return words.CASE_KINDS[kind]


@register.filter
def reason_words(reason: str) -> Any:
    """Why a buyer asks for a refund."""
    return words.REASONS.get(reason, reason)


@register.filter
def case_money(code: str) -> Any:
    """Where the money of a case or a compensation is."""
    return words.CASE_MONEY[code]


@register.filter
def after_refund(effect: VoucherEffect, earned_code: str | None) -> Any:
    """What a refund does to a voucher: the one that the order earned, or the one that paid for it."""
    found = words.EARNED_AFTER_REFUND if effect.code == earned_code else words.USED_AFTER_REFUND
    return found.get(effect.status, "")


@register.filter
def masked_name(name: str) -> str:
    """A name as strangers see it."""
    return masked(name)


@register.filter
def out_of_five(stars: float) -> SafeString:
    """Stars, as a row of five: the words for those who listen."""
    full = round(stars)
    words_for = gettext("%(stars)s of 5 stars") % {"stars": f"{stars:g}"}
    return format_html(
        '<span class="stars" role="img" aria-label="{}">{}<span class="stars-off">{}</span></span>',
        words_for,
        "★" * full,
        "★" * (5 - full),
    )
