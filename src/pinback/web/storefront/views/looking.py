"""Looking around: the first page, search, a shop, a product, a group that somebody shared."""

from collections.abc import Iterable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from pinback.accounts.models import Person, Shop
from pinback.accounts.queries import shop_named
from pinback.catalog.models import Product
from pinback.catalog.queries import (
    Found,
    Sort,
    deals_of,
    find_on_sale,
    hottest,
    offers_everywhere,
    pictures_of,
    product_on_sale,
    running_offers,
    skus_of,
    sold_of,
)
from pinback.checkout.pages import ProductPage, product_page
from pinback.checkout.rules import Threshold, missing_to, rebate_of
from pinback.desk.queries import reviews_of, reviews_of_shop, stars_of, stars_of_shop
from pinback.groups.queries import group_named, is_sitting, view_of
from pinback.insight.operating import usual_zone
from pinback.kit import clock
from pinback.kit.refusals import NotFound
from pinback.marketing.queries import activities, activity_named, campaigns_of_activity, shops_in
from pinback.web.sessions import visitor_of
from pinback.web.storefront.live import part_or_page, wants_part
from pinback.web.storefront.words import SORTS

_HOT_SHOWN = 8
_ACTIVITIES_SHOWN = 4
_REVIEWS_SHOWN = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is hot and what is offered, then everything; where nobody has a shop or an account yet, the
    engine's reports.
    """
    if not Shop.objects.exists() and not Person.objects.exists():
        return redirect("engine")
    now = clock.now()
    context = _listed(request)
    if not wants_part(request):
        context["hot"] = _cards([product for product, _units in hottest(now=now, limit=_HOT_SHOWN)])
        context["offers"] = offers_everywhere(now=now, limit=_HOT_SHOWN)
        context["activities"] = activities(now=now, limit=_ACTIVITIES_SHOWN).rows
    return part_or_page(request, "storefront/card_list.html", "storefront/home.html", context)


@require_safe
def activity(request: HttpRequest, activity: str) -> HttpResponse:
    """A themed activity: when it is, and what the shops in it offer."""
    now = clock.now()
    found = activity_named(activity)
    context = {
        "activity": found,
        "zone": usual_zone(),
        "is_on": found.starts_at <= now < found.ends_at,
        "is_over": found.ends_at <= now,
        "campaigns": campaigns_of_activity(found, now=now),
        "shops": shops_in(found),
    }
    return render(request, "storefront/activity.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Products whose title has all the words, sorted and filtered as the address says; htmx takes the list
    alone.
    """
    part = "storefront/card_list.html" if "page" in request.GET else "storefront/results.html"
    return part_or_page(request, part, "storefront/search.html", _listed(request))


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
    return part_or_page(request, "storefront/card_list.html", "storefront/shop.html", context)


@require_safe
def product(request: HttpRequest, product: str) -> HttpResponse:
    """A product: its prices alone and in a group, the groups to join, the rebate; htmx takes the groups
    alone.
    """
    page = product_page(product_on_sale(product), now=clock.now())
    context = _offered(page)
    number, average = stars_of(page.product.pk)
    context |= {"number": number, "average": average}
    context["reviews"] = reviews_of(page.product.pk, limit=_REVIEWS_SHOWN).rows if number else ()
    return part_or_page(request, "storefront/groups.html", "storefront/product.html", context)


@require_safe
def group(request: HttpRequest, group: str) -> HttpResponse:
    """A group that somebody shared: who is in it, and the way to join; htmx takes its seats alone."""
    view = view_of(group_named(group), now=clock.now())
    acting = visitor_of(request).actor
    context = _offered(product_page(view.product, now=clock.now()))
    context |= {
        "view": view,
        "free": range(view.seats_left),
        "sits": acting is not None and is_sitting(view.group.pk, acting.person_id),
    }
    return part_or_page(request, "storefront/group_live.html", "storefront/group.html", context)


def _offered(page: ProductPage) -> dict[str, Any]:
    """The page of a product with its cheapest variant, and what a unit of it earns or misses of a rebate."""
    cheapest = min(page.skus, key=lambda sku: sku.group_price_minor) if page.skus else None
    context: dict[str, Any] = {"page": page, "sku": cheapest}
    if cheapest is not None:
        running = [Threshold(offer.threshold_minor, offer.rebate_minor) for offer in page.offers]
        context["earns_minor"] = rebate_of(cheapest.group_price_minor, running)
        context["missing"] = missing_to(cheapest.group_price_minor, running)
        context["is_in_stock"] = any(sku.stock_left for sku in page.skus)
    return context


def _listed(request: HttpRequest, *, shop: str | None = None) -> dict[str, Any]:
    """The products that the address asks for, as cards, with what it asks."""
    asked = request.GET
    words = asked.get("q", "")[:100]
    sort = asked.get("sort", "new")
    number = asked.get("page", "1")
    found: Found = find_on_sale(
        words=words,
        shop=shop,
        sort=cast(Sort, sort if sort in SORTS else "new"),
        with_rebate="rebate" in asked,
        free_postage="free_postage" in asked,
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1,
        now=clock.now(),
    )
    context = {"cards": _cards(found.rows), "next_page": found.next_page, "words": words}
    return context | {"sort": sort, "sorts": SORTS.items(), "with_rebate": "rebate" in asked}


def _cards(products: Iterable[Product]) -> list[dict[str, Any]]:
    """What is shown of each product in a list: its first picture, its lowest group price, what was sold."""
    rows = list(products)
    skus, pictures, sold = skus_of(rows), pictures_of(rows), sold_of(rows, now=clock.now())
    cards = []
    for row in rows:
        offered = [sku for sku in skus[row.pk] if sku.is_offered]
        if offered:
            cheapest = min(offered, key=lambda sku: sku.group_price_minor)
            picture = pictures[row.pk][0] if pictures[row.pk] else None
            cards.append({"product": row, "sku": cheapest, "picture": picture, "sold": sold[row.pk]})
    return cards
