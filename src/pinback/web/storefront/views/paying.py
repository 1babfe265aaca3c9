"""Paying an order, or a debt: how, and the page of a payment that was begun, which follows by itself."""

import json
from typing import Any, Literal, NamedTuple, cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.queries import shop_named
from pinback.api.links import qr_svg
from pinback.catalog.queries import id_or_not_found
from pinback.checkout.pages import order_page
from pinback.checkout.queries import order_of_buyer
from pinback.checkout.wallet import debt_to
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound, Refusal, Refused
from pinback.payments.actions import payer_known
from pinback.payments.actions.deciding import decide_payment
from pinback.payments.models import Payment
from pinback.payments.queries import payment_for
from pinback.payments.rules import OPEN_PAYMENT
from pinback.web.access import signed_in
from pinback.web.storefront.live import wants_part
from pinback.web.storefront.views.wechat import (
    ask_who_pays,
    begin,
    can_pay_inside,
    is_set_up,
    to_wechat,
)

Method = Literal["wechat", "debit_card"]

STRIPE = {
    "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
    "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
    "connect-src": "https://api.stripe.com",
}
"""What the card form needs beside our own (the provider's security guide)."""


_SIGNED = ("appId", "timeStamp", "nonceStr", "package", "signType", "paySign")
"""What WeChat's bridge is given."""


class Purpose(NamedTuple):
    """What a payment is for: its name, where one can pay another way, and where one is when it is paid.

    `is_open`: it can still be paid.
    """

    title: str
    choose: str
    done: str
    is_open: bool


def _method(request: HttpRequest) -> Method | None:
    asked = request.POST.get("method")
    return cast(Method, asked) if asked in ("wechat", "debit_card") else None


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def pay(request: HttpRequest, order: str, *, acting: Actor) -> HttpResponse:
    """Choose how to pay. What cannot be started now is told here, and the other way can be tried."""
    page = order_page(order_of_buyer(acting, order))
    if page.step != "pay":
        return redirect("order", order=order)
    refusal: Refusal | None = None
    method = _method(request)
    if method is not None:
        try:
            return _begun(request, "order", order, method, acting)
        except Refused as refused:
            refusal = refused.refusal
    context = {
        "title": page.order.product.title,
        "amount_minor": page.cash_minor,
        "until": page.order.pay_until,
        "back": reverse("order", kwargs={"order": order}),
        "refusal": refusal,
        "place": "orders",
    }
    return _choices(request, context)


def _begun(request: HttpRequest, kind: str, name: str, method: Method, acting: Actor) -> HttpResponse:
    """Begin to pay, and go to the payment; inside WeChat first to WeChat, if it is not known yet who pays."""
    openid = ""
    if method == "wechat" and can_pay_inside(request):
        openid = "" if "again" in request.POST else payer_known(acting)
        if not openid:
            return ask_who_pays(kind, name, acting)
    made = begin(kind, name, method, acting=acting, openid=openid)
    return redirect("payment", payment=public_id(made.pk))


def _choices(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The ways to pay."""
    context["is_inside"] = can_pay_inside(request)
    status = 422 if context["refusal"] else 200
    page = to_wechat(lambda asked: render(asked, "storefront/pay.html", context, status=status))
    return page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def debt(request: HttpRequest, shop: str, *, acting: Actor) -> HttpResponse:
    """Choose how to pay what one owes a shop."""
    found = shop_named(shop)
    owed_minor = debt_to(shop, acting.buyer)
    if not owed_minor:
        return redirect("wallet")
    refusal: Refusal | None = None
    method = _method(request)
    if method is not None:
        try:
            return _begun(request, "debt", shop, method, acting)
        except Refused as refused:
            refusal = refused.refusal
    context = {
        "title": _("What you owe %(shop)s") % {"shop": found.title},
        "amount_minor": owed_minor,
        "back": reverse("wallet"),
        "refusal": refusal,
        "place": "wallet",
    }
    return _choices(request, context)


@require_safe
@signed_in
def payment(request: HttpRequest, payment: str, *, acting: Actor) -> HttpResponse:
    """A payment that was begun: its QR code, its card form, or the sandbox's buttons. It follows by itself
    when the money is there.
    """
    found, purpose = _payment(acting, payment)
    if not purpose.is_open or found.status not in OPEN_PAYMENT:
        where = purpose.choose if purpose.is_open else purpose.done
        if not wants_part(request):
            return redirect(where)
        gone = HttpResponse()
        gone["HX-Redirect"] = where
        return gone
    if wants_part(request):
        return HttpResponse(status=204)
    kind = found.to_client.get("kind", "")
    context: dict[str, Any] = {"payment": found, "kind": kind, **purpose._asdict()}
    if kind == "wechat_native":
        context["qr"] = qr_svg(found.to_client["code_url"])
    if kind == "stripe":
        return _card_page(request, context)
    if kind == "wechat_jsapi" and can_pay_inside(request):
        context["request_json"] = json.dumps({name: found.to_client[name] for name in _SIGNED})
    context |= {"is_inside": can_pay_inside(request), "is_wechat_set_up": is_set_up()}
    page = to_wechat(lambda asked: render(asked, "storefront/payment.html", context))
    return page(request)


def _card_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The card is typed into the provider's own form: its script and frames are let in on this page alone."""
    page = csp_update(STRIPE)(lambda asked: render(asked, "storefront/payment.html", context))
    return cast(HttpResponse, page(request))


def _payment(acting: Actor, public: str) -> tuple[Payment, Purpose]:
    """A buyer's own payment, of an order or a debt. Raises NotFound."""
    found = payment_for(acting, id_or_not_found("payment", public))
    if found.payer_id != acting.person_id or found.purpose not in ("order", "debt"):
        raise NotFound("payment", public)
    shop, _slash, order = found.subject.partition("/")
    if found.purpose == "debt":
        title = _("What you owe %(shop)s") % {"shop": found.shop.title}
        is_owed = debt_to(shop, acting.buyer) > 0 and found.status in OPEN_PAYMENT
        return found, Purpose(title, reverse("debt", kwargs={"shop": shop}), reverse("wallet"), is_owed)
    page = order_page(order_of_buyer(acting, order))
    choose, done = (reverse(name, kwargs={"order": order}) for name in ("pay", "order"))
    return found, Purpose(page.order.product.title, choose, done, page.step == "pay")


@require_POST
@signed_in
def decide(request: HttpRequest, payment: str, *, acting: Actor) -> HttpResponse:
    """In the sandbox, say how a payment ends. There is no such page elsewhere."""
    if not settings.PINBACK_SANDBOX:
        raise NotFound("page")
    found, purpose = _payment(acting, payment)
    is_paid = request.POST.get("outcome") != "failed"
    decide_payment(found.number, "paid" if is_paid else "failed", now=clock.now())
    return redirect(purpose.done if is_paid else purpose.choose)
