"""Asking for a refund: the exact split before it, and the case that follows, until the money is there."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.checkout.pages import OrderPage, order_page
from pinback.checkout.queries import order_of_buyer, order_with_key
from pinback.checkout.refunds import RefundPreview
from pinback.desk import actions as desk
from pinback.desk import queries
from pinback.desk.models import Case
from pinback.desk.rules import CLOSED, MOST_PHOTOS, after
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.web.access import signed_in
from pinback.web.storefront.forms import PhotosForm, RefundForm, ReturnForm, TermsForm
from pinback.web.storefront.live import live_part, wants_part

REFUNDABLE = ("paid", "confirmed", "shipped", "received")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def refund(request: HttpRequest, order: str, *, acting: Actor) -> HttpResponse:
    """The request, with what it would come to; asked by htmx, that part alone, for what is chosen so far."""
    page = order_page(order_of_buyer(acting, order))
    standing = open_case_of(acting, order)
    if standing is not None:
        return redirect("case", case=public_id(standing.pk))
    if page.state.status not in REFUNDABLE:
        return redirect("order", order=order)
    if wants_part(request) and request.method == "GET":
        return render(request, "storefront/refund_split.html", _split(page, request.GET, acting))
    is_sent = request.method == "POST"
    form = RefundForm(page, request.POST if is_sent else None, request.FILES if is_sent else None)
    if is_sent and "apply" in request.POST:
        case = _apply(order, form, acting)
        if case is not None:
            return redirect("case", case=case)
    elif is_sent:
        # What was chosen is only to be worked out: nothing is missing yet.
        form = RefundForm(page, initial={name: request.POST.get(name, "") for name in form.fields})
    context = {"page": page, "form": form, "most_photos": MOST_PHOTOS}
    context |= _split(page, request.POST if is_sent else None, acting)
    return render(request, "storefront/refund.html", context, status=422 if form.errors else 200)


def _split(page: OrderPage, given: Any, acting: Actor) -> dict[str, Any]:
    """What settlement would decide for what is chosen, or why it would not."""
    context: dict[str, Any] = {"page": page}
    terms = TermsForm(page, given or {"kind": "refund_only", "scope": "whole"})
    if not terms.is_valid():
        return context | {"why_not": next(iter(terms.errors.values()))[0]}
    try:
        found = desk.quote(public_id(page.order.pk), terms.asked(), acting=acting, now=clock.now())
    except Refused as refused:
        return context | {"why_not": refused.refusal.detail, "is_refused": True}
    return context | {"split": found}


def _apply(order: str, form: RefundForm, acting: Actor) -> str | None:
    """Open the case; the photos were looked at before, so that none of them is refused after. None: the form
    says what is wrong.
    """
    if not form.is_valid():
        return None
    try:
        case = public_id(desk.open_case(order, form.asked(), acting=acting, now=clock.now()).pk)
    except Refused as refused:
        form.take(refused)
        return None
    # One that leads to no money at all is closed at once, and takes no photos.
    with suppress(Conflict):
        _add_photos(case, form.cleaned_data["photos"], acting)
    return case


def _add_photos(case: str, photos: Sequence[bytes], acting: Actor) -> None:
    for data in photos:
        desk.add_photo(case, data, acting=acting, now=clock.now())


def open_case_of(acting: Actor, order: str) -> Case | None:
    """The case of an order that is not closed yet."""
    found = [case for case in queries.cases_of_order(acting, order) if case.closed_at is None]
    return next((case for case in found if queries.state_of_case(case) != "refunded"), None)


@require_safe
@signed_in
def cases(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """What was asked back, the newest first."""
    found = queries.cases_of_buyer(acting, cursor=request.GET.get("cursor"))
    rows = [(case, queries.state_of_case(case), order_with_key(case.order_key)) for case in found.rows]
    return render(request, "storefront/cases.html", {"rows": rows, "next_cursor": found.next_cursor})


@require_safe
@signed_in
def case(request: HttpRequest, case: str, *, acting: Actor) -> HttpResponse:
    """A case: whose turn it is and until when, what happens then, what it comes to; its live part by htmx."""
    found = queries.case_of_buyer(acting, case)
    if wants_part(request):
        shown = _shown(found)
        return live_part(request, "storefront/case_live.html", shown, shown["state"])
    return render(request, "storefront/case.html", _context(found, acting))


def _shown(found: Case) -> dict[str, Any]:
    money, problem = queries.money_of(found)
    return {"case": found, "state": queries.state_of_case(found), "money": money, "problem": problem}


def _context(found: Case, acting: Actor, **forms: Any) -> dict[str, Any]:
    case = public_id(found.pk)
    context: dict[str, Any] = {**_shown(found), "place": "orders", "photos": queries.photos_of(found)}
    order = order_with_key(found.order_key)
    assert order is not None, found.order_key
    page = order_page(order)
    context |= {
        "order": order,
        "zone": found.shop.timezone,
        "history": queries.history_of(acting, case),
        "settled": next((one for one in page.refunds if one.id == case and one.status == "succeeded"), None),
        "earned_code": page.state.earned_code,
        "can_withdraw": after(context["state"], "withdraw") is not None,
        "split": None if context["state"] in CLOSED else _expected(found, acting),
        "return_form": ReturnForm(),
        "photos_form": PhotosForm(),
        "can_add_photos": found.closed_at is None and len(context["photos"]) < MOST_PHOTOS,
    }
    return context | forms


def _expected(found: Case, acting: Actor) -> RefundPreview | None:
    """What the refund would come to now; None where its money is on its way, or it can come to nothing."""
    try:
        return desk.quote_case(public_id(found.pk), acting=acting, now=clock.now())
    except Refused:
        return None


@require_POST
@signed_in
def act(request: HttpRequest, case: str, *, acting: Actor) -> HttpResponse:
    """Send back, add photos, ask the platform to decide, or withdraw."""
    found = queries.case_of_buyer(acting, case)
    now = clock.now()
    match request.POST.get("act"):
        case "escalate":
            desk.escalate(case, acting=acting, now=now)
            messages.info(request, _("The platform has been asked to decide."))
        case "withdraw":
            desk.withdraw(case, acting=acting, now=now)
            messages.info(request, _("The request is withdrawn."))
        case "send_back":
            return _send_back(request, found, acting)
        case "photos":
            return _more_photos(request, found, acting)
    return redirect("case", case=case)


def _send_back(request: HttpRequest, found: Case, acting: Actor) -> HttpResponse:
    case = public_id(found.pk)
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            given = form.cleaned_data
            desk.send_back(case, given["carrier"], given["tracking"], acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            return redirect("case", case=case)
    context = _context(found, acting, return_form=form)
    return render(request, "storefront/case.html", context, status=422)


def _more_photos(request: HttpRequest, found: Case, acting: Actor) -> HttpResponse:
    case = public_id(found.pk)
    form = PhotosForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            _add_photos(case, form.cleaned_data["photos"], acting)
        except Refused as refused:
            form.take(refused)
        else:
            return redirect("case", case=case)
    context = _context(found, acting, photos_form=form)
    return render(request, "storefront/case.html", context, status=422)
