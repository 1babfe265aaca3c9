"""Refunds: the queue by deadline, and one case beside it with what its decision would come to."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person, Shop
from pinback.api.funds import csv_response
from pinback.checkout.pages import OrderPage, RefundShown, order_pages
from pinback.checkout.queries import orders_with_keys
from pinback.checkout.refunds import RefundPreview
from pinback.desk import actions as desk
from pinback.desk import queries
from pinback.desk.models import Case
from pinback.desk.rules import agreeing
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound, Refused
from pinback.marketing.funds.tables import Amount, clock_cell, csv_lines
from pinback.rules.instants import zone
from pinback.web.access import for_shop
from pinback.web.lists.known import REFUNDS
from pinback.web.lists.shown import shown_list
from pinback.web.seller import words
from pinback.web.seller.forms import RefuseForm
from pinback.web.storefront import words as store_words

QUEUES = (
    "waiting_for_shop",
    "returning",
    "refused",
    "waiting_for_return",
    "with_operator",
    "refunding",
    "refunded",
    "withdrawn",
    "lapsed",
    "rejected",
)
_DECIDED = ("waiting_for_shop", "returning")
"""The states in which it is the shop's turn."""


@require_safe
@for_shop("refunds.decide")
def refunds(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """The queue, the nearest deadline first, and the case that is looked at."""
    wanted = request.GET.get("case")
    return _page(request, shop, acting, _case_in(shop, wanted, acting) if wanted else None)


def _page(request: HttpRequest, shop: Shop, acting: Actor, shown: Case | None, **forms: Any) -> HttpResponse:
    state = _state(request, shown)
    page = queries.cases_of_shop(acting, shop.name, state=state, cursor=request.GET.get("cursor"), limit=50)
    rows = _rows(page.rows)
    if shown is None and rows:
        shown = rows[0][0]
    counts = queries.cases_by_state(acting, shop.name)
    context: dict[str, Any] = {
        "place": "refunds",
        "shop": shop,
        "zone": shop.timezone,
        "state": state,
        "chips": [(one, words.CASE_STATES[one], counts.get(one, 0)) for one in QUEUES if counts.get(one)],
        "listing": shown_list(request, REFUNDS, acting, shop),
        "rows": rows,
        "next_cursor": page.next_cursor,
    }
    if shown is not None:
        context |= _context(shown, acting)
    status = 422 if forms else 200
    return render(request, "seller/refunds.html", context | forms, status=status)


def _state(request: HttpRequest, shown: Case | None = None) -> str:
    wanted = request.GET.get("state") or (shown.state if shown else QUEUES[0])
    return wanted if wanted in QUEUES else QUEUES[0]


@require_safe
@for_shop("refunds.decide")
def export(request: HttpRequest, *, shop: Shop, acting: Actor) -> StreamingHttpResponse:
    """The cases that the queue shows, all of them, as CSV for a spreadsheet."""
    pieces = queries.case_pieces(acting, shop.name, state=_state(request))
    return csv_response(f"{shop.name}-refunds.csv", _lines(pieces, shop))


def _lines(pieces: Iterator[Sequence[Case]], shop: Shop) -> Iterator[str]:
    local = zone(shop.timezone)
    heads = [_("Case"), _("Order"), _("Asked for"), _("Deadline"), _("Buyer"), _("Product"), _("Kind")]
    heads += [_("Reason"), _("In the buyer's words"), _("State"), _("Wanted"), _("Refunded"), _("Closed")]
    return csv_lines(heads, (_cells(*row, local) for piece in pieces for row in _rows(piece)))


def _cells(case: Case, page: OrderPage, local: tzinfo) -> Sequence[str | int]:
    id_ = public_id(case.pk)
    settled = _settled(page, id_)
    return (
        id_,
        public_id(page.order.pk),
        clock_cell(case.opened_at, local),
        clock_cell(case.deadline_at, local),
        case.buyer.name,
        "; ".join(item.title for item in page.items),
        str(store_words.CASE_KINDS[case.kind]),
        str(store_words.REASONS.get(case.reason, case.reason)),
        case.text,
        str(words.CASE_STATES[case.state]),
        Amount(case.amount_minor or page.cash_minor),
        Amount(settled.payout_minor if settled else 0),
        clock_cell(case.closed_at, local),
    )


def _settled(page: OrderPage, id_: str) -> RefundShown | None:
    return next((one for one in page.refunds if one.id == id_ and one.status == "succeeded"), None)


def _case_in(shop: Shop, case: str, acting: Actor) -> Case:
    found = queries.case_of_shop(acting, case)
    if found.shop_id != shop.pk:
        raise NotFound("case", case)
    return found


def _rows(cases: Sequence[Case]) -> Sequence[tuple[Case, OrderPage]]:
    orders = orders_with_keys(case.order_key for case in cases)
    pages = {page.order.key: page for page in order_pages(list(orders.values()))}
    return [(case, pages[case.order_key]) for case in cases if case.order_key in pages]


def _context(case: Case, acting: Actor) -> dict[str, Any]:
    id_ = public_id(case.pk)
    state = queries.state_of_case(case)
    money, problem = queries.money_of(case)
    ((_case, page),) = _rows([case])
    history = queries.history_of(acting, id_)
    names = dict(Person.objects.filter(pk__in={row.person_id for row in history}).values_list("pk", "name"))
    return {
        "case": case,
        "case_state": state,
        "page": page,
        "money": money,
        "problem": problem,
        "photos": queries.photos_of(case),
        "history": [
            (row, words.CASE_EVENTS.get(row.after, row.after), names.get(row.person_id or 0, ""))
            for row in history
        ],
        "settled": _settled(page, id_),
        "is_our_turn": case.state in _DECIDED,
        "is_refused": case.state == "refused",
        "is_return_first": _is_return_first(case),
        **_expected(case, acting),
        "reasons": [*queries.refusals_of(case.shop), *words.REFUSALS][:9],
        "refuse_form": RefuseForm(),
    }


def _expected(case: Case, acting: Actor) -> dict[str, Any]:
    """What the refund would come to now; nothing where it is decided, or why it cannot be paid."""
    if case.closed_at is not None:
        return {"split": None}
    try:
        split: RefundPreview = desk.quote_case(public_id(case.pk), acting=acting, now=clock.now())
    except Refused as refused:
        return {"split": None, "why_not": refused.refusal.detail if case.state in _DECIDED else ""}
    return {"split": split}


@require_POST
@for_shop("refunds.decide")
def decide(request: HttpRequest, case: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Agree, refuse, or say that the goods are back; then on to the next one."""
    found = _case_in(shop, case, acting)
    now = clock.now()
    match request.POST.get("act"):
        case "agree":
            desk.agree(case, acting=acting, now=now)
            messages.success(request, _agreed(found))
        case "confirm_return":
            desk.confirm_return(case, acting=acting, now=now)
            messages.success(request, _("The goods are back: the money is being sent."))
        case "refuse":
            form = RefuseForm(request.POST)
            if not form.is_valid():
                return _page(request, shop, acting, found, refuse_form=form)
            desk.refuse(case, form.cleaned_data["reason"], acting=acting, now=now)
            messages.success(
                request,
                _("Refused. The buyer has been told why. You can still agree until they ask the platform."),
            )
    return redirect(_next(found, shop, acting))


def _is_return_first(case: Case) -> bool:
    """Whether the goods come back before the money goes out, if the shop agrees now."""
    return not case.tracking and agreeing(case.kind) == "agree_return"


def _agreed(case: Case) -> str:
    if _is_return_first(case):
        return _("Agreed: the buyer sends the goods back first.")
    return _("Agreed: the money is being sent.")


def _next(case: Case, shop: Shop, acting: Actor) -> str:
    """The next case of the same queue, or the queue."""
    queue = reverse("seller-refunds", kwargs={"shop": shop.name})
    left = queries.cases_of_shop(acting, shop.name, state=case.state, limit=1).rows
    if left:
        return f"{queue}?state={case.state}&case={public_id(left[0].pk)}"
    return f"{queue}?state={case.state}"
