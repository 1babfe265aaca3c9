"""What the operator types: reasons, notes, standards, activities, and how far to set the clock."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinback.marketing.actions import ActivityTerms
from pinback.marketing.models import Activity
from pinback.marketing.rules import SPEC, Standard
from pinback.rules.instants import zone
from pinback.web.forms import Form, MoneyField


def _text(label: Any, most: int, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": most}),
    )


class ReasonForm(Form):
    """Why; for the record."""

    reason = _text(_("Why?"), 500, _("For the record: the shop does not see it."))


class NoteForm(Form):
    """What was done about something."""

    note = _text(_("What was done?"), 200, _("For the record, such as the number of a bank transfer."))


class DecisionForm(Form):
    """A part for the buyer, and why."""

    amount_minor = MoneyField(label=_("A part"), least_minor=1, required=False)
    note = forms.CharField(
        label=_("Why?"),
        max_length=500,
        required=False,
        help_text=_("Buyer and shop read it."),
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
    )


class StandardForm(Form):
    """What is asked of campaigns. Below the spec's nothing is taken."""

    least_rebate_percent = forms.IntegerField(
        label=_("Least rebate, % of the threshold"),
        min_value=SPEC.least_rebate_percent,
        max_value=100,
        help_text=_("Never below 5 %."),
    )
    least_quantity = forms.IntegerField(
        label=_("Least number of vouchers"),
        min_value=SPEC.least_quantity,
        max_value=1_000_000,
        help_text=_("Never below 10."),
    )
    least_threshold_minor = MoneyField(
        label=_("Least threshold"),
        least_minor=SPEC.least_threshold_minor,
        help_text=_("What a buyer has to spend at least in any campaign."),
    )
    most_valid_days = forms.IntegerField(
        label=_("Most days to use a voucher"),
        min_value=1,
        max_value=SPEC.most_valid_days,
        help_text=_("Never above 365."),
    )

    def standard(self) -> Standard:
        """The standard that was typed; of a valid form."""
        return Standard(**{name: self.cleaned_data[name] for name in Standard._fields})


class StandardsForm(StandardForm):
    """The standards of all campaigns from now on."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ActivityForm(StandardForm):
    """A themed activity: what it is called and about, its window, and standards of its own."""

    name = forms.CharField(label=_("Name"), max_length=60)
    about = forms.CharField(
        label=_("About it"),
        max_length=2000,
        required=False,
        help_text=_("What shops and buyers read."),
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
    )
    starts_at = forms.CharField(
        label=_("Starts"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), max_length=20
    )
    ends_at = forms.CharField(
        label=_("Ends"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), max_length=20
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ("name", "about", "starts_at", "ends_at")

    def __init__(self, *args: Any, zone_name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._zone = zone(zone_name)

    @staticmethod
    def of(activity: Activity, zone_name: str) -> dict[str, Any]:
        """What the form begins with, for an activity that is there."""
        local = zone(zone_name)
        return {
            "name": activity.name,
            "about": activity.about,
            "starts_at": activity.starts_at.astimezone(local).strftime("%Y-%m-%dT%H:%M"),
            "ends_at": activity.ends_at.astimezone(local).strftime("%Y-%m-%dT%H:%M"),
            "version": activity.version,
            **{name: getattr(activity, name) for name in Standard._fields},
        }

    def _moment(self, field: str) -> datetime:
        try:
            return datetime.fromisoformat(self.cleaned_data[field]).replace(tzinfo=self._zone)
        except ValueError:
            raise forms.ValidationError(_("Write a day and a time."), code="bad_time") from None

    def clean_starts_at(self) -> datetime:
        """The instant it starts at."""
        return self._moment("starts_at")

    def clean_ends_at(self) -> datetime:
        """The instant it ends at."""
        return self._moment("ends_at")

    def terms(self) -> ActivityTerms:
        """What is announced; of a valid form."""
        given = self.cleaned_data
        return ActivityTerms(
            name=given["name"],
            about=given["about"],
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            standard=self.standard(),
        )


class ClockForm(Form):
    """How far the sandbox's clock is set forward."""

    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=366, initial=0)
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=23, initial=0)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=59, initial=0)

    def clean(self) -> dict[str, Any]:
        """Refuse to stand still."""
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and self.seconds() == 0:
            raise forms.ValidationError(_("Say how far: the clock goes forward only."), code="no_time")
        return given

    def seconds(self) -> int:
        """So many seconds; of a valid form."""
        given = self.cleaned_data
        return int(given["days"]) * 86_400 + int(given["hours"]) * 3_600 + int(given["minutes"]) * 60
