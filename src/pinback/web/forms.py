"""Forms of all faces: Django's, with amounts in yuan that become whole fen, and refusals shown at their
field.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pinback.kit.formats import minor_digits, read_money
from pinback.kit.refusals import Refused


class MoneyField(forms.CharField):
    """An amount as people type it, `12.34`, cleaned to whole minor units; no float on the way."""

    widget = forms.TextInput(
        attrs={"inputmode": "decimal", "autocomplete": "off", "class": "form-control money"}
    )

    def __init__(self, *, least_minor: int = 0, most_minor: int = 10**12, **options: Any) -> None:
        super().__init__(**options)
        self.least_minor = least_minor
        self.most_minor = most_minor

    def clean(self, value: Any) -> int | None:
        """The amount in minor units. ValidationError for a text that is no amount, or is out of bounds."""
        text = super().clean(value).strip().replace(",", "").removeprefix("¥").strip()
        if not text:
            return None
        try:
            amount_minor: int = read_money(text, settings.PINBACK_CURRENCY)
        except ValueError:
            raise forms.ValidationError(_("Write an amount such as 12.34."), code="not_money") from None
        if not self.least_minor <= amount_minor <= self.most_minor:
            raise forms.ValidationError(_("This amount is too small or too large."), code="out_of_bounds")
        return amount_minor

    def prepare_value(self, value: Any) -> Any:
        """Minor units as the text that is typed for them."""
        if isinstance(value, int):
            digits = minor_digits(settings.PINBACK_CURRENCY)
            whole, part = divmod(value, 10**digits)
            return f"{whole}.{part:0{digits}}" if digits else str(whole)
        return value


class Form(forms.Form):
    """A form whose fields look alike everywhere, and which takes an action's refusal to its field."""

    error_css_class = "is-invalid"
    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            kind = "form-check-input" if isinstance(field.widget, forms.CheckboxInput) else "form-control"
            if isinstance(field.widget, forms.Select):
                kind = "form-select"
            if isinstance(field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
                kind = "form-check-input"
            field.widget.attrs.setdefault("class", kind)
            field.widget.attrs.setdefault("id", f"id_{name}")

    def try_to(self, act: Callable[[dict[str, Any]], object]) -> bool:
        """Do what the form is for with what was typed in it; False: not done, and the form says why."""
        if not self.is_valid():
            return False
        try:
            act(self.cleaned_data)
        except Refused as refused:
            self.take(refused)
            return False
        return True

    def take(self, refused: Refused) -> None:
        """Show a refusal at the field it is about, else above the form, where nobody sees the field too."""
        refusal = refused.refusal
        known = self.fields.get(refusal.field or "")
        field = refusal.field if known is not None and not known.widget.is_hidden else None
        self.add_error(field, forms.ValidationError(str(refusal.detail), code=refusal.code))
