"""Reads of products: what everybody may see, what the shop's staff may, and how many were sold.

Sold means received: the counters are settlement's (section 7 of its spec). The month is the shop's local one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, When

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import shop_for
from pinback.catalog.models import Picture, Product, Sku
from pinback.kit.ids import id_of, public_id
from pinback.kit.paging import Page, page_of
from pinback.kit.prepared import Prepared
from pinback.kit.refusals import NotFound
from pinback.rules.instants import local_month
from pinback.settlement.models import Campaign, ProductMonth, ProductSales
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.moments import instant_of, moment_of


def id_or_not_found(what: str, public: str) -> int:
    """The id of a public id. Raises NotFound for a text that is none."""
    try:
        return id_of(public)
    except ValueError:
        raise NotFound(what, public) from None


def on_sale() -> QuerySet[Product]:
    """The products that buyers can see, of shops that are open."""
    return Product.objects.filter(status="on_sale", shop__status="open").select_related("shop")


def product_on_sale(public: str) -> Product:
    """A product that buyers can see. Raises NotFound."""
    product = _on_sale.first(pk=id_or_not_found("product", public))
    if product is None:
        raise NotFound("product", public)
    return product


_on_sale = Prepared(lambda pk: on_sale().filter(pk=pk))


def search_on_sale(
    *, words: str = "", shop: str | None = None, cursor: str | None = None, limit: int = 20
) -> Page[Product]:
    """Products on sale whose title has all the words, the newest first."""
    found = on_sale()
    for word in words.split()[:8]:
        found = found.filter(title__icontains=word)
    if shop is not None:
        found = found.filter(shop__name=shop)
    return page_of(found, cursor=cursor, limit=limit)


_MOST_RANKED = 1_000

Sort = Literal["new", "hot", "price"]


class Found(NamedTuple):
    """A page of products that were looked for, and the number of the next page (None: this is the last
    one).
    """

    rows: Sequence[Product]
    next_page: int | None


def find_on_sale(
    *,
    words: str = "",
    shop: str | None = None,
    sort: Sort = "new",
    with_rebate: bool = False,
    free_postage: bool = False,
    page: int = 1,
    limit: int = 20,
    now: datetime,
) -> Found:
    """Products on sale that have all the words, by what a buyer cares for: the newest, those sold most this
    month (of the newest thousand), or the lowest group price first. Pages are numbered from 1.
    """
    found = on_sale().filter(Exists(Sku.objects.filter(product=OuterRef("pk"), is_offered=True)))
    for word in words.split()[:8]:
        found = found.filter(title__icontains=word)
    if shop is not None:
        found = found.filter(shop__name=shop)
    if free_postage:
        found = found.filter(postage_minor=0)
    if with_rebate:
        found = found.filter(shop__name__in=[offer.shop.name for offer in offers_everywhere(now=now)])
    first = (max(1, page) - 1) * limit
    rows = list(_sorted(found, sort, now)[first : first + limit + 1])
    return Found(rows[:limit], page + 1 if len(rows) > limit else None)


def _sorted(found: QuerySet[Product], sort: Sort, now: datetime) -> QuerySet[Product]:
    if sort == "price":
        offered = Sku.objects.filter(product=OuterRef("pk"), is_offered=True)
        cheapest = offered.order_by("group_price_minor").values("group_price_minor")[:1]
        return found.annotate(price_minor=Subquery(cheapest)).order_by("price_minor", "-id")
    if sort == "hot":
        ranked = [When(pk=product.pk, then=place) for place, (product, _units) in enumerate(hottest(now=now))]
        if ranked:
            return found.annotate(rank=Case(*ranked, default=len(ranked))).order_by("rank", "-id")
    return found.order_by("-id")


def hottest(*, now: datetime, limit: int = 60) -> Sequence[tuple[Product, int]]:
    """What was sold most in this month of its shop, with the units, of the newest thousand products."""
    products = list(on_sale().order_by("-id")[:_MOST_RANKED])
    sold = sold_of(products, now=now)
    known = [(product, sold[product.pk].this_month) for product in products]
    ranked = sorted((row for row in known if row[1]), key=lambda row: (-row[1], -row[0].pk))
    return ranked[:limit]


def products_of_shop(
    actor: Actor,
    shop: str,
    *,
    status: str | None = None,
    words: str = "",
    stock_at_most: int | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Product]:
    """All products of a shop, for its staff: by status, words of the title, and those of which a variant has
    hardly any stock left. Raises NotFound, Forbidden.
    """
    found = Product.objects.filter(shop=shop_for(actor, shop, "shop.read")).select_related("shop")
    if status is not None:
        found = found.filter(status=status)
    for word in words.split()[:8]:
        found = found.filter(title__icontains=word)
    if stock_at_most is not None:
        low = Sku.objects.filter(product=OuterRef("pk"), is_offered=True, stock_left__lte=stock_at_most)
        found = found.filter(Exists(low))
    return page_of(found, cursor=cursor, limit=limit)


def product_for(actor: Actor, shop: str, public: str, permission: str) -> Product:
    """A product of a shop, if the actor may do `permission` there. Raises NotFound, Forbidden."""
    found = Product.objects.filter(
        shop=shop_for(actor, shop, permission), pk=id_or_not_found("product", public)
    ).select_related("shop")
    product = found.first()
    if product is None:
        raise NotFound("product", public)
    return product


def sku_for(actor: Actor, shop: str, product: str, public: str, permission: str) -> Sku:
    """A variant of a product, if the actor may do `permission` in the shop. Raises NotFound, Forbidden."""
    owner = product_for(actor, shop, product, permission)
    sku = Sku.objects.filter(product=owner, pk=id_or_not_found("variant", public)).first()
    if sku is None:
        raise NotFound("variant", public)
    return sku


_skus_of = Prepared(lambda ids: Sku.objects.filter(product_id__in=ids).order_by("id"))


def skus_of(products: Iterable[Product]) -> Mapping[int, Sequence[Sku]]:
    """The variants of products by product id, in the order in which they were added."""
    ids = [product.pk for product in products]
    found: dict[int, list[Sku]] = {id_: [] for id_ in ids}
    for sku in _skus_of.all(ids=ids):
        found[sku.product_id].append(sku)
    return found


def pictures_of(products: Iterable[Product]) -> Mapping[int, Sequence[Picture]]:
    """The pictures of products by product id, in their places."""
    ids = [product.pk for product in products]
    found: dict[int, list[Picture]] = {id_: [] for id_ in ids}
    for picture in Picture.objects.filter(product_id__in=ids).order_by("place", "id"):
        found[picture.product_id].append(picture)
    return found


class Sold(NamedTuple):
    """Units sold in the current month of the shop, and in total."""

    this_month: int
    in_total: int


def sold_of(products: Iterable[Product], *, now: datetime) -> Mapping[int, Sold]:
    """What is sold of products, by product id (section 7); `product.shop` should be loaded."""
    keys = {product_key(product): product for product in products}
    months = {product.pk: local_month(instant_of(now), product.shop.timezone) for product in keys.values()}
    totals = dict(ProductSales.objects.filter(key__in=keys).values_list("key", "units"))
    current = {
        (key, month): units
        for key, month, units in ProductMonth.objects.filter(
            key__in=keys, month__in=set(months.values())
        ).values_list("key", "month", "units")
    }
    return {
        product.pk: Sold(current.get((key, months[product.pk]), 0), totals.get(key, 0))
        for key, product in keys.items()
    }


def product_key(product: Product) -> str:
    """The key of a product in settlement, `shop/product`."""
    return f"{product.shop.name}/{public_id(product.pk)}"


class Offer(NamedTuple):
    """A rebate campaign that runs now: spend `threshold_minor`, get a voucher of `rebate_minor`."""

    campaign: str
    threshold_minor: int
    rebate_minor: int
    left: int
    valid_days: int
    starts_at: datetime


_running = Prepared(
    lambda shop, at: Campaign.objects.filter(
        shop_id__in=SettledShop.objects.filter(name=shop).values("id"), ended=None, starts_at__lte=at
    )
)


def running_offers(shop: Shop, *, now: datetime) -> Sequence[Offer]:
    """The rebates that a shop gives now, in the order in which settlement prefers them (section 4.2)."""
    found = _running.all(shop=shop.name, at=instant_of(now))
    offers = [
        Offer(
            row.key.partition("/")[2],
            row.threshold_minor,
            row.rebate_minor,
            row.quantity - row.issued,
            row.valid_days,
            moment_of(row.starts_at),
        )
        for row in found
        if row.starts_at is not None
    ]
    return sorted(offers, key=lambda offer: (-offer.rebate_minor, offer.starts_at, offer.campaign))


class ShopOffer(NamedTuple):
    """The best rebate that runs at a shop now."""

    shop: Shop
    threshold_minor: int
    rebate_minor: int
    left: int


def offers_everywhere(*, now: datetime, limit: int = 200) -> Sequence[ShopOffer]:
    """The rebates that open shops give now, one for a shop, the largest share of the threshold first."""
    running = Campaign.objects.filter(ended=None, starts_at__lte=instant_of(now))
    names = dict(SettledShop.objects.filter(id__in=running.values("shop_id")).values_list("id", "name"))
    shops = {shop.name: shop for shop in Shop.objects.filter(name__in=names.values(), status="open")}
    best: dict[str, ShopOffer] = {}
    for row in running.filter(shop_id__in=names).order_by("-rebate_minor", "starts_at", "key"):
        shop = shops.get(names[row.shop_id])
        if shop is not None and shop.name not in best:
            left = row.quantity - row.issued
            best[shop.name] = ShopOffer(shop, row.threshold_minor, row.rebate_minor, left)
    ranked = sorted(best.values(), key=lambda offer: -offer.rebate_minor * 1_000 // offer.threshold_minor)
    return ranked[:limit]


def deals_of(shop: Shop) -> int:
    """Orders of a shop that were received and not fully refunded (section 7.4)."""
    found = SettledShop.objects.filter(name=shop.name).values_list("completed_orders", flat=True).first()
    return found or 0
