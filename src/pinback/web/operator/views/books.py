"""The ledger: what all accounts hold, a shop's statement, an account's postings, an event, an order; and
audits.
"""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.api.funds import csv_response
from pinback.insight import auditing, ledger
from pinback.insight.operating import shop_shown
from pinback.insight.oversight import order_shown
from pinback.insight.words import ORDER_STATUSES
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.paging import page_of
from pinback.marketing.funds.balances import standing_of
from pinback.marketing.funds.export import statement_csv
from pinback.marketing.funds.statement import Filter, statement
from pinback.web.access import for_operator
from pinback.web.lists.known import LEDGER, STATEMENT
from pinback.web.lists.shown import shown_list
from pinback.web.operator.rendering import shown
from pinback.web.seller.money_forms import StatementFilter


@require_safe
@for_operator
def books(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """What all accounts hold, and each shop's balances with how they changed today."""
    words, owing = request.GET.get("q", "")[:100], "owing" in request.GET
    rows, following = ledger.books(
        acting, words=words, owing=owing, now=clock.now(), cursor=request.GET.get("cursor")
    )
    context = {
        "listing": shown_list(request, LEDGER, acting),
        "held": ledger.held(acting),
        "rows": rows,
        "q": words,
        "owing": owing,
        "next_cursor": following,
        "audit": auditing.last_audit(),
    }
    return shown(request, "ledger", "ledger", context)


@require_safe
@for_operator
def shop_statement(request: HttpRequest, shop: str, *, acting: Actor) -> HttpResponse:
    """A shop's statement by account and days, each line with the order or event behind it."""
    owner = shop_shown(acting, shop).shop
    form = StatementFilter(request.GET)
    wanted: Filter = form.lines(owner)
    lines, following = statement(owner, wanted, cursor=request.GET.get("cursor"), limit=50)
    context = {
        "shop": owner,
        "zone": owner.timezone,
        "balances": standing_of(owner).balances.values(),
        "form": form,
        "listing": shown_list(request, STATEMENT, acting),
        "lines": lines,
        "sum_minor": sum(line.amount_minor for line in lines),
        "is_whole": following is None and not request.GET.get("cursor"),
        "next_cursor": following,
        "is_filtered": any(wanted),
    }
    return shown(request, "statement", "ledger", context)


@require_safe
@for_operator
def statement_export(request: HttpRequest, shop: str, *, acting: Actor) -> StreamingHttpResponse:
    """What the filter of a shop's statement shows, all pages of it, the oldest line first, as CSV."""
    owner = shop_shown(acting, shop).shop
    wanted = StatementFilter(request.GET).lines(owner)
    return csv_response(f"statement-{owner.name}.csv", statement_csv(owner, wanted))


@require_safe
@for_operator
def postings(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """The postings of an account, or of a shop; of an account with its balance, counted two ways."""
    account, shop = request.GET.get("account", "")[:160], request.GET.get("shop", "")[:64]
    rows, following = ledger.postings(
        acting, shop=shop or None, account=account or None, cursor=request.GET.get("cursor")
    )
    context = {
        "rows": rows,
        "account": account,
        "of_shop": shop,
        "balance": ledger.account_shown(acting, account) if account else None,
        "next_cursor": following,
    }
    return shown(request, "postings", "ledger", context)


@require_safe
@for_operator
def event(request: HttpRequest, shop: str, event: str, *, acting: Actor) -> HttpResponse:
    """An event of the log: what came in, and all that it moved."""
    found = ledger.event_shown(acting, shop, event)
    return shown(request, "event", "ledger", {"event": found, "content": sorted(found.content.items())})


@require_safe
@for_operator
def order(request: HttpRequest, shop: str, order: str, *, acting: Actor) -> HttpResponse:
    """An order: how it stands, its money, and each event with what it moved."""
    found = order_shown(acting, shop, order)
    context = {
        "found": found,
        "zone": found.state.shop.timezone,
        "status": ORDER_STATUSES[found.state.status],
    }
    return shown(request, "order", "ledger", context)


@require_safe
@for_operator
def audits(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """The audits, the newest first; the one that runs shows how far it is."""
    page = page_of(auditing.audits(acting), cursor=request.GET.get("cursor"), limit=20)
    first = page.rows[0] if page.rows else None
    context: dict[str, Any] = {
        "rows": page.rows,
        "next_cursor": page.next_cursor,
        "is_open": first is not None and first.status in ("requested", "running"),
    }
    return shown(request, "audits", "audits", context)


@require_safe
@for_operator
def audit(request: HttpRequest, audit: str, *, acting: Actor) -> HttpResponse:
    """One audit: how far it is, or what it found. The page asks again while it goes on."""
    run = auditing.audit_named(acting, audit)
    context = {
        "run": run,
        "is_open": run.status in ("requested", "running"),
        "is_late": run.status == "requested" and clock.now() - run.requested_at > timedelta(minutes=1),
        "more": max(0, run.differences - len(run.first_differences)),
    }
    return shown(request, "audit", "audits", context)


@require_POST
@for_operator
def run_audit(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Ask for an audit; a worker runs it, and this page can be left meanwhile."""
    run = auditing.request_audit(acting=acting, now=clock.now())
    messages.success(request, _("Asked for. A worker runs it; you can leave this page."))
    return redirect("operator-audit", audit=public_id(run.pk))
