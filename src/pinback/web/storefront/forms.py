"""Forms of the storefront."""

from django import forms
from django.utils.translation import gettext_lazy as _

from pinback.web.forms import Form


class OrderForm(Form):
    """Where an order goes, and how many units. What it costs is asked of the shop, never of this form."""

    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=999, initial=1)
    recipient = forms.CharField(
        label=_("Recipient"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = forms.CharField(
        label=_("Phone"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"})
    )
    region = forms.CharField(
        label=_("Province, city, district"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "address-level1"}),
    )
    street = forms.CharField(
        label=_("Street and number"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    note = forms.CharField(label=_("Note for the shop"), max_length=200, required=False)
    move_if_full = forms.BooleanField(
        label=_("If the group is full when I pay, take another one of this product"),
        required=False,
        initial=True,
    )
