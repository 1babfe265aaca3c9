"""Filters of the reports and of the statement, and asking for a payout."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinback.accounts.models import Shop
from pinback.insight.sales import Months
from pinback.marketing.funds.statement import Filter
from pinback.rules.instants import zone
from pinback.web.forms import Form, MoneyField

ACCOUNTS = (("sales", _("Proceeds")), ("marketing", _("Marketing balance")))


def _month(label: Any) -> forms.RegexField:
    return forms.RegexField(
        r"^20[0-9]{2}-(0[1-9]|1[0-2])$",
        label=label,
        required=False,
        error_messages={"invalid": _("Write a month such as 2026-11.")},
        widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-11"}),
    )


class SalesFilter(Form):
    """Which months, and of which product."""

    first = _month(_("From"))
    last = _month(_("To"))
    product = forms.ChoiceField(label=_("Product"), required=False)

    def __init__(self, products: Sequence[tuple[str, str]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["product"].choices = [("", _("All products")), *products]  # type: ignore[attr-defined]

    def months(self) -> Months:
        """What is wanted; what cannot be read is left out, and said at its field."""
        self.is_valid()
        given = self.cleaned_data
        return Months(given.get("first") or None, given.get("last") or None, given.get("product") or None)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class StatementFilter(Form):
    """Which account, and which local days, both included."""

    account = forms.ChoiceField(
        label=_("Account"), required=False, choices=(("", _("Both balances")), *ACCOUNTS)
    )
    first = _day(_("From"))
    last = _day(_("To"))

    def lines(self, shop: Shop) -> Filter:
        """What is wanted, from midnight to midnight in the shop's zone."""
        self.is_valid()
        given = self.cleaned_data
        local = zone(shop.timezone)
        first, last = given.get("first"), given.get("last")
        return Filter(
            given.get("account") or None,
            datetime.combine(first, time(), local) if first else None,
            datetime.combine(last + timedelta(days=1), time(), local) if last else None,
        )


class PayoutForm(Form):
    """An amount to be paid out."""

    account = forms.ChoiceField(label=_("Account"), choices=ACCOUNTS)
    amount_minor = MoneyField(label=_("Amount"), least_minor=1)
