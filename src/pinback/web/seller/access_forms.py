"""Who and what may act for a shop: staff and their roles, keys and their scopes, and where news is sent."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinback.accounts.models import Shop
from pinback.accounts.rules import SCOPES
from pinback.api.models import Endpoint
from pinback.api.webhooks.delivering import PAUSED_TOPIC
from pinback.rules.instants import zone
from pinback.settlement.recording import TOPIC
from pinback.web.forms import Form
from pinback.web.seller import words

PERMISSIONS = {
    "shop.read": _("See the shop and its products"),
    "catalog.write": _("Change products and stock"),
    "orders.read": _("See orders"),
    "orders.ship": _("Ship orders"),
    "refunds.decide": _("Decide refunds"),
    "compensation.pay": _("Make up for something with money"),
    "marketing.write": _("Plan, pay and stop campaigns"),
    "funds.read": _("See balances and the statement"),
    "funds.pay_out": _("Ask for payouts"),
    "staff.write": _("Change the shop's settings and staff"),
    "keys.write": _("Make and revoke keys"),
    "events.write": _("Send in orders and refunds of another system, if the operator allows it"),
    "decisions.read": _("Read what was decided, and messages"),
    "webhooks.write": _("Set up webhooks"),
    "reports.read": _("See reports"),
}
"""By `accounts.rules.Permission`: what a role or a key may do."""

TOPICS = {
    TOPIC: _("What happens to vouchers, orders and refunds"),
    PAUSED_TOPIC: _("A webhook was paused"),
}


class StaffForm(Form):
    """Somebody who is to work for the shop."""

    login = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        help_text=_("With which they are registered here."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=tuple(words.ROLES.items()), initial="service")


class RoleForm(Form):
    """Another role."""

    role = forms.ChoiceField(label=_("Role"), choices=tuple(words.ROLES.items()))


class KeyForm(Form):
    """A key to make."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("The program that it is for."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope, label) for scope, label in PERMISSIONS.items() if scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that it may do.")},
    )
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Without one, it ends when you revoke it."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def expires_at(self, shop: Shop) -> datetime | None:
        """The midnight at which its last day in the shop's zone is over."""
        until = self.cleaned_data["until"]
        if until is None:
            return None
        return datetime.combine(until + timedelta(days=1), time(), zone(shop.timezone))


class EndpointForm(Form):
    """Where news is sent, and which."""

    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("It begins with https:// and answers with 2xx."),
        widget=forms.TextInput(
            attrs={
                "inputmode": "url",
                "autocomplete": "off",
                "placeholder": "https://",
                "spellcheck": "false",
            }
        ),
    )
    topics = forms.MultipleChoiceField(
        label=_("News"),
        choices=tuple(TOPICS.items()),
        required=False,
        help_text=_("All of it, if none is chosen."),
        widget=forms.CheckboxSelectMultiple,
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, endpoint: Endpoint, *args: Any) -> "EndpointForm":
        """Filled in with an endpoint as it is."""
        kept = {"url": endpoint.url, "topics": endpoint.topics, "version": endpoint.version}
        return cls(*args, initial=kept)


class ReplayForm(Form):
    """Messages to send again, by their positions, both included."""

    first = forms.IntegerField(label=_("From position"), min_value=1, max_value=2**63 - 1)
    last = forms.IntegerField(label=_("To position"), min_value=1, max_value=2**63 - 1)
