"""Refunds that buyer and shop do not agree on: both sides' words, the photos, exactly who gets what, and the
decision.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.checkout.pages import OrderPage, order_pages
from pinback.checkout.queries import order_with_key
from pinback.checkout.refunds import RefundPreview
from pinback.desk import actions as desk
from pinback.desk import queries
from pinback.desk.models import Case
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.marketing.words import money
from pinback.web.access import for_operator
from pinback.web.operator import words
from pinback.web.operator.forms import DecisionForm
from pinback.web.operator.history import told
from pinback.web.operator.rendering import shown


@require_safe
@for_operator
def cases(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """The cases that wait, the oldest first, and the one looked at, with what a part of it comes to."""
    wanted = request.GET.get("case")
    found = queries.case_of_operator(acting, wanted) if wanted else None
    form = DecisionForm(request.GET if "amount_minor" in request.GET else None)
    return _page(request, acting, found, form)


def _page(request: HttpRequest, acting: Actor, case: Case | None, form: DecisionForm) -> HttpResponse:
    page = queries.cases_of_operator(acting, cursor=request.GET.get("cursor"), limit=50)
    rows = _rows(page.rows)
    if case is None and rows:
        case = rows[0][0]
    context: dict[str, Any] = {"rows": rows, "next_cursor": page.next_cursor}
    if case is not None:
        context |= _context(case, acting, form)
    return shown(request, "cases", "cases", context, status=422 if form.errors else 200)


def _rows(found: Sequence[Case]) -> Sequence[tuple[Case, OrderPage]]:
    orders = [order_with_key(case.order_key) for case in found]
    pages = {page.order.key: page for page in order_pages([order for order in orders if order])}
    return [(case, pages[case.order_key]) for case in found if case.order_key in pages]


def _context(case: Case, acting: Actor, form: DecisionForm) -> dict[str, Any]:
    public = public_id(case.pk)
    ((_case, page),) = _rows([case])
    where, problem = queries.money_of(case)
    return {
        "case": case,
        "case_state": queries.state_of_case(case),
        "page": page,
        "zone": case.shop.timezone,
        "photos": queries.photos_of(case),
        "money": words.MONEY[where],
        "problem": problem,
        "history": [
            (row, words.CASE_EVENTS.get(row.after, row.after), name)
            for row, name in told(queries.history_of(acting, public))
        ],
        "settled": next(
            (one for one in page.refunds if one.id == public and one.status == "succeeded"), None
        ),
        **_expected(case, acting, form),
        "form": form,
    }


def _expected(case: Case, acting: Actor, form: DecisionForm) -> dict[str, Any]:
    """What the whole refund comes to, or a part of it; nothing where it is decided."""
    if case.state != "with_operator":
        return {"split": None}
    now, public = clock.now(), public_id(case.pk)
    found: dict[str, Any] = {"split": None}
    try:
        split: RefundPreview = desk.quote_case(public, acting=acting, now=now)
        found["split"] = split
        if form.is_bound and form.is_valid() and form.cleaned_data["amount_minor"]:
            amount_minor = form.cleaned_data["amount_minor"]
            found["part"] = _part(public, split, amount_minor, acting)
            found["part_minor"] = amount_minor
    except Refused as refused:
        if found["split"] is None:
            found["why_not"] = refused.refusal.detail
        else:
            form.take(refused)
    return found


def _part(case: str, whole: RefundPreview, amount_minor: int, acting: Actor) -> RefundPreview:
    if amount_minor > whole.cash_minor:
        raise Refused("above_asked", _("That is more than was asked for."), "amount_minor")
    return desk.quote_case(case, amount_minor=amount_minor, acting=acting, now=clock.now())


@require_POST
@for_operator
def decide(request: HttpRequest, case: str, *, acting: Actor) -> HttpResponse:
    """For the buyer, for a part, or for the shop; then on to the next one."""
    found = queries.case_of_operator(acting, case)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, acting, found, form)
    act = request.POST.get("act")
    part_minor = form.cleaned_data["amount_minor"] if act == "part" else None
    try:
        desk.decide(
            case,
            for_buyer=act in ("buyer", "part"),
            amount_minor=part_minor,
            note=form.cleaned_data["note"],
            acting=acting,
            now=clock.now(),
        )
    except Refused as refused:
        form.take(refused)
        return _page(request, acting, found, form)
    messages.success(request, _said(act, part_minor))
    return redirect(reverse("operator-cases"))


def _said(act: str | None, part_minor: int | None) -> str:
    if act == "part" and part_minor:
        return _("Decided: {amount} of the goods is refunded.").format(amount=money(part_minor))
    return _("Decided for the buyer: the money is sent.") if act == "buyer" else _("Decided for the shop.")
