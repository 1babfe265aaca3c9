"""What shops type in: a shop's name, products and variants, parcels, decisions and what makes up for
something.
"""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from pinback.catalog.actions import NewSku, ProductTerms, SkuTerms
from pinback.catalog.models import Product, Sku
from pinback.catalog.rules import MOST_PRICE_MINOR, MOST_STOCK
from pinback.checkout.finding import OrderFilter
from pinback.kit.ids import id_of, public_id
from pinback.kit.refusals import Refused
from pinback.web.forms import Form, MoneyField
from pinback.web.seller import words
from pinback.web.storefront.forms import photos

MOST_BYTES: Final = 2**20
"""A table of 2,000 parcels is far below it."""


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


class LimitsForm(Form):
    """How much staff may give to make up for something."""

    order_minor = MoneyField(label=_("For one order, at most"))
    day_minor = MoneyField(label=_("For all orders within 24 hours, at most"))
    version = forms.IntegerField(widget=forms.HiddenInput(attrs={"id": "id_limits_version"}))


class OrderFilterForm(Form):
    """Which orders are looked for. What is wrong in an address counts as not said."""

    work = forms.ChoiceField(
        label=_("Status"), choices=[("", _("All")), *words.WORKS.items()], required=False
    )
    q = forms.CharField(
        label=_("Order, name, phone, product or tracking number"), max_length=100, required=False
    )
    product = forms.CharField(max_length=13, required=False)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def wanted(self) -> OrderFilter:
        """As checkout takes it."""
        self.is_valid()
        given = self.cleaned_data
        return OrderFilter(
            work=given.get("work") or None,
            words=given.get("q", ""),
            product=_id(given.get("product", "")),
            first=given.get("first"),
            last=given.get("last"),
        )


def _id(public: str) -> int | None:
    try:
        return id_of(public)
    except ValueError:
        return None


class ParcelForm(Form):
    """A parcel: with whom, and under which number."""

    carrier = forms.CharField(
        label=_("Carrier"), max_length=20, widget=forms.TextInput(attrs={"list": "carriers"})
    )
    tracking = forms.CharField(
        label=_("Tracking number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
    )


class ReissueForm(ParcelForm):
    """What is sent again."""

    what = forms.CharField(label=_("What is sent again"), max_length=200)


class CompensationForm(Form):
    """Money with an apology; `suggested` is an amount that was offered as a button."""

    amount = MoneyField(label=_("Another amount"), required=False, least_minor=1)
    suggested = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    reason = forms.ChoiceField(label=_("Why"), choices=list(words.COMPENSATION_REASONS.items()))
    apology = forms.CharField(
        label=_("Apology"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
    )

    def clean(self) -> dict[str, Any]:
        """One of the amounts is needed: the button that was pressed counts."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        given["amount_minor"] = given.get("suggested") or given.get("amount")
        if not given["amount_minor"] and "amount" not in self.errors:
            self.add_error("amount", forms.ValidationError(_("Say how much."), code="required"))
        return given

    def take(self, refused: Refused) -> None:
        """What is wrong with the amount is shown where one is typed."""
        refusal = refused.refusal
        if refusal.field == "amount_minor":
            self.add_error("amount", forms.ValidationError(str(refusal.detail), code=refusal.code))
        else:
            super().take(refused)


class TableForm(Form):
    """A table of parcels: a file, or text from a spreadsheet. `right` are lines that an earlier check found
    right, while the others were corrected.
    """

    right = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )
    table = forms.CharField(
        label=_("Or paste it from a spreadsheet"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 5, "spellcheck": "false", "class": "form-control font-monospace"}
        ),
    )

    def clean(self) -> dict[str, Any]:
        """The text of the table: of the file, if there is one."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("file"):
            given["table"] = self._text(given["file"])
        elif not given.get("table", "").strip() and not given.get("right"):
            self.add_error(
                "file", forms.ValidationError(_("Choose a file, or paste a table."), code="required")
            )
        return given

    def _text(self, file: Any) -> str:
        if file.size > MOST_BYTES:
            self.add_error("file", forms.ValidationError(_("At most 1 MB."), code="too_large"))
            return ""
        data = file.read()
        # Spreadsheets here save CSV in GB 18030 as often as in UTF-8.
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return str(data.decode(encoding))
            except UnicodeDecodeError:
                continue
        self.add_error(
            "file", forms.ValidationError(_("This is no text file. Save it as CSV."), code="no_text")
        )
        return ""


class RefuseForm(Form):
    """Why a refund is refused: one of the reasons at hand, or words of one's own."""

    saved = forms.CharField(max_length=500, required=False)
    own = forms.CharField(
        label=_("In your own words"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
    )

    def clean(self) -> dict[str, Any]:
        """Words of one's own count before a reason that was chosen."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        given["reason"] = (given.get("own") or given.get("saved") or "").strip()
        if not given["reason"]:
            self.add_error(
                "own", forms.ValidationError(_("Say why: choose a reason or write one."), code="required")
            )
        return given


class VersionForm(Form):
    """Which version of a thing somebody has seen."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)


class ProductForm(Form):
    """What is said of a product, how its groups are, and its postage."""

    title = forms.CharField(label=_("Title"), max_length=120)
    about = forms.CharField(
        label=_("Description"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": 5000}),
    )
    group_size = forms.IntegerField(
        label=_("Buyers in a group"), min_value=2, max_value=100, initial=2, help_text=_("2 to 100.")
    )
    group_hours = forms.IntegerField(
        label=_("Hours for a group to fill"),
        min_value=1,
        max_value=168,
        initial=24,
        help_text=_("Not full in time: everyone gets the money back."),
    )
    postage_minor = MoneyField(
        label=_("Postage for an order"),
        required=False,
        most_minor=MOST_PRICE_MINOR,
        help_text=_("Empty: postage is free."),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, product: Product) -> "ProductForm":
        """As it stands."""
        names = ("title", "about", "group_size", "group_hours", "postage_minor", "version")
        return cls(initial={name: getattr(product, name) for name in names})

    def terms(self) -> ProductTerms:
        """As the catalog takes it, of a valid form."""
        given = self.cleaned_data
        return ProductTerms(
            title=given["title"],
            about=given["about"],
            group_size=given["group_size"],
            group_hours=given["group_hours"],
            postage_minor=given["postage_minor"] or 0,
        )


class SkuForm(Form):
    """A variant: its name, its two prices, what can still be ordered; `was` is the stock that was seen."""

    name = forms.CharField(label=_("Variant"), max_length=60)
    solo_price_minor = MoneyField(label=_("Price alone"), least_minor=1, most_minor=MOST_PRICE_MINOR)
    group_price_minor = MoneyField(label=_("Group price"), least_minor=1, most_minor=MOST_PRICE_MINOR)
    stock = forms.IntegerField(label=_("Stock"), min_value=0, max_value=MOST_STOCK)
    is_offered = forms.BooleanField(label=_("On sale"), required=False, initial=True)
    was = forms.IntegerField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Several of these stand on a page.
        for name, field in self.fields.items():
            field.widget.attrs["id"] = f"id_{self.add_prefix(name)}"

    @classmethod
    def of(cls, sku: Sku) -> "SkuForm":
        """As it stands."""
        names = ("name", "solo_price_minor", "group_price_minor", "is_offered", "version")
        kept = {name: getattr(sku, name) for name in names}
        return cls(prefix=public_id(sku.pk), initial={**kept, "stock": sku.stock_left, "was": sku.stock_left})

    def clean(self) -> dict[str, Any]:
        """The price in a group is the lower one."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        solo, group = given.get("solo_price_minor"), given.get("group_price_minor")
        if solo and group and group > solo:
            wrong = forms.ValidationError(_("Not above the price alone."), code="group_price_above_solo")
            self.add_error("group_price_minor", wrong)
        return given

    def terms(self) -> SkuTerms:
        """As the catalog takes it, of a valid form."""
        given = self.cleaned_data
        return SkuTerms(
            name=given["name"],
            solo_price_minor=given["solo_price_minor"],
            group_price_minor=given["group_price_minor"],
        )

    def new_sku(self) -> NewSku:
        """As a variant to add, of a valid form."""
        return NewSku(terms=self.terms(), stock=self.cleaned_data["stock"])


class PicturesForm(Form):
    """Pictures of a product."""

    pictures = photos(_("Add pictures"))
