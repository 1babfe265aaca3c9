"""People: looking for somebody, and what is known of them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from pinback.accounts.actions import make_link
from pinback.accounts.actors import Actor
from pinback.insight.operating import people, person_shown
from pinback.insight.risk import orders_of
from pinback.kit import clock
from pinback.kit.history import changes_of
from pinback.kit.ids import public_id
from pinback.settlement.moments import moment_of
from pinback.web.access import for_operator
from pinback.web.lists.known import PEOPLE
from pinback.web.lists.shown import shown_list
from pinback.web.operator.history import told
from pinback.web.operator.rendering import shown


@require_safe
@for_operator
def person_list(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Everybody whom the words fit: name, login, phone number or id; the newest first."""
    words = request.GET.get("q", "")[:254]
    rows, following = people(acting, words=words, cursor=request.GET.get("cursor"))
    listing = shown_list(request, PEOPLE, acting)
    context = {"listing": listing, "rows": rows, "q": words, "next_cursor": following}
    return shown(request, "people", "people", context)


@require_safe
@for_operator
def person(request: HttpRequest, person: str, *, acting: Actor) -> HttpResponse:
    """One of them: what they bought, what they owe, whom they work for."""
    row = person_shown(acting, person)
    orders = orders_of(acting, public_id(row.person.pk), limit=50)
    context = {
        "row": row,
        "orders": [(one, moment_of(one.placed_at)) for one in orders],
        "history": told(changes_of("password", row.person.pk)),
    }
    return shown(request, "person", "people", context)


@require_POST
@for_operator
def link(request: HttpRequest, person: str, *, acting: Actor) -> HttpResponse:
    """Make a link for a new password. The answer shows it: there is no other page that could."""
    found = person_shown(acting, person).person
    path = make_link(found.pk, acting=acting, now=clock.now())
    context = {"person": found, "link": request.build_absolute_uri(path)}
    response = shown(request, "person_link", "people", context)
    response["Cache-Control"] = "no-store"
    return response
