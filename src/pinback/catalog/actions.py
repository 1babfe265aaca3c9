"""Writes of products and their variants, by the shop's staff. Prices are in fen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.queries import shop_for
from pinback.catalog.models import Product, Sku
from pinback.catalog.queries import product_for, sku_for
from pinback.catalog.rules import MOST_SKUS, MOST_STOCK, PRODUCT, terms_are_wrong
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import assert_open, durable


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms:
    """What a shop says of a product; `postage_minor` is for an order of it."""

    title: str
    about: str = ""
    group_size: int = 2
    group_hours: int = 24
    postage_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuTerms:
    """What a shop says of a variant."""

    name: str
    solo_price_minor: int
    group_price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSku:
    """A variant to begin with, and its stock."""

    terms: SkuTerms
    stock: int


@durable
def create_product(
    shop: str, terms: ProductTerms, skus: Sequence[NewSku], *, acting: Actor, now: datetime
) -> Product:
    """A new product, as a draft that no buyer sees, with its variants. Raises Refused for its terms."""
    owner = shop_for(acting, shop, "catalog.write")
    _check_product(terms)
    product = Product(id=new_id(), shop=owner, created_at=now, **asdict(terms))
    product.save(force_insert=True)
    for sku in skus:
        _add_within(product, sku)
    _note("product", product.pk, "", "draft", acting, now)
    return product


@durable
def change_product(
    shop: str, product: str, terms: ProductTerms, *, version: int, acting: Actor, now: datetime
) -> Product:
    """Change what is said of a product; groups that are forming keep their size and time. Raises Conflict
    `stale`: another version is there now.
    """
    found = product_for(acting, shop, product, "catalog.write")
    _check_product(terms)
    _update(Product, found.pk, version, asdict(terms))
    _note("product", found.pk, found.status, found.status, acting, now)
    return Product.objects.select_related("shop").get(pk=found.pk)


@durable
def add_sku(shop: str, product: str, sku: NewSku, *, acting: Actor, now: datetime) -> Sku:
    """A further variant of a product. Raises Refused."""
    made = _add_within(product_for(acting, shop, product, "catalog.write"), sku)
    _note("variant", made.pk, "", _prices(made), acting, now)
    return made


@durable
def change_sku(
    shop: str,
    product: str,
    sku: str,
    terms: SkuTerms,
    *,
    is_offered: bool,
    version: int,
    acting: Actor,
    now: datetime,
) -> Sku:
    """Change name and prices of a variant, or offer it no longer; orders that were placed keep their prices.
    Raises Conflict `stale`.
    """
    found = sku_for(acting, shop, product, sku, "catalog.write")
    _check_sku(found.product_id, terms, but=found.pk)
    _update(Sku, found.pk, version, {**asdict(terms), "is_offered": is_offered})
    changed = Sku.objects.get(pk=found.pk)
    _note("variant", found.pk, _prices(found), _prices(changed), acting, now)
    return changed


@durable
def offer(shop: str, product: str, *, version: int, acting: Actor, now: datetime) -> Product:
    """Put a product on sale. Raises Refused `nothing_to_sell` where it has no variant to offer; Conflict."""
    found = product_for(acting, shop, product, "catalog.write")
    if not Sku.objects.filter(product=found, is_offered=True).exists():
        raise Refused("nothing_to_sell", _("Add a variant with its price first."), "skus")
    return _move_within(found, "offer", version, acting, now)


@durable
def withdraw(shop: str, product: str, *, version: int, acting: Actor, now: datetime) -> Product:
    """Take a product off sale: orders that were placed go on, nobody can place another. Raises Conflict."""
    found = product_for(acting, shop, product, "catalog.write")
    return _move_within(found, "withdraw", version, acting, now)


def _move_within(product: Product, event: str, version: int, acting: Actor, now: datetime) -> Product:
    assert_open()
    after = PRODUCT.get((product.status, event))
    if after is None:
        raise Conflict("wrong_state", _("The product is not in a state for that."))
    _update(Product, product.pk, version, {"status": after})
    _note("product", product.pk, product.status, after, acting, now)
    return Product.objects.select_related("shop").get(pk=product.pk)


def _note(subject: str, id_: int, before: str, after: str, acting: Actor, now: datetime) -> None:
    note_change(subject, id_, before=before, after=after, now=now, person_id=acting.person_id)


def _prices(sku: Sku) -> str:
    """What the history says of a variant: its two prices in fen, and whether it is offered."""
    return f"{sku.solo_price_minor}/{sku.group_price_minor}{'' if sku.is_offered else ' off'}"


def _update(model: type[Product] | type[Sku], pk: int, version: int, changes: dict[str, Any]) -> None:
    updated = model.objects.filter(pk=pk, version=version).update(version=F("version") + 1, **changes)
    if not updated:
        raise Conflict("stale", _("Somebody has changed this meanwhile; look at it again."), "version")


def _check_product(terms: ProductTerms) -> None:
    if not terms.title.strip():
        raise Refused("no_title", _("A product needs a title."), "title")
    if not 2 <= terms.group_size <= 100:
        raise Refused("bad_group_size", _("A group has 2 to 100 members."), "group_size")
    if not 1 <= terms.group_hours <= 168:
        raise Refused("bad_group_hours", _("A group has 1 to 168 hours."), "group_hours")
    if terms.postage_minor < 0:
        raise Refused("bad_price", _("Postage cannot be below 0."), "postage_minor")


def _check_sku(product_id: int, terms: SkuTerms, *, but: int | None = None) -> None:
    wrong = terms_are_wrong(terms.solo_price_minor, terms.group_price_minor)
    if wrong is not None:
        field, code = wrong
        raise Refused(
            code, _("A price is at least 0.01; that in a group is not above that for one alone."), field
        )
    if not terms.name.strip():
        raise Refused("no_name", _("A variant needs a name."), "name")
    others = Sku.objects.filter(product_id=product_id, name=terms.name)
    if (others if but is None else others.exclude(pk=but)).exists():
        raise Refused("name_taken", _("The product has a variant of this name already."), "name")


def _add_within(product: Product, sku: NewSku) -> Sku:
    assert_open()
    # The guarded write to the product's row lets one addition wait for the other, so the count below holds.
    Product.objects.filter(pk=product.pk).update(version=F("version"))
    _check_sku(product.pk, sku.terms)
    if not 0 <= sku.stock <= MOST_STOCK:
        raise Refused("bad_stock", _("Stock is between 0 and a billion."), "stock")
    if Sku.objects.filter(product=product).count() >= MOST_SKUS:
        raise Refused("too_many", _("A product has at most 50 variants."), "skus")
    made = Sku(
        id=new_id(), shop_id=product.shop_id, product=product, stock_left=sku.stock, **asdict(sku.terms)
    )
    made.save(force_insert=True)
    return made
