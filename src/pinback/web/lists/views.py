"""Keeping and removing filters of lists, and changing how a list looks; each leads back to the list."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pinback.accounts import actions
from pinback.accounts.actors import Actor
from pinback.kit.refusals import NotFound, Refused
from pinback.web.access import is_ours, safe_next, signed_in
from pinback.web.lists.known import LISTINGS, Listing
from pinback.web.lists.shown import chosen, filtering


def _listing(name: str) -> Listing:
    found = LISTINGS.get(name)
    if found is None:
        raise NotFound("list", name)
    return found


def _back(request: HttpRequest) -> HttpResponse:
    """To the list, as it is shown now: where scripts run, its address changes without a new page."""
    address = request.headers.get("HX-Current-URL", "")
    return redirect(address if is_ours(request, address) else safe_next(request, "/"))


@require_POST
@signed_in
def keep(request: HttpRequest, listing: str, *, acting: Actor) -> HttpResponse:
    """Give what the list is filtered by a name."""
    found = _listing(listing)
    shop_name = request.POST.get("shop", "") if found.is_of_shop else ""
    if found.is_of_shop and not shop_name:
        raise NotFound("shop")
    query = filtering(found, QueryDict(request.POST.get("query", "")[:4000]))
    try:
        kept = actions.keep_filter(found.name, shop_name, request.POST.get("name", ""), query, acting=acting)
    except Refused as refused:
        messages.error(request, str(refused.refusal.detail))
    else:
        messages.success(request, _("Saved as “{name}”: it stands above the list.").format(name=kept.name))
    return _back(request)


@require_POST
@signed_in
def remove(request: HttpRequest, kept: str, *, acting: Actor) -> HttpResponse:
    """Remove a filter of one's own."""
    name = actions.remove_filter(kept, acting=acting)
    messages.success(request, _("The filter “{name}” is removed.").format(name=name))
    return _back(request)


@require_POST
@signed_in
def look(request: HttpRequest, listing: str, *, acting: Actor) -> HttpResponse:
    """Change how dense the list is, and which columns it has."""
    found = _listing(listing)
    columns = None if "usual" in request.POST else chosen(found, request.POST.getlist("column"))
    is_compact = request.POST.get("density") == "compact" and "usual" not in request.POST
    actions.keep_look(found.name, is_compact=is_compact, columns=columns, acting=acting)
    return _back(request)
