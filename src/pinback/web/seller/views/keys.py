"""Keys for the shop's programs. A secret is shown once, on the page that answers its making."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pinback.accounts import actions, queries
from pinback.accounts.actors import Actor
from pinback.accounts.models import Credential, Shop
from pinback.catalog.queries import id_or_not_found
from pinback.kit import clock
from pinback.kit.paging import page_of
from pinback.kit.refusals import Refused
from pinback.web.access import for_shop
from pinback.web.seller.access_forms import PERMISSIONS, KeyForm


@require_safe
@for_shop("keys.write")
def keys(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """All keys, the newest first, those that ended too."""
    page = page_of(queries.keys_of_shop(acting, shop.name), cursor=request.GET.get("cursor"), limit=50)
    context = {
        "place": "keys",
        "shop": shop,
        "rows": [
            (key, _state(key), [PERMISSIONS.get(scope, scope) for scope in key.scopes]) for key in page.rows
        ],
        "next_cursor": page.next_cursor,
    }
    return render(request, "seller/keys/keys.html", context)


def _state(key: Credential) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "over" if key.expires_at is not None and key.expires_at <= clock.now() else "valid"


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("keys.write")
def new(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Make a key. The answer shows its secret: there is no other page that could."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            key, secret = actions.make_key(
                shop.name,
                name=given["name"],
                scopes=given["scopes"],
                expires_at=form.expires_at(shop),
                acting=acting,
                now=clock.now(),
            )
        except Refused as refused:
            refusal = refused.refusal
            form.add_error("until" if refusal.field == "expires_at" else refusal.field, str(refusal.detail))
        else:
            context = {"place": "keys", "shop": shop, "key": key, "secret": secret}
            response = render(request, "seller/keys/made.html", context)
            response["Cache-Control"] = "no-store"
            return response
    context = {"place": "keys", "shop": shop, "form": form}
    return render(request, "seller/keys/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("keys.write")
def revoke(request: HttpRequest, key: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """End a key: asked once, then done."""
    found = queries.key_of_shop(acting, shop.name, id_or_not_found("key", key))
    if request.method == "POST":
        actions.revoke_key(shop.name, found.pk, acting=acting, now=clock.now())
        messages.success(request, _("The key opens nothing any more."))
        return redirect("seller-keys", shop=shop.name)
    return render(request, "seller/keys/revoke.html", {"place": "keys", "shop": shop, "key": found})
