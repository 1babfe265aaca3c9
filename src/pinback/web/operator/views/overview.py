"""The overview: what needs the operator now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pinback.accounts.actors import Actor
from pinback.api.webhooks.queries import given_up_everywhere
from pinback.insight.operating import Needs, needs
from pinback.kit import clock
from pinback.marketing.words import money
from pinback.web.access import for_operator
from pinback.web.operator.rendering import shown


class Need(NamedTuple):
    """A kind of work: how much of it waits, where it is done, and since when."""

    number: int
    label: Any
    says: Any
    address: str
    since: datetime | None = None


@require_safe
@for_operator
def overview(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """What needs the operator now, what waits first; and how the last audit came out."""
    found = needs(acting, now=clock.now())
    rows = [*_money_rows(found), *_market_rows(found, given_up_everywhere(acting))]
    rows.sort(key=lambda need: need.number == 0)
    context = {"needs": rows, "audit": found.audit, "activities_open": found.activities_open}
    return shown(request, "overview", "overview", context)


def _money_rows(found: Needs) -> Sequence[Need]:
    return [
        Need(
            found.cases.number,
            _("Refunds to decide"),
            _("The buyer and the shop do not agree, and both wait for you."),
            reverse("operator-cases"),
            since=found.cases.since,
        ),
        Need(
            found.money_out.number,
            _("Money that did not arrive"),
            _("{amount} was declined or came back: send it again, or pay it by hand.").format(
                amount=money(found.money_out.amount_minor)
            ),
            reverse("operator-money-out"),
            since=found.money_out.since,
        ),
        Need(
            found.payouts.number,
            _("Payouts that shops ask for"),
            _("{amount} in all.").format(amount=money(found.payouts.amount_minor)),
            reverse("operator-payouts"),
            since=found.payouts.since,
        ),
        Need(
            found.anomalies.number,
            _("What does not add up"),
            _("Somebody has to look at it and say what was done."),
            reverse("operator-anomalies"),
            since=found.anomalies.since,
        ),
    ]


def _market_rows(found: Needs, dead: int) -> Sequence[Need]:
    return [
        Need(
            found.shops_in_debt,
            _("Shops that owe the platform"),
            _("A balance is below zero."),
            reverse("operator-ledger") + "?owing=1",
        ),
        Need(
            found.suspended_shops,
            _("Shops that sell nothing"),
            _("Suspended, until you let them sell again."),
            reverse("operator-shops") + "?status=suspended",
        ),
        Need(
            dead,
            _("News that no webhook took"),
            _("Given up after the last try; it can be sent again."),
            reverse("operator-hooks"),
        ),
        Need(
            found.came_back.number,
            _("Payments that were sent back"),
            _("{amount} in the last 7 days: too late, not needed, or the wrong amount.").format(
                amount=money(found.came_back.amount_minor)
            ),
            reverse("operator-came-back"),
        ),
    ]
