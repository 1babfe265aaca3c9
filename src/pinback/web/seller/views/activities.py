"""Themed activities: what the operator announced, with its standards; signing up, and taking part."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.marketing import actions, queries
from pinback.marketing.models import Activity
from pinback.web.access import for_shop


def state_of(activity: Activity, now: datetime) -> str:
    """How an activity stands: by the clock."""
    if now < activity.starts_at:
        return "announced"
    return "open" if now < activity.ends_at else "over"


@require_safe
@for_shop("marketing.write")
def activities(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """What is announced or going on, the newest first; those that are over on demand."""
    now = clock.now()
    over_too = "over" in request.GET
    page = queries.activities(now=now, over_too=over_too, cursor=request.GET.get("cursor"))
    joined = {activity.pk for activity in queries.signed_up(acting, shop.name)}
    rows = [
        (activity, state_of(activity, now), queries.standard_for(activity), activity.pk in joined)
        for activity in page.rows
    ]
    context = {
        "place": "activities",
        "shop": shop,
        "rows": rows,
        "over_too": over_too,
        "next_cursor": page.next_cursor,
    }
    return render(request, "seller/activities/activities.html", context)


@require_safe
@for_shop("marketing.write")
def activity(request: HttpRequest, activity: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """What it is about, its standards beside those that hold everywhere, who is in it, and what of it is
    ours.
    """
    now = clock.now()
    found = queries.activity_named(activity)
    state = state_of(found, now)
    context = {
        "place": "activities",
        "shop": shop,
        "activity": found,
        "state": state,
        "standard": queries.standard_for(found),
        "usual": queries.standard_for(None),
        "sign_up": queries.sign_up_of(shop, found),
        "shops": queries.shops_in(found),
        "campaigns": queries.campaigns_of_activity(found, now=now),
        "own": queries.own_campaigns_in(acting, shop.name, found, now=now),
    }
    return render(request, "seller/activities/activity.html", context)


@require_POST
@for_shop("marketing.write")
def sign_up(request: HttpRequest, activity: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Take part."""
    found = queries.activity_named(activity)
    actions.sign_up(shop.name, activity, acting=acting, now=clock.now())
    text = _("{shop} takes part in “{activity}”. Now plan a campaign for it.")
    messages.success(request, text.format(shop=shop.title, activity=found.name))
    return redirect("seller-activity", shop=shop.name, activity=activity)


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("marketing.write")
def withdraw(request: HttpRequest, activity: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Take no part any more: asked once, then done."""
    found = queries.activity_named(activity)
    if request.method == "POST":
        actions.withdraw_sign_up(shop.name, activity, acting=acting, now=clock.now())
        messages.success(request, _("The shop takes no part in it any more."))
        return redirect("seller-activity", shop=shop.name, activity=public_id(found.pk))
    context = {"place": "activities", "shop": shop, "activity": found}
    return render(request, "seller/activities/withdraw.html", context)
