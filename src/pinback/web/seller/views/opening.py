"""Choosing among the shops one works for, opening one, and what a shop says of itself."""

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
from pinback.kit import clock
from pinback.kit.refusals import Refused
from pinback.web.access import for_shop, signed_in
from pinback.web.seller import words
from pinback.web.seller.forms import OpenShopForm, ShopForm
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
    """What a shop says of itself."""
    kept = {"title": shop.title, "about": shop.about, "version": shop.version}
    form = ShopForm(request.POST if request.method == "POST" else None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            change_shop(shop.name, **form.cleaned_data, acting=acting)
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("seller-settings", shop=shop.name)
    context = {"place": "settings", "shop": shop, "form": form}
    return render(request, "seller/settings.html", context, status=422 if form.errors else 200)
