"""The menu of the operator's console: what there is, by the work it is for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext_lazy as _


class Entry(NamedTuple):
    """A page in the menu; `place` is how pages that belong to it name themselves."""

    name: str
    label: Any
    icon: str
    place: str


class Section(NamedTuple):
    """Pages that belong together."""

    label: Any
    entries: Sequence[Entry]


MENU = (
    Section(
        _("Work"),
        (
            Entry("operator", _("Overview"), "layout-dashboard", "overview"),
            Entry("operator-cases", _("Refunds to decide"), "gavel", "cases"),
            Entry("operator-money-out", _("Money that failed"), "receipt-refund", "money_out"),
            Entry("operator-payouts", _("Payouts"), "cash", "payouts"),
            Entry("operator-anomalies", _("What does not add up"), "alert-triangle", "anomalies"),
        ),
    ),
    Section(
        _("Market"),
        (
            Entry("operator-shops", _("Shops"), "building-store", "shops"),
            Entry("operator-people", _("People"), "users", "people"),
            Entry("operator-standards", _("Standards"), "adjustments", "standards"),
            Entry("operator-activities", _("Themed activities"), "calendar-event", "activities"),
            Entry("operator-risk", _("Risk"), "eye", "risk"),
        ),
    ),
    Section(
        _("Books"),
        (
            Entry("operator-ledger", _("Ledger"), "report-money", "ledger"),
            Entry("operator-audits", _("Audit"), "shield-check", "audits"),
        ),
    ),
    Section(
        _("Installation"),
        (
            Entry("operator-hooks", _("Webhooks"), "webhook", "hooks"),
            Entry("operator-settings", _("Settings"), "settings", "settings"),
            Entry("operator-clock", _("Sandbox clock"), "clock", "clock"),
        ),
    ),
)


def menu() -> Sequence[Section]:
    """The menu of this installation: outside the sandbox nobody sets a clock."""
    if settings.PINBACK_SANDBOX:
        return MENU
    return [
        section._replace(entries=[entry for entry in section.entries if entry.place != "clock"])
        for section in MENU
    ]
