"""Risk: what can be seen of bonus hunters, each with the orders it was seen in. Evidence, not a verdict."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from pinback.accounts.actors import Actor
from pinback.insight import risk
from pinback.insight.operating import names_of
from pinback.settlement.moments import moment_of
from pinback.web.access import for_operator
from pinback.web.lists.known import RISK
from pinback.web.lists.shown import shown_list
from pinback.web.operator.rendering import shown

KINDS: dict[str, Callable[[Actor, int], Any]] = {
    "loops": lambda actor, least: risk.loops(actor, least=least),
    "places": lambda actor, least: risk.places(actor, least=least),
    "devices": lambda actor, least: risk.devices(actor, least=least),
    "debtors": lambda actor, _least: risk.debtors(actor),
}
LEAST = (2, 3, 5, 10)


@require_safe
@for_operator
def evidence(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """One kind of evidence, the most of it first; `least` says how much is worth to be seen."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else "loops"
    asked = request.GET.get("least", "")
    least = int(asked) if asked.isdecimal() and int(asked) in LEAST else LEAST[0]
    rows = KINDS[kind](acting, least)
    accounts = {one for row in rows for one in getattr(row, "accounts", ())}
    context = {
        "kind": kind,
        "kinds": KINDS,
        "least": least,
        "leasts": LEAST,
        "listing": shown_list(request, RISK, acting),
        "rows": rows,
        "names": names_of(acting, accounts),
    }
    return shown(request, "risk", "risk", context)


@require_safe
@for_operator
def buyer(request: HttpRequest, buyer: str, *, acting: Actor) -> HttpResponse:
    """The latest orders of a buyer in all shops, with what they earned and what came back."""
    orders = risk.orders_of(acting, buyer, limit=100)
    context = {
        "buyer": buyer,
        "name": names_of(acting, [buyer]).get(buyer, ""),
        "orders": [(row, moment_of(row.placed_at)) for row in orders],
    }
    return shown(request, "buyer", "risk", context)
