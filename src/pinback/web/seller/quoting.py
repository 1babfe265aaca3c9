"""What the steps of planning a campaign show while one types: fee, start, effect, and each standard with
whether it is met.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.marketing import actions, queries
from pinback.marketing.models import Activity
from pinback.marketing.rules import Standard
from pinback.marketing.words import money
from pinback.web.seller.marketing_forms import TermsForm


class Check(NamedTuple):
    """A standard in words, and whether it is met; None: what it is about is not typed yet."""

    text: Any
    is_met: bool | None


class Effect(NamedTuple):
    """What an order of so much goods cash would get, and what share of it that is."""

    spend_minor: int
    rebate_minor: int
    share: Fraction


class Planned(NamedTuple):
    """A campaign as far as it is typed. `quote` is there once all terms are; `chosen` is its activity."""

    form: TermsForm
    quote: actions.Quote | None
    starts_at: datetime
    checks: Sequence[Check]
    effects: Sequence[Effect]
    chosen: Activity | None

    @property
    def is_ready(self) -> bool:
        """Whether it can be created as it is."""
        return self.quote is not None and not self.form.errors


def plan(form: TermsForm, shop: Shop, activities: Sequence[Activity], acting: Actor) -> Planned:
    """What the terms of a bound form come to; what is wrong is said at its field."""
    now = clock.now()
    form.is_valid()
    # What is wrong is taken out of a form's data when it is said at its field.
    typed = dict(form.cleaned_data)
    quote = None
    if form.terms is not None:
        try:
            quote = actions.quote(
                shop.name, form.terms, activity=form.chosen_activity, acting=acting, now=now
            )
        except Refused as refused:
            form.take(refused)
        else:
            form.explain(quote.unmet)
    chosen = next((one for one in activities if public_id(one.pk) == form.chosen_activity), None)
    return Planned(
        form,
        quote,
        actions.next_start(shop, now),
        _checks(queries.standard_for(chosen), typed),
        [
            Effect(one.spend_minor, one.rebate_minor, Fraction(one.rebate_minor, one.spend_minor))
            for one in (quote.examples if quote else ())
        ],
        chosen,
    )


def begun(form: TermsForm, shop: Shop, activity: Activity | None) -> Planned:
    """A campaign of which nothing is typed yet, in an activity or in none."""
    starts_at = actions.next_start(shop, clock.now())
    return Planned(form, None, starts_at, _checks(queries.standard_for(activity), {}), (), activity)


def _checks(standard: Standard, typed: dict[str, Any]) -> Sequence[Check]:
    threshold, rebate = typed.get("threshold_minor"), typed.get("rebate_minor")
    least = standard.least_rebate_minor(threshold) if threshold else None
    text: Any = format_lazy(
        _("Rebate at least {percent} % of the threshold"), percent=standard.least_rebate_percent
    )
    if least is not None:
        text = format_lazy(_("{standard}: {amount}"), standard=text, amount=money(max(1, least)))
    is_met = None
    if threshold and rebate is not None:
        is_met = max(1, standard.least_rebate_minor(threshold)) <= rebate <= threshold
    found = [
        Check(text, is_met),
        _least(_("At least {number} vouchers"), standard.least_quantity, typed.get("quantity")),
        _most(standard.most_valid_days, typed.get("valid_days")),
    ]
    if standard.least_threshold_minor > 1:
        least_threshold = standard.least_threshold_minor
        text = format_lazy(_("Threshold at least {amount}"), amount=money(least_threshold))
        found.insert(0, Check(text, None if threshold is None else threshold >= least_threshold))
    return found


def _least(text: Any, least: int, typed: int | None) -> Check:
    return Check(format_lazy(text, number=least), None if typed is None else typed >= least)


def _most(days: int, typed: int | None) -> Check:
    text = _("Vouchers valid for 1 to {days} days")
    return Check(format_lazy(text, days=days), None if typed is None else 1 <= typed <= days)
