"""What the seller center's templates need: the menu, and the words for what they show."""

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from pinback.web.seller.menu import menu_for
from pinback.web.sessions import visitor_of

register = template.Library()


@register.simple_tag(takes_context=True)
def shop_menu(context: Any) -> Any:
    """The sections of the menu, each with its entries and where they lead, for whoever reads the page."""
    request = context["request"]
    actor = visitor_of(request).actor
    return [
        (section, [(entry, _address(entry.name, request.shop.name)) for entry in section.entries])
        for section in menu_for(actor, request.shop)
    ]


def _address(name: str, shop: str) -> str:
    try:
        return reverse(name, kwargs={"shop": shop})
    except NoReverseMatch:
        return ""
