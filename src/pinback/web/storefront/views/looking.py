"""Looking around: the first page, search, a shop, a product, a group that somebody shared."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from pinback.accounts.models import Shop
from pinback.accounts.queries import shop_named
from pinback.catalog.queries import (
    deals_of,
    pictures_of,
    product_on_sale,
    running_offers,
    search_on_sale,
    skus_of,
    sold_of,
)
from pinback.checkout.pages import product_page
from pinback.desk.queries import reviews_of, reviews_of_shop, stars_of, stars_of_shop
from pinback.groups.queries import group_named, view_of
from pinback.kit import clock
from pinback.kit.refusals import NotFound

_ON_A_PAGE = 20
_REVIEWS_SHOWN = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is on offer; where there is no market yet, the reports of the engine."""
    if not Shop.objects.exists():
        return redirect("engine")
    return render(request, "storefront/home.html", _listed(request))


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Products whose title has all the words."""
    words = request.GET.get("q", "")[:100]
    return render(request, "storefront/search.html", {**_listed(request, words=words), "words": words})


@require_safe
def shop(request: HttpRequest, shop: str) -> HttpResponse:
    """What a shop sells, its rebates, and its deals."""
    found = shop_named(shop)
    if found.status != "open":
        raise NotFound("shop", shop)
    context = _listed(request, shop=found.name)
    context |= {"shop": found, "offers": running_offers(found, now=clock.now()), "deals": deals_of(found)}
    number, average = stars_of_shop(found)
    context |= {"number": number, "average": average, "zone": found.timezone}
    context["reviews"] = reviews_of_shop(found, limit=_REVIEWS_SHOWN).rows if number else ()
    return render(request, "storefront/shop.html", context)


@require_safe
def product(request: HttpRequest, product: str) -> HttpResponse:
    """A product: its prices alone and in a group, the groups to join, the rebate."""
    now = clock.now()
    page = product_page(product_on_sale(product), now=now)
    cheapest = min(page.skus, key=lambda sku: sku.group_price_minor) if page.skus else None
    number, average = stars_of(page.product.pk)
    context: dict[str, Any] = {"page": page, "sku": cheapest, "number": number, "average": average}
    context["reviews"] = reviews_of(page.product.pk, limit=_REVIEWS_SHOWN).rows if number else ()
    return render(request, "storefront/product.html", context)


@require_safe
def group(request: HttpRequest, group: str) -> HttpResponse:
    """A group that somebody shared: who is in it, and the way to join."""
    now = clock.now()
    view = view_of(group_named(group), now=now)
    page = product_page(view.product, now=now)
    cheapest = min(page.skus, key=lambda sku: sku.group_price_minor) if page.skus else None
    free = range(view.seats_left)
    context = {"view": view, "page": page, "sku": cheapest, "free": free}
    return render(request, "storefront/group.html", context)


def _listed(request: HttpRequest, *, words: str = "", shop: str | None = None) -> dict[str, Any]:
    now = clock.now()
    cursor = request.GET.get("cursor")
    found = search_on_sale(words=words, shop=shop, cursor=cursor, limit=_ON_A_PAGE)
    skus, pictures, sold = skus_of(found.rows), pictures_of(found.rows), sold_of(found.rows, now=now)
    cards = []
    for row in found.rows:
        offered = [sku for sku in skus[row.pk] if sku.is_offered]
        if offered:
            cheapest = min(offered, key=lambda sku: sku.group_price_minor)
            picture = pictures[row.pk][0] if pictures[row.pk] else None
            cards.append({"product": row, "sku": cheapest, "picture": picture, "sold": sold[row.pk]})
    return {"cards": cards, "next_cursor": found.next_cursor}
