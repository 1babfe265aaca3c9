"""The menu of the seller center: what there is, and who may see it.

An entry leads to a page by the name of its address; `places` are further pages that belong to it. Those who
may not open a page do not find it in the menu.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop


class Entry(NamedTuple):
    """A page in the menu."""

    name: str
    label: Any
    icon: str
    permission: str
    place: str


class Section(NamedTuple):
    """Pages that belong together; `under` names the shelf inside of it, where there is one."""

    label: Any
    under: Any
    entries: Sequence[Entry]


MENU = (
    Section(
        _("Work"),
        "",
        (
            Entry("seller-shop", _("Overview"), "layout-dashboard", "shop.read", "overview"),
            Entry("seller-orders", _("Orders"), "truck", "orders.read", "orders"),
            Entry("seller-refunds", _("Refunds"), "receipt-refund", "refunds.decide", "refunds"),
            Entry("seller-products", _("Products"), "package", "shop.read", "products"),
        ),
    ),
    Section(
        _("Store marketing"),
        _("Promotion tools"),
        (
            Entry("seller-marketing", _("Group-purchase rebate"), "discount", "marketing.write", "marketing"),
            Entry(
                "seller-activities", _("Themed activities"), "calendar-event", "marketing.write", "activities"
            ),
        ),
    ),
    Section(
        _("Figures and money"),
        "",
        (
            Entry("seller-reports", _("Reports"), "chart-bar", "reports.read", "reports"),
            Entry("seller-funds", _("Funds"), "wallet", "funds.read", "funds"),
        ),
    ),
    Section(
        _("Shop"),
        "",
        (
            Entry("seller-settings", _("Settings"), "settings", "staff.write", "settings"),
            Entry("seller-staff", _("Staff"), "users", "staff.write", "staff"),
            Entry("seller-keys", _("Keys"), "key", "keys.write", "keys"),
            Entry("seller-hooks", _("Webhooks"), "webhook", "webhooks.write", "hooks"),
        ),
    ),
)


def menu_for(actor: Actor, shop: Shop) -> Sequence[Section]:
    """The part of the menu that somebody may open in a shop."""
    found = []
    for section in MENU:
        entries = [entry for entry in section.entries if actor.may(shop.pk, entry.permission)]
        if entries:
            found.append(section._replace(entries=entries))
    return found
