"""Who may open a page. To strangers a page of a shop or of the operator is not there; a visitor is asked to
sign in.

The same checks as the API's (`accounts.queries`), as decorators of views. A view behind one gets what it
found.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from pinback.accounts.models import Person, Shop
from pinback.accounts.queries import Forbidden, check_operator, shop_for, shop_named
from pinback.kit.refusals import NotFound
from pinback.web.sessions import visitor_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and back here afterwards. What htmx asked for in the background moves the whole
    page.
    """
    back = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "/")
    address = f"{reverse('sign-in')}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=200)
        response["HX-Redirect"] = address
        return response
    return redirect(address)


def safe_next(request: HttpRequest, default: str) -> str:
    """Where the visitor wanted to go, if that is a page of ours; else `default`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_ours(request, wanted) else default


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether an address that came from outside is of a page of ours."""
    return bool(address) and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for whoever is signed in: the view is called with `acting=`."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = visitor_of(request).actor
        if actor is None:
            return to_sign_in(request)
        return view(request, *args, acting=actor, **kwargs)

    return checked


def for_shop(
    permission: str,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A page of the seller center: the view is called with `acting=` and the `shop` of its address."""

    def deco(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, shop: str, **kwargs: Any) -> HttpResponseBase:
            actor = visitor_of(request).actor
            if actor is None:
                return to_sign_in(request)
            found = shop_for(actor, shop, permission)
            request.shop = found  # type: ignore[attr-defined]
            return view(request, *args, shop=found, acting=actor, **kwargs)

        return checked

    return deco


def for_operator(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page of the console: the view is called with `acting=`."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = visitor_of(request).actor
        if actor is None:
            return to_sign_in(request)
        check_operator(actor)
        return view(request, *args, acting=actor, **kwargs)

    return checked


def check_may_see_reports(request: HttpRequest, *, shop: str | None) -> None:
    """Who may see the engine's reports: the operator, and a shop's staff who may read its reports.

    A fresh engine, where nobody has an account yet, shows them to whoever reaches it: this machine only.
    """
    if not Person.objects.exists():
        return
    actor = visitor_of(request).actor
    if actor is not None and actor.is_operator:
        return
    if actor is None or shop is None:
        raise NotFound("page")
    market_shop: Shop = shop_named(shop)
    if not actor.works_for(market_shop.pk):
        raise NotFound("shop", shop)
    if not actor.may(market_shop.pk, "reports.read"):
        raise Forbidden("reports.read")
