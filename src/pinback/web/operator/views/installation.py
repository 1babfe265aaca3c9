"""The installation: webhooks and what was given up, what is configured, and the sandbox's clock."""

from datetime import timedelta
from typing import Any

from django.conf import settings as configured
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_operator
from pinback.api.webhooks import actions
from pinback.api.webhooks.queries import EVERY_SHOP, endpoints_everywhere
from pinback.kit import clock
from pinback.kit.refusals import NotFound
from pinback.web.access import for_operator
from pinback.web.operator.configured import configuration
from pinback.web.operator.forms import ClockForm
from pinback.web.operator.rendering import shown


@require_safe
@for_operator
def hooks(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """All endpoints, those first whose news was given up."""
    return shown(request, "hooks", "hooks", {"rows": endpoints_everywhere(acting)})


@require_POST
@for_operator
def send_again(request: HttpRequest, endpoint: str, *, acting: Actor) -> HttpResponse:
    """Send again what one of the operator's own endpoints did not take."""
    number = actions.replay_given_up(EVERY_SHOP, endpoint, acting=acting, now=clock.now())
    said = ngettext("%(number)d message is sent again.", "%(number)d messages are sent again.", number)
    messages.success(request, said % {"number": number})
    return redirect("operator-hooks")


@require_safe
@for_operator
def settings(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """What is configured, secrets hidden."""
    check_operator(acting)
    return shown(request, "settings", "settings", {"sections": configuration()})


@require_http_methods(["GET", "HEAD", "POST"])
@for_operator
def sandbox_clock(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Set the sandbox's clock forward: how far, then what it means, then it is set. Nothing outside it."""
    if not configured.PINBACK_SANDBOX:
        raise NotFound("page")
    check_operator(acting)
    asked = request.POST if request.method == "POST" else request.GET
    form = ClockForm(asked if "days" in asked else None, initial={"days": 0, "hours": 0, "minutes": 0})
    effect: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        seconds = form.seconds()
        if request.method == "POST":
            clock.set_forward(seconds)
            messages.success(request, _("The clock is set forward. Workers do what is due by now."))
            return redirect("operator-clock")
        effect = {"then": clock.now() + timedelta(seconds=seconds)}
    context = {"form": form, "effect": effect}
    return shown(request, "clock", "clock", context, status=422 if form.errors else 200)
