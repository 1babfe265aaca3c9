"""What shops type in for a campaign: its terms, its name."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinback.kit.ids import public_id
from pinback.marketing.models import Activity
from pinback.marketing.rules import Terms, Unmet
from pinback.web.forms import Form, MoneyField

_MOST = 10**9


def _whole(label: Any, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=_MOST,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "form-control money"}
        ),
        **options,
    )


class TermsForm(Form):
    """The terms of a campaign: the step of the wizard in which everything is typed."""

    threshold_minor = MoneyField(label=_("Threshold"), help_text=_("What an order must reach, in yuan."))
    rebate_minor = MoneyField(label=_("Rebate"), help_text=_("The voucher that its buyer gets, in yuan."))
    quantity = _whole(_("Number of vouchers"), help_text=_("It ends by itself when all are out."))
    valid_days = _whole(
        _("Days to use a voucher"), initial=15, help_text=_("What is not used by then is yours again.")
    )
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("For your own lists."))
    activity = forms.ChoiceField(label=_("Themed activity"), required=False)

    def __init__(self, activities: Sequence[Activity], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        named = [(public_id(activity.pk), activity.name) for activity in activities]
        if named:
            self.fields["activity"].choices = [("", _("None")), *named]  # type: ignore[attr-defined]
        else:
            del self.fields["activity"]
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"id_{name}-hint id_{name}-wrong"

    @property
    def chosen_activity(self) -> str | None:
        """The activity that it takes part in."""
        return self.cleaned_data.get("activity") or None

    @property
    def terms(self) -> Terms | None:
        """The terms, as soon as all of them are typed."""
        typed = [self.cleaned_data.get(name) for name in Terms._fields]
        return None if any(value is None for value in typed) else Terms(*typed)  # type: ignore[arg-type]

    def explain(self, unmet: Sequence[Unmet]) -> None:
        """Say at each field which standard it does not meet."""
        for one in unmet:
            field = one.field if one.field in self.fields else None
            if field is None or field not in self.errors:
                self.add_error(field, forms.ValidationError(str(one.detail), code=one.code))


class NameForm(Form):
    """Another name for a campaign."""

    name = forms.CharField(label=_("Name"), max_length=60)
    version = forms.IntegerField(widget=forms.HiddenInput)


def as_typed(terms: Terms, name: str) -> dict[str, str]:
    """Terms as the first step of a new campaign reads them from its address."""
    amounts = MoneyField()
    return {
        "threshold_minor": str(amounts.prepare_value(terms.threshold_minor)),
        "rebate_minor": str(amounts.prepare_value(terms.rebate_minor)),
        "quantity": str(terms.quantity),
        "valid_days": str(terms.valid_days),
        "name": name,
    }
