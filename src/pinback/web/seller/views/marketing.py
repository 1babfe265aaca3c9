"""Store marketing, promotion tools, group-purchase rebate: the shop's campaigns, and planning one in three
steps: terms, review, payment.

What is typed travels in the address from the terms to the review, so that one can go back and forth, reload,
and nothing is written before one pays.
"""

from collections.abc import Sequence
from typing import cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import shops_of
from pinback.kit import clock
from pinback.kit.formats import format_day, locale_of
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.marketing import actions, queries
from pinback.marketing.models import Activity
from pinback.marketing.rules import CampaignState
from pinback.rules.instants import zone
from pinback.web.access import for_shop
from pinback.web.lists.known import CAMPAIGNS
from pinback.web.lists.shown import shown_list
from pinback.web.seller.campaign_words import STATES
from pinback.web.seller.marketing_forms import TermsForm
from pinback.web.seller.quoting import Planned, begun, plan
from pinback.web.seller.views.campaign import begin_payment, method_of


@require_safe
@for_shop("marketing.write")
def campaigns(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """The campaigns of a shop, the newest first, in one state or in all."""
    wanted = request.GET.get("state")
    state = cast(CampaignState, wanted) if wanted in STATES else None
    rows, following = queries.campaigns_of_shop(
        acting, shop.name, now=clock.now(), state=state, cursor=request.GET.get("cursor"), limit=20
    )
    context = {
        "place": "marketing",
        "shop": shop,
        "listing": shown_list(request, CAMPAIGNS, acting, shop),
        "rows": rows,
        "next_cursor": following,
        "state": state,
        "states": STATES.items(),
    }
    return render(request, "seller/marketing/campaigns.html", context)


@require_safe
@for_shop("marketing.write")
def new(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """The first step: the terms. What the address says of them is filled in, to go on from there."""
    open_to = _activities(shop, acting)
    if "threshold_minor" in request.GET:
        return _terms(request, plan(TermsForm(open_to, request.GET), shop, open_to, acting), shop, acting)
    asked = request.GET.get("activity", "")
    form = TermsForm(open_to, initial={"name": _a_name(shop), "activity": asked})
    chosen = next((one for one in open_to if public_id(one.pk) == asked), None)
    return _terms(request, begun(form, shop, chosen), shop, acting)


@require_safe
@for_shop("marketing.write")
def quote(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """What the terms come to as far as they are typed: fee, start, effect, and what is wrong at each field
    that is not empty.
    """
    open_to = _activities(shop, acting)
    planned = plan(TermsForm(open_to, request.GET), shop, open_to, acting)
    form = planned.form
    wrong = [
        (name, form.errors.get(name, ()) if request.GET.get(name, "").strip() else ()) for name in form.fields
    ]
    context = {"shop": shop, "planned": planned, "wrong": wrong}
    return render(request, "seller/marketing/quote_live.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("marketing.write")
def review(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """The second step: what it costs and does, and how to pay. Wrong terms lead back to the first."""
    asked = request.POST if request.method == "POST" else request.GET
    open_to = _activities(shop, acting)
    planned = plan(TermsForm(open_to, asked), shop, open_to, acting)
    form = planned.form
    method = method_of(request)
    if planned.is_ready and method is not None:
        assert planned.quote is not None
        try:
            campaign = actions.create(
                shop.name,
                form.cleaned_data["name"],
                planned.quote.terms,
                activity=form.chosen_activity,
                acting=acting,
                now=clock.now(),
            )
        except Refused as refused:
            form.take(refused)
        else:
            return begin_payment(request, shop, public_id(campaign.pk), method, acting)
    if not planned.is_ready:
        return _terms(request, planned, shop, acting, status=422)
    context = {
        "place": "marketing",
        "shop": shop,
        "planned": planned,
        "typed": [(name, asked.get(name, "")) for name in form.fields],
        "back": urlencode([(name, asked.get(name, "")) for name in form.fields]),
    }
    return render(request, "seller/marketing/review.html", context)


def _terms(
    request: HttpRequest, planned: Planned, shop: Shop, acting: Actor, *, status: int = 200
) -> HttpResponse:
    others = [
        other
        for other, _role in shops_of(acting)
        if other.pk != shop.pk and acting.may(other.pk, "marketing.write")
    ]
    context = {"place": "marketing", "shop": shop, "planned": planned, "others": others}
    return render(request, "seller/marketing/terms.html", context, status=status)


def _activities(shop: Shop, acting: Actor) -> Sequence[Activity]:
    """The activities that a campaign of the shop can take part in."""
    now = clock.now()
    return [activity for activity in queries.signed_up(acting, shop.name) if activity.ends_at > now]


def _a_name(shop: Shop) -> str:
    """A name to begin with: that of the day on which it is planned."""
    today = clock.now().astimezone(zone(shop.timezone)).date()
    return _("Rebate of {day}").format(day=format_day(today, locale_of(get_language() or "en")))
