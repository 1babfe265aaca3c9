"""Webhooks: where the shop's news is sent, trying an address out, what became of each delivery, and sending
again.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.api.models import Endpoint
from pinback.api.webhooks import actions, queries
from pinback.api.webhooks.delivering import try_out
from pinback.api.webhooks.rules import MOST_TRIES
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.paging import page_of
from pinback.kit.refusals import NotFound, Refused
from pinback.web.access import for_shop
from pinback.web.seller.access_forms import EndpointForm, ReplayForm
from pinback.web.seller.campaign_words import DELIVERY_STATES

_ACTS = {"pause": actions.pause, "resume": actions.resume}


@require_safe
@for_shop("webhooks.write")
def hooks(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """The endpoints of the shop, with how each is doing."""
    found = queries.endpoints_for(acting, shop.name).order_by("id")
    return render(request, "seller/hooks/hooks.html", {"place": "hooks", "shop": shop, "rows": found})


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("webhooks.write")
def new(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Add an endpoint. The answer shows its secret."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.create(shop.name, given["url"], given["topics"], acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            return _secret(request, shop, made)
    context = {"place": "hooks", "shop": shop, "form": form}
    return render(request, "seller/hooks/new.html", context, status=422 if form.errors else 200)


def _secret(request: HttpRequest, shop: Shop, endpoint: Endpoint) -> HttpResponse:
    """The secret of an endpoint, once."""
    context = {"place": "hooks", "shop": shop, "endpoint": endpoint}
    response = render(request, "seller/hooks/secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("webhooks.write")
def hook(request: HttpRequest, endpoint: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """One endpoint: changing it, and its deliveries, the newest first, in one state or all."""
    found = queries.endpoint_for(acting, shop.name, endpoint)
    form = EndpointForm.of(found, *([request.POST] if request.method == "POST" else []))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.change(
                shop.name,
                endpoint,
                given["url"],
                given["topics"],
                version=given["version"] or 0,
                acting=acting,
                now=clock.now(),
            )
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("seller-hook", shop=shop.name, endpoint=endpoint)
    wanted = request.GET.get("status")
    status = wanted if wanted in DELIVERY_STATES else None
    page = page_of(queries.deliveries_of(found, status=status), cursor=request.GET.get("cursor"), limit=50)
    context = {
        "place": "hooks",
        "shop": shop,
        "endpoint": found,
        "form": form,
        "rows": page.rows,
        "next_cursor": page.next_cursor,
        "status": status,
        "states": DELIVERY_STATES.items(),
        "dead": queries.deliveries_of(found, status="dead").count(),
        "replay_form": ReplayForm(),
        "most_tries": MOST_TRIES,
    }
    return render(request, "seller/hooks/hook.html", context, status=422 if form.errors else 200)


@require_POST
@for_shop("webhooks.write")
def test(request: HttpRequest, endpoint: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Try an endpoint out, and say how it answered."""
    found = queries.endpoint_for(acting, shop.name, endpoint)
    outcome = try_out(found, now=clock.now())
    if outcome.taken:
        messages.success(request, _("It took the test: {answer}").format(answer=outcome.answer))
    else:
        messages.error(request, _("It did not take the test: {answer}").format(answer=outcome.answer))
    return redirect("seller-hook", shop=shop.name, endpoint=endpoint)


@require_POST
@for_shop("webhooks.write")
def act(request: HttpRequest, endpoint: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Pause an endpoint or resume it, or give it a new secret, which the answer shows."""
    asked = request.POST.get("act", "")
    if asked == "secret":
        return _secret(request, shop, actions.rotate(shop.name, endpoint, acting=acting, now=clock.now()))
    if asked not in _ACTS:
        raise NotFound("page")
    _ACTS[asked](shop.name, endpoint, acting=acting, now=clock.now())
    said = (
        _("Nothing is sent there until it is resumed.")
        if asked == "pause"
        else _("It is sent what it missed.")
    )
    messages.success(request, said)
    return redirect("seller-hook", shop=shop.name, endpoint=endpoint)


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("webhooks.write")
def delete(request: HttpRequest, endpoint: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Send nothing there any more: asked once, then done."""
    found = queries.endpoint_for(acting, shop.name, endpoint)
    if request.method == "POST":
        actions.delete(shop.name, endpoint, acting=acting, now=clock.now())
        messages.success(request, _("Nothing is sent there any more."))
        return redirect("seller-hooks", shop=shop.name)
    waiting = queries.deliveries_of(found, status="waiting").count()
    context = {"place": "hooks", "shop": shop, "endpoint": found, "waiting": waiting}
    return render(request, "seller/hooks/delete.html", context)


@require_POST
@for_shop("webhooks.write")
def replay(request: HttpRequest, endpoint: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Send again: one delivery, all that were given up, or a range of positions."""
    found = queries.endpoint_for(acting, shop.name, endpoint)
    now = clock.now()
    try:
        if "delivery" in request.POST:
            actions.replay_one(shop.name, endpoint, request.POST["delivery"], acting=acting, now=now)
            number = 1
        elif "given_up" in request.POST:
            number = actions.replay_given_up(shop.name, endpoint, acting=acting, now=now)
        else:
            form = ReplayForm(request.POST)
            if not form.is_valid():
                raise Refused("bad_range", _("Write two positions, such as 1 and 100."))
            number = actions.replay_range(shop.name, endpoint, **form.cleaned_data, acting=acting, now=now)
    except Refused as refused:
        messages.error(request, str(refused.refusal.detail))
    else:
        text = ngettext("{number} message is sent again.", "{number} messages are sent again.", number)
        messages.success(request, text.format(number=number))
    return redirect("seller-hook", shop=shop.name, endpoint=public_id(found.pk))
