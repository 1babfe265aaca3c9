"""Products: what everybody can see and search, and what a shop's staff write: variants, prices, pictures,
stock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import BaseModel, ConfigDict, Field

from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in
from pinback.catalog import actions, pictures, queries, stock
from pinback.catalog.models import Picture, Product, Sku
from pinback.catalog.rules import MOST_PRICE_MINOR, MOST_STOCK
from pinback.checkout.pages import ProductPage, product_page
from pinback.groups.models import Group
from pinback.groups.rules import masked
from pinback.kit import clock
from pinback.kit.ids import public_id

router = Router(tags=["Products"])

Cursor = Annotated[
    str | None,
    Query(None, max_length=13, description="`next` of the page before", example="0c1z5k8m2q4r6"),
]
Limit = Annotated[int, Query(20, ge=1, le=100, description="at most so many on a page")]
Price = Annotated[int, Field(ge=1, le=MOST_PRICE_MINOR, description="whole fen", examples=[5900])]
Stock = Annotated[int, Field(ge=0, le=MOST_STOCK, description="units that can be ordered", examples=[100])]
Version = Annotated[int, Field(ge=1, le=2**31 - 2, description="the version you have seen", examples=[1])]


class Input(BaseModel):
    """What is sent in: a field that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class SkuIn(Input):
    """A variant of a product."""

    name: str = Field(min_length=1, max_length=60, examples=["500 g"])
    solo_price_minor: Price
    group_price_minor: Price


class NewSkuIn(SkuIn):
    """A new variant, with its stock."""

    stock: Stock


class SkuChange(SkuIn):
    """What a variant is to be from now on. Orders that were placed keep their prices."""

    is_offered: bool = True
    version: Version


class ProductIn(Input):
    """What is said of a product."""

    title: str = Field(min_length=1, max_length=120, examples=["Oolong, spring harvest"])
    about: str = Field("", max_length=5000)
    group_size: int = Field(2, ge=2, le=100, description="members of a group", examples=[3])
    group_hours: int = Field(24, ge=1, le=168, description="how long a group has to fill", examples=[24])
    postage_minor: int = Field(0, ge=0, le=MOST_PRICE_MINOR, description="fen, for an order of it")


class NewProduct(ProductIn):
    """A new product with its variants."""

    skus: list[NewSkuIn] = Field(min_length=1, max_length=50)


class ProductChange(ProductIn):
    """What a product is to be from now on; groups that are forming keep their size and time."""

    version: Version


class Versioned(Input):
    """Which version of a thing is meant."""

    version: Version


class StockSet(Input):
    """Stock as it was counted: `was` is what you saw, so that orders meanwhile are not overwritten."""

    stock_left: Stock
    was: Stock


class StockChange(Input):
    """Units that came, or (below 0) went."""

    delta: int = Field(ge=-MOST_STOCK, le=MOST_STOCK, examples=[20])


class SkuOut(Schema):
    """A variant as everybody sees it."""

    sku: str = Field(examples=["0c1z5k8m2q4r6"])
    name: str
    solo_price_minor: int
    group_price_minor: int
    stock_left: int
    is_offered: bool
    version: int


class PictureOut(Schema):
    """A picture; `address` is below the host."""

    picture: str
    address: str = Field(examples=["/media/pictures/0f3a….webp"])
    width: int
    height: int


class ProductOut(Schema):
    """A product as it is listed."""

    product: str
    shop: str
    title: str
    status: Literal["draft", "on_sale", "off"]
    group_size: int
    group_hours: int
    postage_minor: int
    solo_price_minor: int | None = Field(description="the lowest of its variants; null without one")
    group_price_minor: int | None
    picture: PictureOut | None = Field(description="the first one")
    sold_this_month: int = Field(description="units received this month, by the shop's calendar")
    sold_in_total: int
    version: int


class ProductList(Schema):
    """A page of products."""

    items: list[ProductOut]
    next: str | None


class ProductForStaff(ProductOut):
    """A product as its shop's staff see it, whole."""

    about: str
    skus: list[SkuOut]
    pictures: list[PictureOut]
    created_at: datetime


class OfferOut(Schema):
    """A rebate that the shop gives now: goods of `threshold_minor` in cash earn a voucher."""

    campaign: str
    threshold_minor: int
    rebate_minor: int
    left: int = Field(description="vouchers that are left")
    valid_days: int


class OpenGroup(Schema):
    """A group that can be joined."""

    group: str
    size: int
    seats_left: int
    expires_at: datetime
    leader: str = Field(description="the leader's name, masked", examples=["A**"])


class ProductDetail(ProductForStaff):
    """All that is shown of a product."""

    shop_title: str
    shop_deals: int = Field(description="orders of the shop that were received and not refunded")
    groups: list[OpenGroup] = Field(description="groups to join, the fullest first")
    offers: list[OfferOut] = Field(description="rebates that run now, the largest first")


@router.get("/products", response=ProductList, auth=None, summary="Search products")
def search(
    request: HttpRequest,
    cursor: Cursor,
    limit: Limit,
    search: Annotated[str, Query("", max_length=100, description="words of the title")],
    shop: Annotated[str | None, Query(None, max_length=64)],
) -> ProductList:
    """Products on sale, the newest first, by words of the title and by shop."""
    page = queries.search_on_sale(words=search, shop=shop, cursor=cursor, limit=limit)
    return ProductList(items=listed(page.rows, now=clock.now()), next=page.next_cursor)


@router.get("/products/{product}", response=ProductDetail, auth=None, summary="A product")
def product(request: HttpRequest, product: str) -> ProductDetail:
    """Prices, pictures, groups to join, what was sold, and the rebates that run now."""
    now = clock.now()
    return _detail(product_page(queries.product_on_sale(product), now=now), now=now)


@router.get("/shops/{shop}/products", response=ProductList, summary="Products of a shop, for its staff")
def products_of_shop(
    request: HttpRequest,
    shop: str,
    cursor: Cursor,
    limit: Limit,
    status: Annotated[Literal["draft", "on_sale", "off"] | None, Query(None)],
) -> ProductList:
    """All products of the shop, drafts too, the newest first."""
    page = queries.products_of_shop(actor_in(request), shop, status=status, cursor=cursor, limit=limit)
    return ProductList(items=listed(page.rows, now=clock.now()), next=page.next_cursor)


@router.post("/shops/{shop}/products", response={201: ProductForStaff}, summary="Add a product")
def create(request: HttpRequest, shop: str, given: NewProduct) -> Status[ProductForStaff]:
    """A new product as a draft, which nobody sees before it is offered."""
    now = clock.now()
    skus = [actions.NewSku(terms=_sku_terms(sku), stock=sku.stock) for sku in given.skus]
    made = actions.create_product(shop, _terms(given), skus, acting=actor_in(request), now=now)
    return Status(201, for_staff(made, now=now))


@router.get("/shops/{shop}/products/{product}", response=ProductForStaff, summary="A product, for staff")
def product_of_shop(request: HttpRequest, shop: str, product: str) -> ProductForStaff:
    """A product with all its variants, whatever its status."""
    found = queries.product_for(actor_in(request), shop, product, "shop.read")
    return for_staff(found, now=clock.now())


@router.put("/shops/{shop}/products/{product}", response=ProductForStaff, summary="Change a product")
def change(request: HttpRequest, shop: str, product: str, given: ProductChange) -> ProductForStaff:
    """Say something else of a product. A stale `version` is a conflict."""
    now = clock.now()
    changed = actions.change_product(
        shop, product, _terms(given), version=given.version, acting=actor_in(request), now=now
    )
    return for_staff(changed, now=now)


@router.post("/shops/{shop}/products/{product}/offer", response=ProductForStaff, summary="Put on sale")
def offer(request: HttpRequest, shop: str, product: str, given: Versioned) -> ProductForStaff:
    """Let buyers see and buy a product."""
    now = clock.now()
    offered = actions.offer(shop, product, version=given.version, acting=actor_in(request), now=now)
    return for_staff(offered, now=now)


@router.post("/shops/{shop}/products/{product}/withdraw", response=ProductForStaff, summary="Take off sale")
def withdraw(request: HttpRequest, shop: str, product: str, given: Versioned) -> ProductForStaff:
    """Let no buyer see it any more. Orders that were placed go on; nobody can place another."""
    now = clock.now()
    withdrawn = actions.withdraw(shop, product, version=given.version, acting=actor_in(request), now=now)
    return for_staff(withdrawn, now=now)


@router.post("/shops/{shop}/products/{product}/skus", response={201: SkuOut}, summary="Add a variant")
def add_sku(request: HttpRequest, shop: str, product: str, given: NewSkuIn) -> Status[SkuOut]:
    """A further variant of a product."""
    new = actions.NewSku(terms=_sku_terms(given), stock=given.stock)
    made = actions.add_sku(shop, product, new, acting=actor_in(request), now=clock.now())
    return Status(201, _sku(made))


@router.put("/shops/{shop}/products/{product}/skus/{sku}", response=SkuOut, summary="Change a variant")
def change_sku(request: HttpRequest, shop: str, product: str, sku: str, given: SkuChange) -> SkuOut:
    """Change name and prices, or offer it no longer. A stale `version` is a conflict."""
    changed = actions.change_sku(
        shop,
        product,
        sku,
        _sku_terms(given),
        is_offered=given.is_offered,
        version=given.version,
        acting=actor_in(request),
        now=clock.now(),
    )
    return _sku(changed)


@router.put("/shops/{shop}/products/{product}/skus/{sku}/stock", response=SkuOut, summary="Set stock")
def set_stock(request: HttpRequest, shop: str, product: str, sku: str, given: StockSet) -> SkuOut:
    """Set what can still be ordered. It is a conflict if it is no longer what you saw."""
    changed = stock.set_stock(
        shop,
        product,
        sku,
        stock_left=given.stock_left,
        was=given.was,
        acting=actor_in(request),
        now=clock.now(),
    )
    return _sku(changed)


@router.post("/shops/{shop}/products/{product}/skus/{sku}/stock", response=SkuOut, summary="Adjust stock")
def adjust_stock(request: HttpRequest, shop: str, product: str, sku: str, given: StockChange) -> SkuOut:
    """Add units that came in, or take out units that are gone."""
    changed = stock.adjust_stock(
        shop, product, sku, delta=given.delta, acting=actor_in(request), now=clock.now()
    )
    return _sku(changed)


@router.post("/shops/{shop}/products/{product}/pictures", response={201: PictureOut}, summary="Add a picture")
@own_transactions("kept")
def add_picture(
    request: HttpRequest, shop: str, product: str, file: File[UploadedFile]
) -> Status[PictureOut]:
    """A JPEG, PNG or WebP of at most 8 MB and 40 million pixels; only its pixels are kept."""
    data = pictures.read_at_most(file)
    made = pictures.add_picture(shop, product, data, acting=actor_in(request), now=clock.now())
    return Status(201, picture_out(made))


@router.delete(
    "/shops/{shop}/products/{product}/pictures/{picture}", response={204: None}, summary="Remove a picture"
)
def remove_picture(request: HttpRequest, shop: str, product: str, picture: str) -> Status[None]:
    """Take a picture away, for good."""
    pictures.remove_picture(shop, product, picture, acting=actor_in(request), now=clock.now())
    return Status(204, None)


def listed(products: Sequence[Product], *, now: datetime) -> list[ProductOut]:
    """Products as they are listed, in a few queries however many they are."""
    skus, shown = queries.skus_of(products), queries.pictures_of(products)
    sold = queries.sold_of(products, now=now)
    return [
        ProductOut(**_basics(product, skus[product.pk], shown[product.pk], sold[product.pk]))
        for product in products
    ]


def for_staff(product: Product, *, now: datetime) -> ProductForStaff:
    """A product, whole."""
    skus, shown = queries.skus_of([product])[product.pk], queries.pictures_of([product])[product.pk]
    sold = queries.sold_of([product], now=now)[product.pk]
    return ProductForStaff(**_whole(product, skus, shown, sold))


def _detail(page: ProductPage, *, now: datetime) -> ProductDetail:
    return ProductDetail(
        **_whole(page.product, page.skus, page.pictures, page.sold),
        shop_title=page.product.shop.title,
        shop_deals=page.deals,
        groups=[open_group(group) for group in page.groups],
        offers=[
            OfferOut(
                campaign=offer.campaign,
                threshold_minor=offer.threshold_minor,
                rebate_minor=offer.rebate_minor,
                left=offer.left,
                valid_days=offer.valid_days,
            )
            for offer in page.offers
        ],
    )


def open_group(group: Group) -> OpenGroup:
    """A group that can be joined; its leader should be loaded."""
    return OpenGroup(
        group=public_id(group.pk),
        size=group.size,
        seats_left=group.size - group.seats_taken,
        expires_at=group.expires_at,
        leader=masked(group.leader.name),
    )


def _whole(
    product: Product, skus: Sequence[Sku], shown: Sequence[Picture], sold: queries.Sold
) -> dict[str, Any]:
    return {
        **_basics(product, skus, shown, sold),
        "about": product.about,
        "skus": [_sku(sku) for sku in skus],
        "pictures": [picture_out(picture) for picture in shown],
        "created_at": product.created_at,
    }


def _basics(
    product: Product, skus: Sequence[Sku], shown: Sequence[Picture], sold: queries.Sold
) -> dict[str, Any]:
    offered = [sku for sku in skus if sku.is_offered]
    return {
        "product": public_id(product.pk),
        "shop": product.shop.name,
        "title": product.title,
        "status": product.status,
        "group_size": product.group_size,
        "group_hours": product.group_hours,
        "postage_minor": product.postage_minor,
        "solo_price_minor": min((sku.solo_price_minor for sku in offered), default=None),
        "group_price_minor": min((sku.group_price_minor for sku in offered), default=None),
        "picture": picture_out(shown[0]) if shown else None,
        "sold_this_month": sold.this_month,
        "sold_in_total": sold.in_total,
        "version": product.version,
    }


def _sku(sku: Sku) -> SkuOut:
    return SkuOut(
        sku=public_id(sku.pk),
        name=sku.name,
        solo_price_minor=sku.solo_price_minor,
        group_price_minor=sku.group_price_minor,
        stock_left=sku.stock_left,
        is_offered=sku.is_offered,
        version=sku.version,
    )


def picture_out(picture: Picture) -> PictureOut:
    """A picture as it is shown."""
    return PictureOut(
        picture=public_id(picture.pk),
        address=pictures.address_of(picture),
        width=picture.width,
        height=picture.height,
    )


def _terms(given: ProductIn) -> actions.ProductTerms:
    return actions.ProductTerms(
        title=given.title,
        about=given.about,
        group_size=given.group_size,
        group_hours=given.group_hours,
        postage_minor=given.postage_minor,
    )


def _sku_terms(given: SkuIn) -> actions.SkuTerms:
    return actions.SkuTerms(
        name=given.name,
        solo_price_minor=given.solo_price_minor,
        group_price_minor=given.group_price_minor,
    )
