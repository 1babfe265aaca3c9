"""What pages of all faces need: icons, instants for machines, countdowns, where one is, links that keep
filters.
"""

from datetime import UTC, datetime
from typing import Any

from babel.dates import format_timedelta
from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from pinback.kit import formats
from pinback.kit.ids import public_id
from pinback.rules.instants import zone

register = template.Library()


@register.filter
def instant(moment: datetime | None) -> str:
    """An instant as programs read it, in UTC."""
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def timed(moment: datetime, said: object, title: str) -> SafeString:
    """An instant in the words of `said`; `title` is for who points at it."""
    return format_html(
        '<time class="together" datetime="{}" title="{}">{}</time>', instant(moment), title, said
    )


def exact_words(moment: datetime, zone_name: str) -> str:
    """An instant exactly, on the clocks of a zone, with the zone."""
    return f"{formats.format_instant(moment, zone(zone_name), reading())} ({zone_name})"


def relative_words(moment: datetime, now: datetime) -> str:
    """An instant as people say it: `in 3 hours`, `3 hours ago`."""
    return str(format_timedelta(moment - now, add_direction=True, locale=reading(), threshold=1.5))


def reading() -> str:
    """How the reader's language writes things."""
    return formats.locale_of(get_language() or "en")


@register.filter
def public(id_: int) -> str:
    """An id as it stands in addresses."""
    return public_id(id_)


@register.simple_tag
def copy_id(id_: str) -> SafeString:
    """An id by its end, which tells it from others beside it; pressed, all of it is copied. It is all there,
    too, for who marks it, searches the page, or listens.
    """
    return format_html(
        '<button type="button" class="copy-id" data-copy="{0}" data-copied="{2}" title="{1} {0}">'
        "<bdi>{0}</bdi></button>",
        id_,
        gettext("Copy"),
        gettext("Copied"),
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the set; it says nothing by itself, words stand beside it."""
    address = static("web/dist/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', address, name)


@register.simple_tag
def countdown(until: datetime) -> SafeString:
    """The time left until an instant, counting down where scripts run; the page's server gives the start."""
    return format_html(
        '<time class="number together" role="timer" datetime="{0}" data-until="{0}">–:–:–</time>',
        instant(until),
    )


@register.simple_tag(takes_context=True)
def here(context: Any, *names: str) -> SafeString | str:
    """`aria-current` for a link to the page one is on: by the names of its addresses."""
    match = context["request"].resolver_match
    if match is not None and (match.url_name in names or context.get("place") in names):
        return format_html(' aria-current="{}"', "page")
    return ""


@register.simple_tag(takes_context=True)
def with_query(context: Any, **changes: Any) -> str:
    """The query of this page with some parts changed; None takes a part out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return str(query.urlencode())
