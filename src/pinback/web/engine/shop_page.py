"""What the page of a shop shows beside the figures themselves: charts, and bars made of parts.

A chart is data in the form that frontend/report.js documents. A bar of parts is plain HTML, so it is there
without scripts; it says by colour what the table below it says in words and figures.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _

from pinback.insight import words
from pinback.insight.figures import CampaignFigures, ShopReport
from pinback.kit import formats

SHOWN_CAMPAIGNS = 6
SHOWN_MONTHS = 36

# One colour has one meaning on the whole page; the names are those of the style sheet.
TONES = {
    "not_issued": "waiting",
    "returned": "gone",
    "outstanding": "ready",
    "taken_back": "back",
    "expired": "gone",
    "spent": "spent",
    "available": "ready",
    "locked": "held",
    "used": "spent",
    "frozen": "frozen",
    "reclaimed": "back",
}


@dataclass(frozen=True)
class Chart:
    """A chart: the id of its data in the page, and the data."""

    id: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of a bar: what it is, how large it is among the others, its amount, and how it is coloured."""

    label: str
    size: int
    amount_minor: int
    tone: str


@dataclass(frozen=True)
class CampaignCard:
    """A campaign with its burn-down, if it ever ran, and the parts of its fee."""

    campaign: CampaignFigures
    status: str
    chart: Chart | None
    fee_parts: tuple[Part, ...]
    came_back_minor: int


class ShopPage:
    """The charts and bars of a shop's report, in the reader's language."""

    def __init__(self, report: ShopReport) -> None:
        self._locale = formats.locale_of(get_language() or "en")
        self._report = report
        self.months = report.months[-SHOWN_MONTHS:]
        self.cards = tuple(
            self._card(place, campaign) for place, campaign in enumerate(report.campaigns[:SHOWN_CAMPAIGNS])
        )
        self.other_campaigns = tuple(
            self._card(place, campaign)
            for place, campaign in enumerate(report.campaigns[SHOWN_CAMPAIGNS:], start=SHOWN_CAMPAIGNS)
        )
        self.voucher_parts = tuple(
            Part(
                gettext(words.VOUCHER_STATUSES[figure.status]),
                figure.number,
                figure.amount_minor,
                TONES[figure.status],
            )
            for figure in report.vouchers
        )
        self.vouchers = sum(figure.number for figure in report.vouchers)
        self.vouchers_minor = sum(figure.amount_minor for figure in report.vouchers)
        self.fees_minor = sum(campaign.fee_minor for campaign in report.campaigns if campaign.funded)
        self.spent_minor = sum(campaign.spent_minor for campaign in report.campaigns)
        self.rebate_orders = sum(outcome.orders for outcome in report.rebates)
        # Most shops have no voucher of another shop: their table does without the line.
        self.accounts = tuple(
            account
            for account in report.money.accounts
            if account.account != "other_shops" or account.balance_minor
        )

    @property
    def units_chart(self) -> Chart:
        """Units sold by month."""
        description = _("Units sold by month of receipt, as they stand now, in {shop}.")
        return self._month_chart(
            "chart-units", description, _("Units sold"), [month.units for month in self.months]
        )

    @property
    def cash_chart(self) -> Chart:
        """Cash kept by month."""
        description = _("Cash of received orders less refunds, by month of receipt, in {shop}.")
        chart = self._month_chart(
            "chart-cash", description, _("Cash kept"), [month.cash_minor for month in self.months]
        )
        currency = settings.PINBACK_CURRENCY
        chart.data["format"] = {"currency": currency, "minor_digits": formats.minor_digits(currency)}
        return chart

    def _month_chart(self, id_: str, description: str, name: str, values: list[int]) -> Chart:
        return Chart(
            id_,
            {
                "type": "bar",
                "description": description.format(shop=self._report.shop),
                "categories": [formats.format_month(month.month, self._locale) for month in self.months],
                "series": [{"name": name, "values": values, "colour": "sales"}],
            },
        )

    def _card(self, place: int, campaign: CampaignFigures) -> CampaignCard:
        parts = tuple(
            Part(gettext(label), amount, amount, TONES[part])
            for part, label in words.FEE_PARTS.items()
            if (amount := getattr(campaign, f"{part}_minor"))
        )
        ran = campaign.status in {"running", "ended"} and len(campaign.burn_down) > 1
        return CampaignCard(
            campaign=campaign,
            status=gettext(words.campaign_status(campaign.status, campaign.reason)),
            chart=self._burn_down(place, campaign) if ran else None,
            fee_parts=parts if campaign.funded else (),
            came_back_minor=campaign.taken_back_minor + campaign.expired_minor + campaign.returned_minor,
        )

    def _burn_down(self, place: int, campaign: CampaignFigures) -> Chart:
        description = _(
            "Vouchers that campaign {campaign} had left, day by day: {first} at first, {last} at last."
        )
        values = [remaining.vouchers for remaining in campaign.burn_down]
        return Chart(
            f"chart-burn-down-{place + 1}",
            {
                "type": "line",
                "description": description.format(
                    campaign=campaign.campaign,
                    first=formats.format_number(values[0], self._locale),
                    last=formats.format_number(values[-1], self._locale),
                ),
                "categories": [
                    formats.format_day(remaining.day, self._locale) for remaining in campaign.burn_down
                ],
                "series": [{"name": _("Vouchers left"), "values": values, "area": True, "colour": "accent"}],
            },
        )
