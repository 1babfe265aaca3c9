"""Buying: the quote and the order, and paying it."""

from contextlib import suppress
from typing import Any, Literal, cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actions import add_address
from pinback.accounts.actors import Actor
from pinback.accounts.queries import addresses_of
from pinback.api.links import qr_svg
from pinback.catalog.queries import id_or_not_found, product_on_sale, skus_of
from pinback.checkout import actions
from pinback.checkout.actions.quoting import Quote
from pinback.checkout.models import Order
from pinback.checkout.pages import order_page
from pinback.checkout.queries import order_of_buyer
from pinback.checkout.rules import Kind
from pinback.checkout.wishes import BEST, Circumstances, Wish, WishedLine
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound, Refused
from pinback.payments.actions.deciding import decide_payment
from pinback.payments.queries import payment_for
from pinback.payments.rules import OPEN_PAYMENT
from pinback.web.access import signed_in
from pinback.web.storefront.forms import OrderForm
from pinback.web.storefront.live import wants_part
from pinback.web.storefront.views.sharing import link_of

_KINDS = ("solo", "open", "join")
STRIPE = {
    "script-src": "https://js.stripe.com",
    "frame-src": ["https://js.stripe.com", "https://hooks.stripe.com"],
    "connect-src": "https://api.stripe.com",
}
"""What the card form needs beside our own (the provider's security guide)."""


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def buy(request: HttpRequest, product: str, *, acting: Actor) -> HttpResponse:
    """The quote, the address, and placing the order. The best voucher is used unless one says no."""
    asked = request.POST if request.method == "POST" else request.GET
    kind = asked.get("kind", "solo")
    if kind not in _KINDS:
        raise NotFound("page")
    found = product_on_sale(product)
    offered = [sku for sku in skus_of([found])[found.pk] if sku.is_offered]
    kept = addresses_of(acting)
    form = OrderForm(kept, request.POST or None, initial=_last_address(acting))
    sku = next(
        (one for one in offered if public_id(one.pk) == asked.get("sku")), offered[0] if offered else None
    )
    if sku is None:
        raise NotFound("product", product)
    quantity = int(asked.get("quantity", "1")) if asked.get("quantity", "1").isdigit() else 1
    wish = Wish(
        product=product,
        lines=[WishedLine(public_id(sku.pk), max(1, min(quantity, 999)))],
        kind=cast(Kind, kind),
        group=asked.get("group") or None,
        if_full="other" if asked.get("move_if_full", "on") else "refund",
        voucher=None if asked.get("voucher") == "none" else BEST,
    )
    if request.method == "POST" and "place" in request.POST and form.is_valid():
        try:
            return redirect("pay", order=public_id(_place(request, form, wish, acting).pk))
        except Refused as refused:
            form.take(refused)
    context: dict[str, Any] = {"product": found, "skus": offered, "sku": sku, "kind": kind, "form": form}
    context["kept"] = kept
    context |= {"quote": _quote(wish, acting, form), "wish": wish, "quantity": wish.lines[0].quantity}
    return render(request, "storefront/buy.html", context, status=422 if form.errors else 200)


def _quote(wish: Wish, acting: Actor, form: OrderForm) -> Quote | None:
    try:
        return actions.quote(wish, acting=acting, now=clock.now())
    except Refused as refused:
        if form.is_bound:
            form.take(refused)
            return None
        raise


def _place(request: HttpRequest, form: OrderForm, wish: Wish, acting: Actor) -> Order:
    came_by = link_of(request, product_on_sale(wish.product).shop)
    noted = Circumstances(
        note=form.cleaned_data["note"],
        client_address=request.META.get("REMOTE_ADDR", "")[:45],
        device=request.headers.get("User-Agent", "")[:64],
        link_id=came_by.pk if came_by is not None else None,
    )
    order = actions.place(wish, form.destination(), noted, acting=acting, now=clock.now())
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


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def pay(request: HttpRequest, order: str, *, acting: Actor) -> HttpResponse:
    """Choose how to pay. What cannot be started now is told here, and the other way can be tried."""
    page = order_page(order_of_buyer(acting, order))
    if page.step != "pay":
        return redirect("order", order=order)
    refusal = None
    method = request.POST.get("method")
    if method in ("wechat", "debit_card"):
        chosen: Literal["wechat", "debit_card"] = cast(Any, method)
        try:
            made = actions.pay(order, chosen, acting=acting, now=clock.now())
        except Refused as refused:
            refusal = refused.refusal
        else:
            return redirect("payment", order=order, payment=public_id(made.pk))
    context = {"page": page, "refusal": refusal, "place": "orders"}
    return render(request, "storefront/pay.html", context, status=422 if refusal else 200)


@require_safe
@signed_in
def payment(request: HttpRequest, order: str, payment: str, *, acting: Actor) -> HttpResponse:
    """A payment that was begun: its QR code, its card form, or the sandbox's buttons. It follows by itself
    when the money is there.
    """
    page = order_page(order_of_buyer(acting, order))
    found = payment_for(acting, id_or_not_found("payment", payment))
    if found.subject != page.order.key:
        raise NotFound("payment", payment)
    if page.step != "pay" or found.status not in OPEN_PAYMENT:
        where = reverse("order" if page.step != "pay" else "pay", kwargs={"order": order})
        if not wants_part(request):
            return redirect(where)
        gone = HttpResponse()
        gone["HX-Redirect"] = where
        return gone
    if wants_part(request):
        return HttpResponse(status=204)
    kind = found.to_client.get("kind", "")
    context: dict[str, Any] = {"page": page, "payment": found, "kind": kind, "place": "orders"}
    if kind == "wechat_native":
        context["qr"] = qr_svg(found.to_client["code_url"])
    if kind == "stripe":
        return _card_page(request, context)
    return render(request, "storefront/payment.html", context)


def _card_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The card is typed into the provider's own form: its script and frames are let in on this page alone."""
    page = csp_update(STRIPE)(lambda asked: render(asked, "storefront/payment.html", context))
    return cast(HttpResponse, page(request))


@require_POST
@signed_in
def decide(request: HttpRequest, payment: str, *, acting: Actor) -> HttpResponse:
    """In the sandbox, say how a payment ends. There is no such page elsewhere."""
    if not settings.PINBACK_SANDBOX:
        raise NotFound("page")
    found = payment_for(acting, id_or_not_found("payment", payment))
    outcome: Any = "failed" if request.POST.get("outcome") == "failed" else "paid"
    decide_payment(found.number, outcome, now=clock.now())
    return redirect("order" if outcome == "paid" else "pay", order=found.subject.partition("/")[2])
