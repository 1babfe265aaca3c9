"""One campaign: paying its fee, its page with what it came to, another name, a link to share, its end."""

from typing import Any, Literal, cast
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.api.links import address_of, qr_svg
from pinback.insight.campaign_report import campaign_report
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound, Refused
from pinback.marketing import actions, queries
from pinback.marketing.models import Campaign
from pinback.payments.actions.deciding import decide_payment
from pinback.payments.models import Payment
from pinback.payments.queries import payment_for
from pinback.payments.rules import OPEN_PAYMENT
from pinback.web.access import for_shop
from pinback.web.seller.campaign_page import page_of
from pinback.web.seller.marketing_forms import NameForm, as_typed
from pinback.web.storefront.live import wants_part
from pinback.web.storefront.views.paying import STRIPE

Method = Literal["wechat", "debit_card"]


def method_of(request: HttpRequest) -> Method | None:
    """How somebody wants to pay; None: they do not say."""
    asked = request.POST.get("method")
    return cast(Method, asked) if asked in ("wechat", "debit_card") else None


def begin_payment(
    request: HttpRequest, shop: Shop, campaign: str, method: Method, acting: Actor
) -> HttpResponse:
    """To the payment's page; what cannot be started now is told on the campaign's, to be tried again."""
    try:
        payment = actions.pay(shop.name, campaign, method, acting=acting, now=clock.now())
    except Refused as refused:
        messages.error(request, str(refused.refusal.detail))
        return redirect("seller-campaign", shop=shop.name, campaign=campaign)
    return redirect("seller-payment", shop=shop.name, campaign=campaign, payment=public_id(payment.pk))


@require_safe
@for_shop("marketing.write")
def campaign(request: HttpRequest, campaign: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """How it stands, and whether it paid off."""
    found = queries.campaign_for(acting, shop.name, campaign)
    now = clock.now()
    view = queries.view_of(found, now=now)
    context: dict[str, Any] = {
        "place": "marketing",
        "shop": shop,
        "view": view,
        "campaign": found,
        "name_form": NameForm(initial={"name": found.name, "version": found.version}),
        "again": urlencode(as_typed(view.terms, found.name)),
    }
    if view.state in ("draft", "abandoned"):
        context["starts_at"] = actions.next_start(shop, now)
        return render(request, "seller/marketing/draft.html", context)
    link = queries.own_link(acting, "campaign", found.pk)
    if link is not None:
        address = address_of(link, request)
        context |= {"link": link, "address": address, "qr": qr_svg(address)}
    if acting.may(shop.pk, "reports.read"):
        context["page"] = page_of(campaign_report(found, now=now), found.name)
    return render(request, "seller/marketing/campaign.html", context)


@require_POST
@for_shop("marketing.write")
def pay(request: HttpRequest, campaign: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Pay the fee of a draft, for the first time or again."""
    found = queries.campaign_for(acting, shop.name, campaign)
    method = method_of(request)
    if method is None:
        return redirect("seller-campaign", shop=shop.name, campaign=campaign)
    return begin_payment(request, shop, public_id(found.pk), method, acting)


@require_safe
@for_shop("marketing.write")
def payment(request: HttpRequest, campaign: str, payment: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """The third step: a payment that was begun, with its QR code, its card form, or the sandbox's buttons. It
    follows by itself when the money is there.
    """
    found = queries.campaign_for(acting, shop.name, campaign)
    begun = _payment(found, payment, acting)
    is_draft = queries.view_of(found, now=clock.now()).state == "draft"
    done = reverse("seller-campaign", kwargs={"shop": shop.name, "campaign": campaign})
    if begun.status not in OPEN_PAYMENT or not is_draft:
        if not wants_part(request):
            return redirect(done)
        gone = HttpResponse()
        gone["HX-Redirect"] = done
        return gone
    if wants_part(request):
        return HttpResponse(status=204)
    kind = begun.to_client.get("kind", "")
    context: dict[str, Any] = {
        "place": "marketing",
        "shop": shop,
        "campaign": found,
        "payment": begun,
        "kind": kind,
        "starts_at": actions.next_start(shop, clock.now()),
    }
    if kind == "wechat_native":
        context["qr"] = qr_svg(begun.to_client["code_url"])
    if kind == "stripe":
        return _card_page(request, context)
    return render(request, "seller/marketing/payment.html", context)


def _card_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The card is typed into the provider's own form: its script and frames are let in on this page alone."""
    page = csp_update(STRIPE)(lambda asked: render(asked, "seller/marketing/payment.html", context))
    return cast(HttpResponse, page(request))


def _payment(campaign: Campaign, public: str, acting: Actor) -> Payment:
    found = payment_for(acting, queries.id_or_not_found("payment", public))
    if found.purpose != "campaign" or found.subject != campaign.key:
        raise NotFound("payment", public)
    return found


@require_POST
@for_shop("marketing.write")
def decide(request: HttpRequest, campaign: str, payment: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """In the sandbox, say how a payment ends. There is no such page elsewhere."""
    if not settings.PINBACK_SANDBOX:
        raise NotFound("page")
    found = queries.campaign_for(acting, shop.name, campaign)
    begun = _payment(found, payment, acting)
    is_paid = request.POST.get("outcome") != "failed"
    decide_payment(begun.number, "paid" if is_paid else "failed", now=clock.now())
    if not is_paid:
        messages.error(request, _("The payment was declined. Nothing was paid; try again, or another way."))
    return redirect("seller-campaign", shop=shop.name, campaign=campaign)


@require_POST
@for_shop("marketing.write")
def rename(request: HttpRequest, campaign: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Another name."""
    queries.campaign_for(acting, shop.name, campaign)
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            actions.rename(shop.name, campaign, **form.cleaned_data, acting=acting, now=clock.now())
        except Refused as refused:
            messages.error(request, str(refused.refusal.detail))
        else:
            messages.success(request, _("Saved."))
    else:
        messages.error(request, _("A name has 1 to 60 characters."))
    return redirect("seller-campaign", shop=shop.name, campaign=campaign)


@require_POST
@for_shop("marketing.write")
def share(request: HttpRequest, campaign: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Make one's own link to a campaign; it is shown on the campaign's page from then on."""
    found = queries.campaign_for(acting, shop.name, campaign)
    actions.share("campaign", public_id(found.pk), acting=acting, now=clock.now())
    return redirect(reverse("seller-campaign", kwargs={"shop": shop.name, "campaign": campaign}) + "#share")


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("marketing.write")
def end(request: HttpRequest, campaign: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Stop a campaign, or give a draft up: first what it does, in fen, then it is done."""
    found = queries.campaign_for(acting, shop.name, campaign)
    is_draft = queries.view_of(found, now=clock.now()).state == "draft"
    if request.method == "POST" and is_draft:
        actions.abandon(shop.name, campaign, acting=acting, now=clock.now())
        messages.success(request, _("The draft was given up. Nothing was paid."))
        return redirect("seller-marketing", shop=shop.name)
    if request.method == "POST":
        actions.stop(shop.name, campaign, acting=acting, now=clock.now())
        messages.success(request, _("The campaign was stopped."))
        return redirect("seller-campaign", shop=shop.name, campaign=campaign)
    effect = None if is_draft else actions.preview_stop(shop.name, campaign, acting=acting, now=clock.now())
    context = {"place": "marketing", "shop": shop, "campaign": found, "effect": effect}
    return render(request, "seller/marketing/end.html", context)
