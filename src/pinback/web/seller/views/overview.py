"""The first page of a shop: what needs somebody now, and the month's figures beside it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.web.access import for_shop


@require_safe
@for_shop("shop.read")
def overview(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """What needs me now."""
    return render(request, "seller/overview.html", {"place": "overview", "shop": shop})
