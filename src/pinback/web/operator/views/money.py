"""Money that failed to arrive, payments that were sent back, payouts, and what does not add up."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.catalog.queries import id_or_not_found
from pinback.insight.operating import came_back
from pinback.kit import clock
from pinback.kit.history import changes_of
from pinback.kit.paging import page_of
from pinback.kit.refusals import NotFound, Refused
from pinback.marketing import actions as marketing
from pinback.marketing import queries as payouts_of
from pinback.marketing.funds.balances import balance_of
from pinback.marketing.words import money
from pinback.payments import actions
from pinback.payments.models import MoneyOut
from pinback.payments.queries import anomalies_for, money_out_for
from pinback.payments.rules import OUT_STATES
from pinback.web.access import for_operator
from pinback.web.lists.known import MONEY_OUT, PAYOUTS
from pinback.web.lists.shown import shown_list
from pinback.web.operator.forms import NoteForm
from pinback.web.operator.history import told
from pinback.web.operator.rendering import shown

_WAITING = ("failed", "bounced")
PAYOUT_STATES = ("requested", "paid", "refused", "withdrawn")


@require_safe
@for_operator
def money_out(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Money that waits for the operator, or in another state; the newest first."""
    status = request.GET.get("status", "")
    wanted = (status,) if status in OUT_STATES else _WAITING
    page = page_of(money_out_for(acting, statuses=wanted), cursor=request.GET.get("cursor"), limit=50)
    context = {
        "listing": shown_list(request, MONEY_OUT, acting),
        "rows": page.rows,
        "status": status if status in OUT_STATES else "",
        "statuses": [one for one in OUT_STATES if one not in _WAITING],
        "next_cursor": page.next_cursor,
    }
    return shown(request, "money_out", "money_out", context)


def _out(acting: Actor, public: str) -> MoneyOut:
    found = money_out_for(acting, statuses=OUT_STATES).filter(pk=id_or_not_found("money out", public)).first()
    if found is None:
        raise NotFound("money out", public)
    return found


@require_safe
@for_operator
def one_out(request: HttpRequest, money_out: str, *, acting: Actor) -> HttpResponse:
    """One of them: for whom, what the provider said, and what can be done."""
    return _out_page(request, _out(acting, money_out), NoteForm())


def _out_page(request: HttpRequest, out: MoneyOut, form: NoteForm) -> HttpResponse:
    context = {
        "out": out,
        "waits": out.status in _WAITING,
        "payer": out.payment.payer,
        "zone": out.shop.timezone,
        "history": told(changes_of("money_out", out.pk)),
        "form": form,
    }
    return shown(request, "one_out", "money_out", context, status=422 if form.errors else 200)


@require_POST
@for_operator
def retry(request: HttpRequest, money_out: str, *, acting: Actor) -> HttpResponse:
    """Send it once more, now."""
    out = _out(acting, money_out)
    sent = actions.retry_out(out.pk, acting=acting, now=clock.now())
    messages.success(request, _("{amount} is sent again.").format(amount=money(sent.amount_minor)))
    return redirect("operator-one-out", money_out=money_out)


@require_POST
@for_operator
def by_hand(request: HttpRequest, money_out: str, *, acting: Actor) -> HttpResponse:
    """Note that it was paid another way, and how."""
    out = _out(acting, money_out)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            actions.pay_by_hand(out.pk, note=form.cleaned_data["note"], acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("Noted as paid. Buyer and shop see that the money has arrived."))
            return redirect("operator-money-out")
    return _out_page(request, out, form)


@require_safe
@for_operator
def sent_back(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Payments of the last week that nothing could be done with."""
    page = page_of(came_back(acting, now=clock.now()), cursor=request.GET.get("cursor"), limit=50)
    context = {"rows": page.rows, "next_cursor": page.next_cursor}
    return shown(request, "came_back", "money_out", context)


@require_safe
@for_operator
def payouts(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """The payouts of all shops in a status, the oldest first."""
    status = request.GET.get("status", "")
    status = status if status in PAYOUT_STATES else "requested"
    page = payouts_of.payouts_everywhere(acting, status=status, cursor=request.GET.get("cursor"), limit=50)
    context = {
        "listing": shown_list(request, PAYOUTS, acting),
        "rows": page.rows,
        "status": status,
        "statuses": PAYOUT_STATES,
        "next_cursor": page.next_cursor,
    }
    return shown(request, "payouts", "payouts", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_operator
def payout(request: HttpRequest, payout: str, *, acting: Actor) -> HttpResponse:
    """One payout: what the balance is, what follows, and paid or refused with a note."""
    found = payouts_of.payout_of_operator(acting, payout)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act: Any = {"paid": marketing.mark_paid, "refuse": marketing.refuse_payout}.get(
            request.POST.get("act", "")
        )
        try:
            if act is None:
                raise Refused("no_decision", _("Say whether it was paid."))
            act(payout, note=form.cleaned_data["note"], acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("The shop sees it in its funds."))
            return redirect("operator-payouts")
    balance = balance_of(found.shop, found.account)
    context = {
        "payout": found,
        "balance": balance,
        "left_minor": balance.balance_minor - found.amount_minor,
        "zone": found.shop.timezone,
        "history": told(changes_of("payout", found.pk)),
        "form": form,
    }
    return shown(request, "payout", "payouts", context, status=422 if form.errors else 200)


@require_safe
@for_operator
def anomalies(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """What somebody has to look at; with `all`, what was resolved too."""
    return _anomalies(request, acting, None, NoteForm())


def _anomalies(request: HttpRequest, acting: Actor, wrong: str | None, form: NoteForm) -> HttpResponse:
    everything = "all" in request.GET
    found = anomalies_for(acting, open_only=not everything)
    page = page_of(found, cursor=request.GET.get("cursor"), limit=50)
    context = {
        "rows": page.rows,
        "everything": everything,
        "next_cursor": page.next_cursor,
        "wrong": wrong,
        "form": form,
    }
    return shown(request, "anomalies", "anomalies", context, status=422 if wrong else 200)


@require_POST
@for_operator
def resolve(request: HttpRequest, anomaly: str, *, acting: Actor) -> HttpResponse:
    """Say what was done about one."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _anomalies(request, acting, anomaly, form)
    id_ = id_or_not_found("anomaly", anomaly)
    actions.resolve_anomaly(id_, note=form.cleaned_data["note"], acting=acting, now=clock.now())
    messages.success(request, _("Resolved."))
    return redirect("operator-anomalies")
