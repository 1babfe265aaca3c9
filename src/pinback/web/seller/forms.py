"""What shops type in: a shop's name, products and variants, parcels, decisions and what makes up for
something.
"""

from django import forms
from django.utils.translation import gettext_lazy as _

from pinback.web.forms import Form


class OpenShopForm(Form):
    """A new shop."""

    title = forms.CharField(label=_("Title"), max_length=60, help_text=_("What buyers read."))
    name = forms.CharField(
        label=_("Name in addresses"),
        max_length=40,
        help_text=_("2 to 40 lower-case letters, digits and hyphens; it stays for good."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    timezone = forms.CharField(
        label=_("Time zone"),
        max_length=40,
        initial="Asia/Shanghai",
        help_text=_("Its days and months begin at midnight there."),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )


class ShopForm(Form):
    """What a shop says of itself."""

    title = forms.CharField(label=_("Title"), max_length=60)
    about = forms.CharField(
        label=_("About the shop"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": 2000}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
