"""Shops: the list, one of them, and whether it may sell."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.insight.operating import shop_shown, shops, staff_of
from pinback.kit import clock
from pinback.kit.history import changes_of
from pinback.kit.refusals import Refused
from pinback.marketing import actions
from pinback.marketing.funds.balances import standing_of
from pinback.web.access import for_operator
from pinback.web.lists.known import SHOPS
from pinback.web.lists.shown import shown_list
from pinback.web.operator.forms import ReasonForm
from pinback.web.operator.history import told
from pinback.web.operator.rendering import shown

STATUSES = ("open", "suspended")


@require_safe
@for_operator
def shop_list(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """The shops that fit the words and the status of the address, the newest first."""
    status = request.GET.get("status", "")
    status = status if status in STATUSES else ""
    words = request.GET.get("q", "")[:100]
    rows, following = shops(acting, status=status or None, words=words, cursor=request.GET.get("cursor"))
    shown_rows = [(row, standing_of(row.shop).balances) for row in rows]
    context = {
        "listing": shown_list(request, SHOPS, acting),
        "rows": shown_rows,
        "status": status,
        "statuses": STATUSES,
        "q": words,
        "next_cursor": following,
    }
    return shown(request, "shops", "shops", context)


@require_safe
@for_operator
def shop(request: HttpRequest, shop: str, *, acting: Actor) -> HttpResponse:
    """One shop: its figures, its balances, its people, and what was decided about it."""
    return _page(request, shop, acting)


def _page(request: HttpRequest, name: str, acting: Actor, form: ReasonForm | None = None) -> HttpResponse:
    row = shop_shown(acting, name)
    context: dict[str, Any] = {
        "row": row,
        "shop": row.shop,
        "zone": row.shop.timezone,
        "balances": standing_of(row.shop).balances.values(),
        "staff": staff_of(acting, row.shop),
        "history": told(changes_of("shop", row.shop.pk)),
        "form": form or ReasonForm(),
    }
    return shown(request, "shop", "shops", context, status=422 if form else 200)


@require_POST
@for_operator
def suspend(request: HttpRequest, shop: str, *, acting: Actor) -> HttpResponse:
    """Let a shop sell nothing new, for a reason."""
    return _move(request, shop, acting, actions.suspend_shop, _("{shop} sells nothing new from now on."))


@require_POST
@for_operator
def reopen(request: HttpRequest, shop: str, *, acting: Actor) -> HttpResponse:
    """Let a shop sell again, for a reason."""
    return _move(request, shop, acting, actions.reopen_shop, _("{shop} sells again."))


def _move(request: HttpRequest, name: str, acting: Actor, act: Any, said: str) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            moved: Shop = act(name, reason=form.cleaned_data["reason"], acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, said.format(shop=moved.title))
            return redirect("operator-shop", shop=name)
    return _page(request, name, acting, form)
