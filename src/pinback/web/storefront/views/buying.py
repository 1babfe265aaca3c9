"""Buying: the quote, the choice of a voucher, the address, and placing the order."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pinback.accounts.actions import add_address
from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import addresses_of
from pinback.catalog.models import Product, Sku
from pinback.catalog.queries import product_on_sale, skus_of
from pinback.checkout import actions
from pinback.checkout.actions.quoting import MOST_UNITS
from pinback.checkout.models import Order
from pinback.checkout.rules import Kind
from pinback.checkout.wallet import usable_vouchers
from pinback.checkout.wishes import BEST, Circumstances, Wish, WishedLine
from pinback.kit import clock
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.settlement.models import Voucher
from pinback.settlement.moments import moment_of
from pinback.web.access import signed_in
from pinback.web.storefront.forms import AddressForm, OrderForm
from pinback.web.storefront.live import part_or_page, wants_part
from pinback.web.storefront.views.sharing import link_of

_KINDS = ("solo", "open", "join")


class Wished(NamedTuple):
    """What the address or the form of the page asks for, with the variants to choose from."""

    product: Product
    skus: Sequence[Sku]
    sku: Sku
    wish: Wish


class VoucherChoice(NamedTuple):
    """A voucher that the buyer could choose."""

    code: str
    amount_minor: int
    shop: str
    expires_at: datetime


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def buy(request: HttpRequest, product: str, *, acting: Actor) -> HttpResponse:
    """The quote, the address, and placing the order. The best voucher is used unless one chooses otherwise;
    htmx takes the quote alone, for what is chosen so far.
    """
    is_placing = request.method == "POST" and "place" in request.POST
    asked = request.POST if request.method == "POST" else request.GET
    wished = _wished(product, asked)
    kept = addresses_of(acting)
    typed = {name: asked[name] for name in ("form", *AddressForm.base_fields) if name in asked}
    initial = {"form": public_id(new_id())} | _last_address(acting) | typed
    form = OrderForm(kept, request.POST if is_placing else None, initial=initial)
    if is_placing and form.is_valid():
        try:
            return redirect("pay", order=public_id(_place(request, form, wished.wish, acting).pk))
        except Refused as refused:
            form.take(refused)
    context: dict[str, Any] = {"form": form, "kept": kept, **wished._asdict(), "kind": wished.wish.kind}
    try:
        context |= _quoted(wished.wish, acting)
    except Conflict:
        if wished.wish.group is None:
            raise
        # One who sits there already, or comes too late, is told so on the group's page.
        return _to_group(request, wished.wish.group)
    except Refused as refused:
        context["why_not"] = refused.refusal.detail
    status = 422 if form.errors else 200
    return part_or_page(request, "storefront/buy_quote.html", "storefront/buy.html", context, status=status)


def _wished(product: str, asked: QueryDict) -> Wished:
    found = product_on_sale(product)
    offered = [sku for sku in skus_of([found])[found.pk] if sku.is_offered]
    chosen = [sku for sku in offered if public_id(sku.pk) == asked.get("sku")]
    # What can be had comes first; what is sold out is told by the quote.
    at_hand = [sku for sku in offered if sku.stock_left]
    sku = next(iter([*chosen, *at_hand, *offered]), None)
    kind = asked.get("kind", "solo")
    if sku is None or kind not in _KINDS:
        raise NotFound("product", product)
    typed = asked.get("quantity", "1")
    quantity = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    voucher = asked.get("voucher", BEST)
    wish = Wish(
        product=product,
        lines=[WishedLine(public_id(sku.pk), max(1, min(quantity, MOST_UNITS)))],
        kind=cast(Kind, kind),
        group=asked.get("group") or None,
        # A box that is not ticked says nothing: whether there was one, the form says.
        if_full="other" if "move_if_full" in asked or "sent" not in asked else "refund",
        voucher=None if voucher == "none" else voucher[:145],
    )
    return Wished(found, offered, sku, wish)


def _quoted(wish: Wish, acting: Actor) -> dict[str, Any]:
    """What the wish comes to, and the vouchers to choose from: the best one first."""
    now = clock.now()
    best = quote = actions.quote(replace(wish, voucher=BEST), acting=acting, now=now)
    if wish.voucher != BEST:
        quote = actions.quote(wish, acting=acting, now=now)
    usable = usable_vouchers(acting.buyer, now=now)
    titles = dict(Shop.objects.filter(name__in=[_giver(row) for row in usable]).values_list("name", "title"))
    choices = {
        row.code: VoucherChoice(
            row.code, row.amount_minor, titles.get(_giver(row), _giver(row)), moment_of(row.expires_at)
        )
        for row in sorted(usable, key=lambda row: (-row.amount_minor, row.expires_at))
    }
    best_one = choices.pop(best.voucher, None) if best.voucher else None
    return {"quote": quote, "best": best_one, "vouchers": list(choices.values()), "usable": len(usable)}


def _giver(voucher: Voucher) -> str:
    """The name of the shop that gave a voucher."""
    return voucher.code.partition("/")[0]


def _to_group(request: HttpRequest, group: str) -> HttpResponse:
    where = reverse("group", kwargs={"group": group})
    if not wants_part(request):
        return redirect(where)
    gone = HttpResponse()
    gone["HX-Redirect"] = where
    return gone


def _place(request: HttpRequest, form: OrderForm, wish: Wish, acting: Actor) -> Order:
    came_by = link_of(request, product_on_sale(wish.product).shop)
    noted = Circumstances(
        note=form.cleaned_data["note"],
        client_address=request.META.get("REMOTE_ADDR", "")[:45],
        device=request.headers.get("User-Agent", "")[:64],
        link_id=came_by.pk if came_by is not None else None,
        form=form.cleaned_data["form"],
    )
    order, is_new = actions.place_once(wish, form.destination(), noted, acting=acting, now=clock.now())
    if not is_new:
        said = _(
            "You have placed this order already; it was not placed again. Another one begins at a product."
        )
        messages.info(request, said)
        return order
    if form.chosen is None and form.cleaned_data["keep"]:
        # The order stands, whatever becomes of the address.
        with suppress(Refused):
            add_address(form.terms(), is_default=False, acting=acting)
    return order


def _last_address(acting: Actor) -> dict[str, str]:
    """Where the last order of a buyer went, for those who keep no address."""
    last = Order.objects.filter(buyer_id=acting.person_id).order_by("-id").first()
    if last is None:
        return {}
    return {name: getattr(last, name) for name in ("recipient", "phone", "region", "street")}
