"""Forms of the storefront."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actions import AddressTerms
from pinback.accounts.models import Address
from pinback.catalog.pictures import decoded, read_at_most
from pinback.checkout.pages import OrderPage
from pinback.checkout.wishes import Destination
from pinback.desk.actions import Asked
from pinback.desk.rules import MOST_PHOTOS
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.web.forms import Form, MoneyField
from pinback.web.storefront import words

_ADDRESS = ("recipient", "phone", "region", "street")


class AddressForm(Form):
    """Where things are sent."""

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

    def terms(self) -> AddressTerms:
        """As the accounts take it, of a valid form."""
        given = self.cleaned_data
        return AddressTerms(**{name: given[name] for name in ("recipient", "phone", "region", "street")})


class KeptAddressForm(AddressForm):
    """An address that is kept."""

    is_default = forms.BooleanField(label=_("Use it for orders"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class OrderForm(AddressForm):
    """Where an order goes, and how many units. What it costs is asked of the shop, never of this form.

    `address`: one of those that are kept; then nothing else of it is needed. `form`: which one it is, so that
    going back to it and sending it again does not place a second order.
    """

    form = forms.CharField(max_length=13, required=False, widget=forms.HiddenInput)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=999, initial=1)
    address = forms.CharField(max_length=13, required=False)
    keep = forms.BooleanField(label=_("Keep this address"), required=False, initial=True)
    note = forms.CharField(label=_("Note for the shop"), max_length=200, required=False)
    move_if_full = forms.BooleanField(
        label=_("If the group is full when I pay, take another one of this product"),
        required=False,
        initial=True,
    )

    def __init__(self, kept: Sequence[Address], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.data.get("address") if self.is_bound else public_id(kept[0].pk) if kept else ""
        self.chosen = next((row for row in kept if public_id(row.pk) == chosen), None)
        if self.chosen is not None:
            for name in _ADDRESS:
                self.fields[name].required = False

    def destination(self) -> Destination:
        """Where it goes, of a valid form."""
        given = self.cleaned_data
        source = given if self.chosen is None else {name: getattr(self.chosen, name) for name in _ADDRESS}
        return Destination(**{name: source[name] for name in _ADDRESS})


class ProfileForm(Form):
    """What others and the pages call somebody."""

    name = forms.CharField(
        label=_("Your name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class PasswordForm(Form):
    """A new password."""

    old = forms.CharField(
        label=_("Password so far"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class PhotosInput(forms.ClearableFileInput):
    """A choice of several pictures."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Pictures, read and looked at, so that one that is none is told at the field; cleaned to their bytes."""

    def clean(self, data: Any, initial: Any = None) -> Sequence[bytes]:  # noqa: ARG002 - Django's signature
        """The pictures. ValidationError: too many, too large, or no picture."""
        files = [file for file in data or () if file]
        if len(files) > MOST_PHOTOS:
            raise forms.ValidationError(_("At most 6 photos."), code="too_many")
        found = []
        for file in files:
            try:
                found.append(read_at_most(file))
                decoded(found[-1])
            except Refused as refused:
                refusal = refused.refusal
                raise forms.ValidationError(str(refusal.detail), code=refusal.code) from None
        return found


def photos(label: Any, **attrs: str) -> PhotosField:
    """A field for a few photos, from the camera too."""
    widget = PhotosInput(attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp", **attrs})
    return PhotosField(label=label, required=False, widget=widget)


class TermsForm(Form):
    """How much is asked back of an order, and whether the goods go back."""

    kind = forms.ChoiceField(
        label=_("What do you want?"),
        choices=list(words.CASE_KINDS.items()),
        widget=forms.RadioSelect,
        initial="refund_only",
    )
    scope = forms.ChoiceField(
        label=_("How much?"),
        choices=[("whole", _("All of it")), ("units", _("Some units")), ("amount", _("An amount"))],
        widget=forms.RadioSelect,
        initial="whole",
    )
    amount = MoneyField(label=_("Amount of the goods"), required=False, least_minor=1)

    def __init__(self, page: OrderPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in page.lines if line.units_left]
        titles = {item.number: item.title for item in page.items}
        if page.state.status not in ("shipped", "received"):
            self._offer("kind", "refund_only")
        if page.state.status == "paid":
            self._offer("scope", "whole")
        elif sum(line.units_left for line in self.lines) == 1:
            # One unit is all of it.
            self._offer("scope", "whole", "amount")
        for line in self.lines:
            self.fields[f"units_{line.number}"] = forms.IntegerField(
                label=gettext("%(title)s, of %(left)d")
                % {"title": titles.get(line.number, ""), "left": line.units_left},
                min_value=0,
                max_value=line.units_left,
                required=False,
                initial=0,
                widget=forms.NumberInput(
                    attrs={
                        "class": "form-control",
                        "inputmode": "numeric",
                        "id": f"id_units_{line.number}",
                        "min": 0,
                        "max": line.units_left,
                    }
                ),
            )

    def _offer(self, name: str, *only: str) -> None:
        field: Any = self.fields[name]
        field.choices = [choice for choice in field.choices if choice[0] in only]

    @property
    def unit_fields(self) -> Sequence[forms.BoundField]:
        """The fields for units, one for each line that has some left."""
        return [self[f"units_{line.number}"] for line in self.lines]

    def clean(self) -> dict[str, Any]:
        """What the scope needs has to be there."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("scope") == "units" and not self._units(given):
            self.add_error("scope", forms.ValidationError(_("Say how many units."), code="required"))
        if given.get("scope") == "amount" and not given.get("amount") and "amount" not in self.errors:
            self.add_error("amount", forms.ValidationError(_("Say how much."), code="required"))
        return given

    def _units(self, given: dict[str, Any]) -> Sequence[tuple[int, int]]:
        found = [(line.number, given.get(f"units_{line.number}") or 0) for line in self.lines]
        return [(number, units) for number, units in found if units]

    def asked(self) -> Asked:
        """As the desk takes it, of a valid form."""
        given = self.cleaned_data
        return Asked(
            kind=given["kind"],
            scope=given["scope"],
            lines=tuple(self._units(given)) if given["scope"] == "units" else (),
            amount_minor=given["amount"] if given["scope"] == "amount" else None,
            reason=given.get("reason", "other"),
            text=given.get("text", ""),
        )


class RefundForm(TermsForm):
    """A request for a refund: how much, why, and what can be seen."""

    reason = forms.ChoiceField(label=_("Why?"), choices=list(words.REASONS.items()), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What happened"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}),
    )
    photos = photos(_("Photos"))


class PhotosForm(Form):
    """More photos for a case."""

    photos = photos(_("Add photos"))


class ReturnForm(Form):
    """The parcel with which goods go back."""

    carrier = forms.CharField(label=_("Carrier"), max_length=20)
    tracking = forms.CharField(
        label=_("Tracking number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocapitalize": "characters"}),
    )


class ReviewForm(Form):
    """What one thinks of something received."""

    stars = forms.TypedChoiceField(
        label=_("How was it?"),
        choices=[(number, number) for number in range(1, 6)],
        coerce=int,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("What should others know?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 1000}),
    )
