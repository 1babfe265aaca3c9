"""What a campaign has to offer, what it would do, and what can become of a payout: pure decisions. Amounts
are in fen.

The floor is settlement's (section 2.1): 5 %, 10 vouchers, 1 to 365 days. The operator's standards and those
of
an activity are at least as strict, and the strictest of each holds.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from pinback.marketing.words import money
from pinback.rules.campaign import wrong_terms
from pinback.rules.events import LIMIT

Account = Literal["marketing", "sales"]
CampaignState = Literal["draft", "abandoned", "scheduled", "running", "ended"]
LinkKind = Literal["group", "product", "campaign", "shop"]

PAYOUT_STATES = ("requested", "paid", "refused", "withdrawn")
PAYOUT_EVENTS = ("paid", "refused", "withdrawn")
PAYOUT_MOVES: dict[tuple[str, str], str] = {
    ("requested", "paid"): "paid",
    ("requested", "refused"): "refused",
    ("requested", "withdrawn"): "withdrawn",
}

_SETTLEMENTS_FIELD = re.compile(r"^`(\w+)`")


class Terms(NamedTuple):
    """The terms of a campaign: spend `threshold_minor`, get `rebate_minor`, `quantity` times."""

    threshold_minor: int
    rebate_minor: int
    quantity: int
    valid_days: int = 15

    @property
    def fee_minor(self) -> int:
        """What it costs (section 2.1)."""
        return self.rebate_minor * self.quantity


class Standard(NamedTuple):
    """What is asked of every campaign."""

    least_rebate_percent: int = 5
    least_quantity: int = 10
    least_threshold_minor: int = 1
    most_valid_days: int = 365

    def least_rebate_minor(self, threshold_minor: int) -> int:
        """The least rebate for a threshold: 5 % of 20.00 is 1.00; rounded up, so that it is never below."""
        return -(-threshold_minor * self.least_rebate_percent // 100)


SPEC = Standard()
"""The floor, below which settlement refuses."""


class Unmet(NamedTuple):
    """A standard that terms do not meet: a stable code, the field it is about, a text for people."""

    code: str
    field: str
    detail: str | Promise


class Example(NamedTuple):
    """What an order of so much goods cash would get, and what share of it that is, in hundredths of a %."""

    spend_minor: int
    rebate_minor: int
    share_basis_points: int


def strictest(standards: Iterable[Standard]) -> Standard:
    """The strictest of each standard, never below settlement's."""
    every = [SPEC, *standards]
    return Standard(
        max(one.least_rebate_percent for one in every),
        max(one.least_quantity for one in every),
        max(one.least_threshold_minor for one in every),
        min(one.most_valid_days for one in every),
    )


def is_looser(standard: Standard, than: Standard) -> bool:
    """Whether a standard asks for less than another in any point."""
    return strictest([standard, than]) != standard


def unmet(terms: Terms, standard: Standard) -> Sequence[Unmet]:
    """The standards that the terms do not meet, at most one for each field; none: all are met."""
    found = [
        wrong
        for wrong in (
            _threshold(terms, standard),
            _rebate(terms, standard),
            _quantity(terms, standard),
            _valid_days(terms, standard),
        )
        if wrong is not None
    ]
    return found or _settlements(terms)


def _threshold(terms: Terms, standard: Standard) -> Unmet | None:
    if terms.threshold_minor >= standard.least_threshold_minor:
        return None
    detail = format_lazy(
        _("The threshold must be at least {amount}."), amount=money(standard.least_threshold_minor)
    )
    return Unmet("threshold_too_low", "threshold_minor", detail)


def _rebate(terms: Terms, standard: Standard) -> Unmet | None:
    least = max(1, standard.least_rebate_minor(terms.threshold_minor))
    if terms.rebate_minor < least:
        detail = format_lazy(
            _("The rebate must be at least {percent} % of the threshold: {amount}."),
            percent=standard.least_rebate_percent,
            amount=money(least),
        )
        return Unmet("rebate_too_low", "rebate_minor", detail)
    if terms.rebate_minor > terms.threshold_minor:
        return Unmet("rebate_too_high", "rebate_minor", _("The rebate must not be above the threshold."))
    return None


def _quantity(terms: Terms, standard: Standard) -> Unmet | None:
    if terms.quantity < standard.least_quantity:
        detail = format_lazy(_("At least {number} vouchers are needed."), number=standard.least_quantity)
        return Unmet("too_few_vouchers", "quantity", detail)
    if terms.fee_minor > LIMIT:
        return Unmet("fee_too_high", "quantity", _("The fee would be above the highest possible amount."))
    return None


def _valid_days(terms: Terms, standard: Standard) -> Unmet | None:
    if 1 <= terms.valid_days <= standard.most_valid_days:
        return None
    detail = format_lazy(_("Vouchers must be valid for 1 to {days} days."), days=standard.most_valid_days)
    return Unmet("bad_valid_days", "valid_days", detail)


def _settlements(terms: Terms) -> Sequence[Unmet]:
    """What settlement would refuse although it met every standard: nothing, as long as both agree."""
    wrong = wrong_terms(terms.threshold_minor, terms.rebate_minor, terms.quantity, terms.valid_days)
    if wrong is None:
        return []
    named = _SETTLEMENTS_FIELD.match(wrong)
    field = named[1] if named else "threshold"
    return [Unmet("bad_terms", f"{field}_minor" if field in ("threshold", "rebate") else field, wrong)]


def examples(terms: Terms) -> Sequence[Example]:
    """What orders would get: one just below the threshold, one that reaches it, one of twice as much."""
    if terms.threshold_minor < 1:
        return []
    spends = (terms.threshold_minor - 1, terms.threshold_minor, 2 * terms.threshold_minor)
    return [_example(terms, spend) for spend in spends if spend > 0]


def _example(terms: Terms, spend_minor: int) -> Example:
    rebate = terms.rebate_minor if spend_minor >= terms.threshold_minor else 0
    return Example(spend_minor, rebate, rebate * 10_000 // spend_minor)


def payout_after(state: str, event: str) -> str | None:
    """The state of a payout after an event; None: it cannot happen then."""
    return PAYOUT_MOVES.get((state, event))


def campaign_state(settled: str, *, is_abandoned: bool) -> CampaignState:
    """How a campaign stands: by settlement's status, and whether its draft was given up."""
    if settled == "draft":
        return "abandoned" if is_abandoned else "draft"
    assert settled in ("scheduled", "running", "ended")
    return settled  # type: ignore[return-value]
