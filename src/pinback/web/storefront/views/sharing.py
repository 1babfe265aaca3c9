"""Share links: made and shown with their QR code, followed to where they lead, and visits counted.

Whoever came by a shared link carries it in a cookie for a day; an order at its shop names it, so that a
campaign's page can tell what sharing brought.
"""

from datetime import timedelta
from typing import Literal, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from pinback.accounts.models import Shop
from pinback.api.links import address_of, qr_svg, target_of
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound
from pinback.marketing import actions, queries
from pinback.marketing.models import Link
from pinback.marketing.rules import LinkKind
from pinback.web.sessions import visitor_of
from pinback.web.storefront.live import part_or_page

COOKIE = "pinback_link"
_KEPT = timedelta(days=1)
_KINDS = ("group", "product", "campaign", "shop")


@require_safe
def follow(request: HttpRequest, link: str) -> HttpResponse:
    """Count a visit, and go where the link leads. One that is only looked at beforehand is no visit."""
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        found = queries.link_named(link)
    else:
        found, _counted = actions.follow(link, visitor=_visitor(request), now=clock.now())
    match found.kind:
        case "product":
            response = redirect("product", product=target_of(found))
        case "group":
            response = redirect("group", group=target_of(found))
        case _:
            # A campaign is an offer of the whole shop.
            response = redirect("store", shop=found.shop.name)
    response.set_cookie(
        COOKIE,
        public_id(found.pk),
        max_age=int(_KEPT.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@require_POST
def share(request: HttpRequest, kind: str, target: str) -> HttpResponse:
    """One's own link to something; a visitor's is the page's own."""
    acting = visitor_of(request).actor
    wanted = _kind(kind)
    now = clock.now()
    if acting is None:
        link = actions.standing_link(wanted, target, now=now)
    else:
        link = actions.share(wanted, target, acting=acting, now=now)
    return redirect("shared", link=public_id(link.pk))


@require_safe
def shared(request: HttpRequest, link: str) -> HttpResponse:
    """A link with its QR code, to copy or to send; asked by htmx, as a sheet over the page."""
    found = queries.link_named(link)
    address = address_of(found, request)
    context = {"link": found, "address": address, "qr": qr_svg(address), "target": target_of(found)}
    return part_or_page(request, "storefront/share_sheet.html", "storefront/share.html", context)


@require_POST
def seen(request: HttpRequest, kind: str, target: str) -> HttpResponse:
    """Count that a page was seen, once for a visitor in an hour; who came by a link is counted there."""
    came_by = link_of(request)
    wanted = _kind(kind)
    if came_by is None or (came_by.kind, target_of(came_by)) != (wanted, target):
        link = actions.standing_link(wanted, target, now=clock.now())
        actions.follow(public_id(link.pk), visitor=_visitor(request), now=clock.now())
    return HttpResponse(status=204)


def link_of(request: HttpRequest, shop: Shop | None = None) -> Link | None:
    """The link by which a visitor came within a day, if it leads to this shop (None: to any)."""
    if COOKIE not in request.COOKIES:
        return None
    try:
        found = queries.link_named(request.COOKIES[COOKIE])
    except NotFound:
        return None
    return found if shop is None or found.shop_id == shop.pk else None


def _kind(kind: str) -> LinkKind:
    if kind not in _KINDS:
        raise NotFound("page")
    return cast(Literal["group", "product", "campaign", "shop"], kind)


def _visitor(request: HttpRequest) -> str:
    """What tells visitors apart; only a hash of it is kept."""
    return f"{request.META.get('REMOTE_ADDR', '')} {request.headers.get('User-Agent', '')}"
