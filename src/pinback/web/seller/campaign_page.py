"""What the page of a campaign shows beside its figures: the verdict, its burn-down, and where its fee went.

A chart is data in the form that frontend/report.js documents.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _

from pinback.insight import words
from pinback.insight.campaign_report import CampaignReport
from pinback.insight.figures import CampaignFigures
from pinback.kit import formats
from pinback.web.engine.shop_page import TONES, Chart, Part


@dataclass(frozen=True)
class Step:
    """A step of the funnel: its number, how wide its bar is of the widest (in %), and how many came so far
    by a shared link.
    """

    label: Any
    number: int
    width: int
    by_link: int | None


@dataclass(frozen=True)
class CampaignPage:
    """The report of a campaign, as it is drawn."""

    report: CampaignReport
    chart: Chart | None
    fee_parts: tuple[Part, ...]
    voucher_parts: tuple[Part, ...]
    steps: tuple[Step, ...]

    @property
    def refunded_share(self) -> Fraction:
        """Of the orders inside, those with a refund."""
        orders = self.report.orders
        return Fraction(orders.refunded, orders.number) if orders.number else Fraction(0)

    @property
    def cost_of_extra_minor(self) -> int | None:
        """The net cost for each extra order; None: there is none."""
        extra = self.report.brought.extra
        return self.report.net_cost_minor // extra if extra > 0 else None

    @property
    def came_back_minor(self) -> int:
        """What of the fee is the shop's again."""
        figures = self.report.figures
        return figures.taken_back_minor + figures.expired_minor + figures.returned_minor


def page_of(report: CampaignReport, name: str) -> CampaignPage:
    """The report of a campaign with a name, in the reader's language."""
    figures = report.figures
    return CampaignPage(
        report,
        _burn_down(figures, name) if figures.burn_down and report.window else None,
        tuple(
            Part(gettext(label), amount, amount, TONES[part])
            for part, label in words.FEE_PARTS.items()
            if (amount := getattr(figures, f"{part}_minor"))
        ),
        tuple(
            Part(gettext(words.VOUCHER_STATUSES[one.status]), one.number, one.amount_minor, TONES[one.status])
            for one in figures.vouchers
            if one.number
        ),
        _steps(report),
    )


def _steps(report: CampaignReport) -> tuple[Step, ...]:
    funnel = report.funnel
    rows = (
        (_("Visits"), funnel.visits, None),
        (_("Groups opened"), funnel.groups, funnel.groups_by_link),
        (_("Orders"), funnel.orders, funnel.orders_by_link),
    )
    most = max(1, *(number for _label, number, _by_link in rows))
    return tuple(Step(label, number, 100 * number // most, by_link) for label, number, by_link in rows)


def _burn_down(figures: CampaignFigures, name: str) -> Chart:
    locale = formats.locale_of(get_language() or "en")
    values = [remaining.vouchers for remaining in figures.burn_down]
    days = [formats.format_day(remaining.day, locale) for remaining in figures.burn_down]
    if len(days) == 1:
        # A line needs two ends: the day began with all vouchers.
        values, days = [figures.quantity, *values], [_("At the start"), *days]
    description = _("Vouchers that {campaign} had left, day by day: {first} at first, {last} at last.")
    return Chart(
        "chart-burn-down",
        {
            "type": "line",
            "description": description.format(
                campaign=name,
                first=formats.format_number(values[0], locale),
                last=formats.format_number(values[-1], locale),
            ),
            "categories": days,
            "series": [{"name": _("Vouchers left"), "values": values, "area": True, "colour": "accent"}],
        },
    )
