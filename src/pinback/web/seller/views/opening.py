"""Choosing among the shops one works for, opening one, and what a shop says of itself."""

from collections.abc import Callable
from functools import partial
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pinback.accounts.actions import change_shop
from pinback.accounts.actions import open_shop as open_new_shop
from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import shops_of
from pinback.desk import queries
from pinback.desk.actions import set_limits
from pinback.kit import clock
from pinback.kit.refusals import Refused
from pinback.web.access import for_shop, signed_in
from pinback.web.forms import Form
from pinback.web.seller import words
from pinback.web.seller.forms import LimitsForm, OpenShopForm, ShopForm
from pinback.web.sessions import visitor_of


@require_safe
@signed_in
def shops(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """The shops one works for; who has but one is taken there."""
    found = shops_of(acting)
    if len(found) == 1 and "all" not in request.GET:
        return redirect("seller-shop", shop=found[0][0].name)
    rows = [(shop, words.ROLES[role]) for shop, role in found]
    return render(request, "seller/shops.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def open_shop(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Open a shop; whoever does is its owner."""
    form = OpenShopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        owner = visitor_of(request).person
        assert owner is not None
        try:
            shop = open_new_shop(**form.cleaned_data, owner=owner, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("Your shop is open. Put its first product on sale."))
            return redirect("seller-shop", shop=shop.name)
    context = {"form": form, "zones": sorted(available_timezones())}
    return render(request, "seller/open_shop.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("staff.write")
def settings(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """What a shop says of itself, and what its staff may give to make up for something."""
    kept = queries.limits_of(acting, shop.name)
    form = ShopForm(initial={"title": shop.title, "about": shop.about, "version": shop.version})
    limits = LimitsForm(
        initial={"order_minor": kept.order_minor, "day_minor": kept.day_minor, "version": kept.version}
    )
    sent: Form | None = None
    save: Callable[..., object] = partial(change_shop, shop.name, acting=acting)
    if request.method == "POST" and "order_minor" in request.POST:
        sent = limits = LimitsForm(request.POST)
        save = partial(set_limits, shop.name, acting=acting, now=clock.now())
    elif request.method == "POST":
        sent = form = ShopForm(request.POST)
    if sent is not None and sent.try_to(lambda given: save(**given)):
        messages.success(request, _("Saved."))
        return redirect("seller-settings", shop=shop.name)
    context = {"place": "settings", "shop": shop, "form": form, "limits": limits}
    is_wrong = bool(form.errors or limits.errors)
    return render(request, "seller/settings.html", context, status=422 if is_wrong else 200)
