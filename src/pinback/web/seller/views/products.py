"""Products: the list, and one with its variants, prices, stock and pictures."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.catalog import actions, pictures, queries, stock
from pinback.catalog.models import Product, Sku
from pinback.catalog.rules import MOST_PICTURES, MOST_SKUS, PRODUCT
from pinback.insight.needs import LOW_STOCK
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.web.access import for_shop
from pinback.web.lists.known import PRODUCTS
from pinback.web.lists.shown import shown_list
from pinback.web.seller import words
from pinback.web.seller.forms import PicturesForm, ProductForm, SkuForm, VersionForm

_ROWS = 3
"""Variants that a new product's page has room for at first."""


@require_safe
@for_shop("shop.read")
def products(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """All products, the newest first."""
    status = request.GET.get("status", "")
    is_low = request.GET.get("stock") == "low"
    page = queries.products_of_shop(
        acting,
        shop.name,
        status="on_sale" if is_low else status if status in words.PRODUCT_STATUSES else None,
        words=request.GET.get("q", ""),
        stock_at_most=LOW_STOCK if is_low else None,
        cursor=request.GET.get("cursor"),
        limit=50,
    )
    skus, shown = queries.skus_of(page.rows), queries.pictures_of(page.rows)
    sold = queries.sold_of(page.rows, now=clock.now())
    context = {
        "place": "products",
        "shop": shop,
        "status": "low" if is_low else status,
        "words": request.GET.get("q", ""),
        "chips": list(words.PRODUCT_STATUSES.items()),
        "listing": shown_list(request, PRODUCTS, acting, shop),
        "rows": [
            _row(product, skus[product.pk], shown[product.pk], sold[product.pk]) for product in page.rows
        ],
        "next_cursor": page.next_cursor,
        "low": LOW_STOCK,
        "may_write": acting.may(shop.pk, "catalog.write"),
    }
    return render(request, "seller/products.html", context)


def _row(product: Product, skus: Any, shown: Any, sold: Any) -> dict[str, Any]:
    offered = [sku for sku in skus if sku.is_offered]
    return {
        "product": product,
        "skus": skus,
        "picture": shown[0] if shown else None,
        "sold": sold,
        "solo": min((sku.solo_price_minor for sku in offered), default=None),
        "group": min((sku.group_price_minor for sku in offered), default=None),
        "stock": sum(sku.stock_left for sku in offered),
        "is_low": any(sku.stock_left <= LOW_STOCK for sku in offered),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("catalog.write")
def new(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """A new product with its variants; it becomes a draft, to look at before buyers do."""
    is_sent = request.method == "POST"
    rows = _room(request)
    form = ProductForm(request.POST if is_sent else None)
    skus = [_sku_row(request, number) for number in range(rows)]
    if is_sent and "more" not in request.POST:
        made = _make(form, skus, shop, acting)
        if made is not None:
            messages.success(request, _("Saved as a draft. Add pictures, then put it on sale."))
            return redirect("seller-product", shop=shop.name, product=public_id(made.pk))
    elif is_sent:
        form = ProductForm(initial=request.POST.dict())
    context = {"place": "products", "shop": shop, "form": form, "skus": skus, "rows": rows, "most": MOST_SKUS}
    is_wrong = bool(form.errors) or any(row.errors for row in skus)
    return render(request, "seller/product_new.html", context, status=422 if is_wrong else 200)


def _room(request: HttpRequest) -> int:
    text = request.POST.get("rows", "")
    rows = int(text) if text.isdecimal() and len(text) < 3 else _ROWS
    return min(MOST_SKUS, rows + _ROWS if "more" in request.POST else rows)


def _sku_row(request: HttpRequest, number: int) -> SkuForm:
    """A row for a variant; one in which nothing is written is none, but the first is needed."""
    prefix = f"sku{number}"
    is_written = any(
        request.POST.get(f"{prefix}-{name}", "").strip() for name in ("name", "solo_price_minor", "stock")
    )
    if request.method == "POST" and "more" not in request.POST and (is_written or number == 0):
        return SkuForm(request.POST, prefix=prefix)
    kept = {
        name.removeprefix(f"{prefix}-"): value
        for name, value in request.POST.items()
        if name.startswith(f"{prefix}-")
    }
    return SkuForm(prefix=prefix, initial=kept, use_required_attribute=number == 0)


def _make(form: ProductForm, rows: list[SkuForm], shop: Shop, acting: Actor) -> Product | None:
    """The product as a draft; None: the forms say what is wrong, all of them at once."""
    bound = [row for row in rows if row.is_bound]
    if not all([form.is_valid(), *(row.is_valid() for row in bound)]):
        return None
    try:
        return actions.create_product(
            shop.name, form.terms(), [row.new_sku() for row in bound], acting=acting, now=clock.now()
        )
    except Refused as refused:
        form.take(refused)
        return None


@require_safe
@for_shop("shop.read")
def product(request: HttpRequest, product: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """One product, with everything that can be changed."""
    found = queries.product_for(acting, shop.name, product, "shop.read")
    return render(request, "seller/product.html", _context(found, shop, acting))


def _context(found: Product, shop: Shop, acting: Actor, **forms: Any) -> dict[str, Any]:
    skus = queries.skus_of([found])[found.pk]
    shown = queries.pictures_of([found])[found.pk]
    may_write = acting.may(shop.pk, "catalog.write")
    changed: SkuForm | None = forms.pop("sku_form", None)
    return {
        "place": "products",
        "shop": shop,
        "product": found,
        "sold": queries.sold_of([found], now=clock.now())[found.pk],
        "form": ProductForm.of(found),
        "skus": [
            (sku, changed if changed is not None and changed.prefix == public_id(sku.pk) else SkuForm.of(sku))
            for sku in skus
        ],
        "new_sku": SkuForm(prefix="new"),
        "pictures": shown,
        "pictures_form": PicturesForm(),
        "can_add_pictures": len(shown) < MOST_PICTURES,
        "can_offer": (found.status, "offer") in PRODUCT,
        "may_write": may_write,
        "low": LOW_STOCK,
    } | forms


def _again(request: HttpRequest, found: Product, shop: Shop, acting: Actor, **forms: Any) -> HttpResponse:
    context = _context(found, shop, acting, **forms)
    return render(request, "seller/product.html", context, status=422)


@require_POST
@for_shop("catalog.write")
def change(request: HttpRequest, product: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Change what is said of a product."""
    found = queries.product_for(acting, shop.name, product, "catalog.write")
    form = ProductForm(request.POST)
    save = partial(actions.change_product, shop.name, product, acting=acting, now=clock.now())
    if form.try_to(lambda given: save(form.terms(), version=given["version"] or 0)):
        said = _("Saved. Groups that are forming keep their size and time.")
        return _done(request, shop, product, said)
    return _again(request, found, shop, acting, form=form)


@require_POST
@for_shop("catalog.write")
def move(request: HttpRequest, product: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Put a product on sale, or take it off."""
    form = VersionForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else 0
    is_offered = request.POST.get("act") == "offer"
    act = actions.offer if is_offered else actions.withdraw
    act(shop.name, product, version=version, acting=acting, now=clock.now())
    messages.success(
        request, _("It is on sale.") if is_offered else _("It is off sale. Placed orders go on.")
    )
    return redirect("seller-product", shop=shop.name, product=product)


@require_POST
@for_shop("catalog.write")
def add_sku(request: HttpRequest, product: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """A further variant."""
    found = queries.product_for(acting, shop.name, product, "catalog.write")
    form = SkuForm(request.POST, prefix="new")
    add = partial(actions.add_sku, shop.name, product, acting=acting, now=clock.now())
    if form.try_to(lambda _given: add(form.new_sku())):
        return _done(request, shop, product, _("The variant is added."))
    return _again(request, found, shop, acting, new_sku=form)


@require_POST
@for_shop("catalog.write")
def change_sku(request: HttpRequest, product: str, sku: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Change a variant's name, prices and stock, or offer it no longer."""
    found = queries.sku_for(acting, shop.name, product, sku, "catalog.write")
    form = SkuForm(request.POST, prefix=sku)
    if form.try_to(lambda _given: _save_sku(found, product, form, shop, acting)):
        return _done(request, shop, product, _("Saved. Placed orders keep their prices."))
    owner = queries.product_for(acting, shop.name, product, "catalog.write")
    return _again(request, owner, shop, acting, sku_form=form)


def _done(request: HttpRequest, shop: Shop, product: str, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("seller-product", shop=shop.name, product=product)


def _save_sku(found: Sku, product: str, form: SkuForm, shop: Shop, acting: Actor) -> None:
    """Stock first, as orders may have taken some meanwhile; each only where it was changed."""
    given, now, sku = form.cleaned_data, clock.now(), public_id(found.pk)
    was = given["was"] if given["was"] is not None else found.stock_left
    if given["stock"] != was:
        stock.set_stock(shop.name, product, sku, stock_left=given["stock"], was=was, acting=acting, now=now)
    terms = form.terms()
    kept = (found.name, found.solo_price_minor, found.group_price_minor, found.is_offered)
    if (terms.name, terms.solo_price_minor, terms.group_price_minor, given["is_offered"]) != kept:
        actions.change_sku(
            shop.name,
            product,
            sku,
            terms,
            is_offered=given["is_offered"],
            version=given["version"] or 0,
            acting=acting,
            now=now,
        )


@require_POST
@for_shop("catalog.write")
def add_pictures(request: HttpRequest, product: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Add pictures, in the last places."""
    found = queries.product_for(acting, shop.name, product, "catalog.write")
    form = PicturesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            for data in form.cleaned_data["pictures"]:
                pictures.add_picture(shop.name, product, data, acting=acting, now=clock.now())
        except Refused as refused:
            form.add_error("pictures", str(refused.refusal.detail))
        else:
            messages.success(request, _("The pictures are added."))
            return redirect("seller-product", shop=shop.name, product=product)
    return _again(request, found, shop, acting, pictures_form=form)


@require_POST
@for_shop("catalog.write")
def remove_picture(
    request: HttpRequest, product: str, picture: str, *, shop: Shop, acting: Actor
) -> HttpResponse:
    """Take a picture away."""
    pictures.remove_picture(shop.name, product, picture, acting=acting, now=clock.now())
    messages.success(request, _("The picture is gone."))
    return redirect("seller-product", shop=shop.name, product=product)
