"""The statement as a CSV file, for a spreadsheet: times are the shop's local ones, amounts plain numbers."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from pinback.accounts.models import Shop
from pinback.marketing.funds import tables
from pinback.marketing.funds.statement import Filter, all_lines
from pinback.rules.instants import zone


def statement_csv(shop: Shop, wanted: Filter) -> Iterator[str]:
    """The statement as CSV, line by line, the oldest first."""
    local = zone(shop.timezone)
    heads = [_("Time"), _("Account"), _("What"), _("Order"), _("Campaign"), _("Amount"), _("Balance")]
    heads += [_("Other account"), _("Event")]
    return tables.csv_lines(
        heads,
        (
            (
                line.at.astimezone(local).isoformat(sep=" "),
                line.account,
                line.what,
                line.order or "",
                line.campaign or "",
                tables.Amount(line.amount_minor),
                tables.Amount(line.balance_minor),
                line.other,
                line.event,
            )
            for line in all_lines(shop, wanted)
        ),
    )
