"""What was bought: orders, one order with its group and its parcels, the wallet."""

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.api.links import address_of, qr_svg
from pinback.catalog.queries import pictures_of
from pinback.checkout import actions
from pinback.checkout.pages import OrderPage, order_page, order_pages
from pinback.checkout.queries import order_of_buyer, orders_of_buyer
from pinback.checkout.wallet import debts_of, vouchers_of
from pinback.delivery import actions as delivery
from pinback.delivery.queries import journey_of, parcels_of, receipt_of
from pinback.desk.actions import Asked, quote
from pinback.desk.queries import (
    cases_of_order,
    compensation_money,
    compensations_of,
    reviews_of_order,
    state_of_case,
)
from pinback.groups.queries import view_of
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.marketing.actions import share
from pinback.web.access import signed_in
from pinback.web.storefront.live import live_part, part_or_page, wants_part
from pinback.web.storefront.words import ORDERS


@require_safe
@signed_in
def orders(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """What was bought, the newest first, in one status or all."""
    status = request.GET.get("status")
    found = orders_of_buyer(
        acting, status=status if status in ORDERS else None, cursor=request.GET.get("cursor")
    )
    pictures = pictures_of([order.product for order in found.rows])
    shown = [(page, next(iter(pictures[page.order.product_id]), None)) for page in order_pages(found.rows)]
    context = {"pages": shown, "next_cursor": found.next_cursor, "statuses": ORDERS.items()}
    context["status"] = status if status in ORDERS else ""
    return part_or_page(request, "storefront/order_list.html", "storefront/orders.html", context)


@require_safe
@signed_in
def order(request: HttpRequest, order: str, *, acting: Actor) -> HttpResponse:
    """One order; asked by htmx, the part of it that changes by itself."""
    page = order_page(order_of_buyer(acting, order))
    now = clock.now()
    view = view_of(page.group, now=now) if page.group is not None else None
    receipt = receipt_of(page.order.key)
    context: dict[str, Any] = {"page": page, "view": view, "place": "orders", "receipt": receipt}
    if view is not None:
        context["free"] = range(view.seats_left)
    if wants_part(request):
        return live_part(request, "storefront/order_live.html", context, page.step)
    parcels = parcels_of([page.order.key])[page.order.key]
    context["parcels"] = [(parcel, journey_of(parcel)) for parcel in parcels]
    context["picture"] = next(iter(pictures_of([page.order.product])[page.order.product_id]), None)
    context |= _said(acting, order, page) | _cases(acting, order, page)
    if view is not None and view.is_joinable and page.step == "wait_for_group":
        # The buyer's own link, made at the first look: the same one each time.
        link = share("group", public_id(view.group.pk), acting=acting, now=now)
        context["link"] = address_of(link, request)
        context["qr"] = qr_svg(context["link"])
    return render(request, "storefront/order.html", context)


def _cases(acting: Actor, order: str, page: OrderPage) -> dict[str, Any]:
    """The cases of an order, and whether one can be opened. Before the deal one leaves the group instead:
    `leaving` is what that would come to.
    """
    cases = [(case, state_of_case(case)) for case in cases_of_order(acting, order)]
    is_one_open = any(case.closed_at is None and state != "refunded" for case, state in cases)
    leaving = None
    if page.step == "wait_for_group":
        with suppress(Refused):
            leaving = quote(order, Asked(), acting=acting, now=clock.now())
    can_ask = page.step in ("wait_for_shipping", "wait_for_parcel", "done") and not is_one_open
    return {"cases": cases, "can_ask_refund": can_ask, "leaving": leaving}


def _said(acting: Actor, order: str, page: OrderPage) -> dict[str, Any]:
    """What the buyer said of what they received, what they still can, and what the shop gave to make up."""
    reviews = reviews_of_order(acting, order)
    said = {review.line for review in reviews}
    left = [item for item in page.items if item.number not in said]
    return {
        "reviews": reviews,
        "to_review": left if page.state.status == "received" else [],
        "compensations": [(given, compensation_money(given)[0]) for given in compensations_of(acting, order)],
    }


@require_POST
@signed_in
def act(request: HttpRequest, order: str, *, acting: Actor) -> HttpResponse:
    """Close an unpaid order, leave a group, or confirm receipt."""
    found = order_of_buyer(acting, order)
    now = clock.now()
    match request.POST.get("act"):
        case "cancel":
            actions.cancel(order, acting=acting, now=now)
        case "leave":
            actions.leave_group(order, acting=acting, now=now)
        case "receive":
            delivery.receive(found.shop.name, order, acting=acting, now=now)
    return redirect("order", order=order)


@require_safe
@signed_in
def wallet(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Every voucher with its story, and what is owed."""
    stories, next_cursor = vouchers_of(acting, now=clock.now(), cursor=request.GET.get("cursor"))
    debts = debts_of(acting)
    named = {story.funded_by for story in stories} | {debt.shop for debt in debts}
    shops = {shop.name: shop for shop in Shop.objects.filter(name__in=named)}
    context: dict[str, Any] = {"next_cursor": next_cursor}
    context["stories"] = [(story, shops.get(story.funded_by)) for story in stories]
    context["debts"] = [(debt, shops.get(debt.shop)) for debt in debts]
    return part_or_page(request, "storefront/vouchers.html", "storefront/wallet.html", context)
