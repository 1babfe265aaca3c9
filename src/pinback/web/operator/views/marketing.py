"""Standards of campaigns, and themed activities: announcing, changing, who signed up."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pinback.accounts.actors import Actor
from pinback.insight.operating import usual_zone
from pinback.kit import clock
from pinback.kit.history import changes_of
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.marketing import actions, queries
from pinback.marketing.models import Activity
from pinback.marketing.rules import Standard
from pinback.web.access import for_operator
from pinback.web.operator.forms import ActivityForm, StandardsForm
from pinback.web.operator.history import told
from pinback.web.operator.rendering import shown


@require_http_methods(["GET", "HEAD", "POST"])
@for_operator
def standards(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """What is asked of campaigns: typed, then what changes by it, then it is set."""
    now_held = queries.standards()
    held = queries.standard_of(now_held)
    asked = request.POST if request.method == "POST" else request.GET
    given = asked if "least_quantity" in asked else None
    form = StandardsForm(given, initial={**held._asdict(), "version": now_held.version})
    effect: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        wanted = form.standard()
        try:
            if request.method == "POST":
                version = form.cleaned_data["version"]
                actions.set_standards(wanted, version=version, acting=acting, now=clock.now())
                messages.success(request, _("These standards hold from now on."))
                return redirect("operator-standards")
            effect = _effect(acting, held, wanted)
        except Refused as refused:
            form.take(refused)
    context = {"form": form, "held": held, "effect": effect, "history": told(changes_of("standards", 1))}
    return shown(request, "standards", "standards", context, status=422 if form.errors else 200)


def _effect(acting: Actor, held: Standard, wanted: Standard) -> dict[str, Any]:
    """Which standards change, and which unpaid campaigns would have to be planned anew."""
    changes = [name for name in Standard._fields if getattr(held, name) != getattr(wanted, name)]
    return {
        "wanted": wanted,
        "changes": changes,
        "drafts": queries.drafts_below(acting, wanted, now=clock.now()),
    }


def state_of(activity: Activity, now: datetime) -> str:
    """How an activity stands: by the clock."""
    if now < activity.starts_at:
        return "announced"
    return "open" if now < activity.ends_at else "over"


@require_safe
@for_operator
def activities(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """What is announced or going on; with `over` those that are over, too."""
    now = clock.now()
    over_too = "over" in request.GET
    page = queries.activities(now=now, over_too=over_too, cursor=request.GET.get("cursor"))
    rows = [(row, state_of(row, now), queries.standard_for(row), queries.shops_in(row)) for row in page.rows]
    context = {"rows": rows, "over_too": over_too, "next_cursor": page.next_cursor}
    return shown(request, "activities", "activities", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_operator
def announce(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Announce an activity."""
    zone = usual_zone()
    held = queries.standard_of(queries.standards())
    form = ActivityForm(request.POST or None, initial=held._asdict(), zone_name=zone)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.announce(form.terms(), acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("Announced: shops can sign up now."))
            return redirect("operator-activity", activity=public_id(made.pk))
    context = {"form": form, "zone": zone, "held": held}
    return shown(request, "announce", "activities", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_operator
def activity(request: HttpRequest, activity: str, *, acting: Actor) -> HttpResponse:
    """One activity: who signed up, their campaigns in it, and announcing it otherwise."""
    found, now, zone = queries.activity_named(activity), clock.now(), usual_zone()
    form = ActivityForm(request.POST or None, initial=ActivityForm.of(found, zone), zone_name=zone)
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"] or 0
            actions.change_activity(activity, form.terms(), version=version, acting=acting, now=now)
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("Changed. Campaigns that are paid stay as they are."))
            return redirect("operator-activity", activity=activity)
    context = {
        "activity": found,
        "state": state_of(found, now),
        "standard": queries.standard_for(found),
        "usual": queries.standard_for(None),
        "sign_ups": queries.sign_ups(acting, found),
        "campaigns": queries.campaigns_of_activity(found, now=now),
        "form": form,
        "zone": zone,
    }
    return shown(request, "activity", "activities", context, status=422 if form.errors else 200)
