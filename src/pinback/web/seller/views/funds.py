"""The money of a shop: balances, the statement with its export, and payouts."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.api.funds import csv_response
from pinback.kit import clock
from pinback.kit.refusals import Refused
from pinback.marketing import actions, queries
from pinback.marketing.funds import export as statement_file
from pinback.marketing.funds.balances import standing_of
from pinback.marketing.funds.statement import statement
from pinback.marketing.rules import Account
from pinback.marketing.words import money
from pinback.web.access import for_shop
from pinback.web.lists.known import FUNDS
from pinback.web.lists.shown import shown_list
from pinback.web.seller.money_forms import PayoutForm, StatementFilter


@require_safe
@for_shop("funds.read")
def funds(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """What there is, where payouts stand, and every fen that moved, the newest line first."""
    form = StatementFilter(request.GET)
    wanted = form.lines(shop)
    lines, following = statement(shop, wanted, cursor=request.GET.get("cursor"), limit=30)
    context = {
        "place": "funds",
        "shop": shop,
        "balances": standing_of(shop).balances.values(),
        "payouts": queries.payouts_of_shop(acting, shop.name, limit=5).rows,
        "may_pay_out": acting.may(shop.pk, "funds.pay_out"),
        "form": form,
        "listing": shown_list(request, FUNDS, acting, shop),
        "lines": lines,
        "next_cursor": following,
        "is_filtered": any(wanted),
    }
    return render(request, "seller/funds/funds.html", context)


@require_safe
@for_shop("funds.read")
def export(request: HttpRequest, *, shop: Shop, acting: Actor) -> StreamingHttpResponse:
    """Exactly what the filters show, all pages of it, the oldest line first, as CSV."""
    wanted = StatementFilter(request.GET).lines(shop)
    return csv_response(f"statement-{shop.name}.csv", statement_file.statement_csv(shop, wanted))


@require_safe
@for_shop("funds.read")
def payouts(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """All payouts, the newest first."""
    page = queries.payouts_of_shop(acting, shop.name, cursor=request.GET.get("cursor"), limit=50)
    context = {
        "place": "funds",
        "shop": shop,
        "payouts": page.rows,
        "next_cursor": page.next_cursor,
        "may_pay_out": acting.may(shop.pk, "funds.pay_out"),
    }
    return render(request, "seller/funds/payouts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("funds.pay_out")
def payout(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Ask for a payout: the amount, then what it does, then it is asked for."""
    balances = standing_of(shop).balances
    asked = request.POST if request.method == "POST" else request.GET
    form = PayoutForm(asked if "amount_minor" in asked else None, initial={"account": asked.get("account")})
    effect: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        account, amount_minor = cast(Account, form.cleaned_data["account"]), form.cleaned_data["amount_minor"]
        try:
            if request.method == "POST":
                actions.request_payout(shop.name, account, amount_minor, acting=acting, now=clock.now())
                text = _("{amount} was asked for. The operator pays it out and says so here.")
                messages.success(request, text.format(amount=money(amount_minor)))
                return redirect("seller-funds", shop=shop.name)
            actions.check_covered(balances[account], amount_minor)
        except Refused as refused:
            form.take(refused)
        else:
            left_minor = balances[account].available_minor - amount_minor
            effect = {"amount_minor": amount_minor, "account": account, "left_minor": left_minor}
    context = {"place": "funds", "shop": shop, "balances": balances.values(), "form": form, "effect": effect}
    return render(request, "seller/funds/payout.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("funds.pay_out")
def withdraw(request: HttpRequest, payout: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Take a request back while it is not decided: asked once, then done."""
    found = queries.payout_of_shop(acting, shop.name, payout)
    if request.method == "POST":
        actions.withdraw_payout(shop.name, payout, acting=acting, now=clock.now())
        messages.success(request, _("The request was taken back."))
        return redirect("seller-funds", shop=shop.name)
    return render(request, "seller/funds/withdraw.html", {"place": "funds", "shop": shop, "payout": found})
