"""Orders: the list and what is done with one of them."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.api.funds import csv_response
from pinback.catalog.models import Product
from pinback.checkout.finding import OrderFilter, counts_by_work, every_order, find_orders
from pinback.checkout.models import Order
from pinback.checkout.pages import OrderPage, order_page
from pinback.checkout.queries import order_for
from pinback.delivery import actions as delivery
from pinback.delivery.queries import journey_of, parcels_of, receipt_of
from pinback.desk import actions as desk
from pinback.desk import queries
from pinback.groups.queries import view_of
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound
from pinback.marketing.funds.tables import Amount, clock_cell, csv_lines
from pinback.rules.instants import zone
from pinback.web.access import for_shop
from pinback.web.lists import known
from pinback.web.lists.shown import shown_list
from pinback.web.seller import words
from pinback.web.seller.forms import CompensationForm, OrderFilterForm, ParcelForm, ReissueForm
from pinback.web.seller.stories import Row, history_of, rows_of, story_of

_SHARES_PERCENT = (5, 10, 20)
"""What is offered to make up for something, of the goods."""


@require_safe
@for_shop("orders.read")
def orders(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """The orders that fit the filter in the address."""
    form = OrderFilterForm(request.GET)
    wanted = form.wanted()
    found = find_orders(acting, shop.name, wanted, cursor=request.GET.get("cursor"))
    counts = counts_by_work(acting, shop.name)
    context = {
        "place": "orders",
        "shop": shop,
        "form": form,
        "wanted": wanted,
        "listing": shown_list(request, known.ORDERS, acting, shop),
        "rows": rows_of(found.pages),
        "number": found.number,
        "next_cursor": found.next_cursor,
        "chips": [(work, label, counts[work]) for work, label in words.WORKS.items()],
        "product": _product(shop, wanted),
        "may_ship": acting.may(shop.pk, "orders.ship"),
        "may_decide": acting.may(shop.pk, "refunds.decide"),
        "is_filtered": any((wanted.work, wanted.words, wanted.product, wanted.first, wanted.last)),
    }
    return render(request, "seller/orders.html", context)


def _product(shop: Shop, wanted: OrderFilter) -> Product | None:
    if wanted.product is None:
        return None
    return Product.objects.filter(shop=shop, pk=wanted.product).first()


@require_safe
@for_shop("orders.read")
def export(request: HttpRequest, *, shop: Shop, acting: Actor) -> StreamingHttpResponse:
    """The orders that the filter shows, all of them, as CSV for a spreadsheet."""
    pages = every_order(acting, shop.name, OrderFilterForm(request.GET).wanted())
    return csv_response(f"{shop.name}-orders.csv", _lines(pages, shop))


def _lines(pages: Iterator[OrderPage], shop: Shop) -> Iterator[str]:
    local = zone(shop.timezone)
    heads = [_("Order"), _("Placed"), _("Product"), _("Quantity"), _("Status"), _("Rebate"), _("Paid")]
    heads += [_("Refunded"), _("Buyer"), _("Recipient"), _("Phone"), _("Region"), _("Street"), _("Note")]
    heads += [_("Carrier"), _("Tracking number")]
    return csv_lines(heads, (_cells(row, local) for page in pages for row in rows_of([page])))


def _cells(row: Row, local: Any) -> Sequence[str | int]:
    page, order = row.page, row.page.order
    return (
        public_id(order.pk),
        clock_cell(order.placed_at, local),
        "; ".join(item.title for item in page.items),
        row.units,
        str(row.story.says),
        str(words.rebate_of(page)),
        Amount(page.cash_minor if row.is_paid else 0),
        Amount(row.refunded_minor),
        order.buyer.name,
        order.recipient,
        order.phone,
        order.region,
        order.street,
        order.note,
        "; ".join(parcel.carrier for parcel in row.parcels),
        "; ".join(parcel.tracking for parcel in row.parcels),
    )


@require_safe
@for_shop("orders.read")
def order(request: HttpRequest, order: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """One order, with all that can be done with it."""
    found = _order_in(shop, order, acting)
    return render(request, "seller/order.html", _context(found, shop, acting))


def _order_in(shop: Shop, order: str, acting: Actor) -> Order:
    found = order_for(acting, order)
    if found.shop_id != shop.pk:
        raise NotFound("order", order)
    return found


def _context(found: Order, shop: Shop, acting: Actor, **forms: Any) -> dict[str, Any]:
    page, now = order_page(found), clock.now()
    order = public_id(found.pk)
    parcels = parcels_of([found.key])[found.key]
    receipt = receipt_of(found.key)
    status = page.state.status
    cases = [(case, queries.state_of_case(case)) for case in queries.cases_of_order(acting, order)]
    given = queries.compensations_of(acting, order)
    context: dict[str, Any] = {
        "place": "orders",
        "shop": shop,
        "zone": shop.timezone,
        "page": page,
        "story": story_of(page, parcels),
        "lines": list(zip(page.items, page.lines, strict=False)),
        "view": view_of(page.group, now=now) if page.group is not None else None,
        "parcels": [(parcel, journey_of(parcel)) for parcel in parcels],
        "receipt": receipt,
        "history": history_of(page, parcels, receipt, [case for case, _state in cases]),
        "cases": cases,
        "open_case": next((case for case, _state in cases if case.closed_at is None), None),
        "compensations": [(one, queries.compensation_money(one)[0]) for one in given],
        "reviews": queries.reviews_of_order(acting, order),
        "carriers": words.CARRIERS,
        "may_ship": acting.may(shop.pk, "orders.ship"),
        "may_decide": acting.may(shop.pk, "refunds.decide"),
        "can_ship": status == "confirmed" and not page.state.open_refunds,
        "can_reissue": status in ("shipped", "received"),
        "ship_form": ParcelForm(),
        "reissue_form": ReissueForm(),
    }
    if acting.may(shop.pk, "compensation.pay") and status in ("confirmed", "shipped", "received"):
        left = queries.left_to_give(acting, order, now=now)
        context |= {"left": left, "amounts": _amounts(page, left.most_minor)}
        context["compensation_form"] = CompensationForm(initial={"apology": words.APOLOGY, "reason": "late"})
    return context | forms


def _amounts(page: OrderPage, most_minor: int) -> Sequence[int]:
    """Round amounts to offer, within what the limits leave."""
    shares = [page.state.goods_minor * percent // 100 for percent in _SHARES_PERCENT]
    rounded = {max(10, share - share % 10) for share in shares}
    return sorted(amount for amount in rounded if amount <= most_minor)


@require_POST
@for_shop("orders.ship")
def ship(request: HttpRequest, order: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Send a parcel of an order."""
    found = _order_in(shop, order, acting)
    form = ParcelForm(request.POST)
    send = partial(delivery.ship, shop.name, order, acting=acting, now=clock.now())
    if form.try_to(lambda parcel: send(**parcel)):
        return _done(request, shop, order, _("Shipped. The buyer can follow the parcel."))
    return _again(request, found, shop, acting, ship_form=form)


@require_POST
@for_shop("orders.ship")
def reissue(request: HttpRequest, order: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Send the product, or the missing part, again."""
    found = _order_in(shop, order, acting)
    form = ReissueForm(request.POST)
    send = partial(delivery.reissue, shop.name, order, acting=acting, now=clock.now())
    if form.try_to(lambda parcel: send(**parcel)):
        return _done(request, shop, order, _("Sent again. It does not count as a second sale."))
    return _again(request, found, shop, acting, reissue_form=form)


@require_POST
@for_shop("orders.ship")
def correct(request: HttpRequest, order: str, parcel: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Put a parcel's carrier or tracking number right."""
    found = _order_in(shop, order, acting)
    known = next((one for one in parcels_of([found.key])[found.key] if public_id(one.pk) == parcel), None)
    if known is None:
        raise NotFound("parcel", parcel)
    form = ParcelForm(request.POST)
    put_right = partial(delivery.correct_tracking, known.pk, acting=acting, now=clock.now())
    if form.try_to(lambda right: put_right(**right)):
        return _done(request, shop, order, _("The tracking number is put right."))
    return _again(request, found, shop, acting, wrong_parcel=known.pk, correct_form=form)


@require_POST
@for_shop("compensation.pay")
def compensate(request: HttpRequest, order: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Make up the difference: money with an apology, at once, within the shop's limits."""
    found = _order_in(shop, order, acting)
    form = CompensationForm(request.POST)
    pay = partial(desk.compensate, order, acting=acting, now=clock.now())
    if form.try_to(
        lambda given: pay(given["amount_minor"], reason=given["reason"], apology=given["apology"])
    ):
        said = _("The money is on its way to the buyer, with your apology.")
        return _done(request, shop, order, said)
    return _again(request, found, shop, acting, compensation_form=form)


def _done(request: HttpRequest, shop: Shop, order: str, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("seller-order", shop=shop.name, order=order)


def _again(request: HttpRequest, found: Order, shop: Shop, acting: Actor, **forms: Any) -> HttpResponse:
    """The order's page with the form that was not taken, as it was filled in."""
    return render(request, "seller/order.html", _context(found, shop, acting, **forms), status=422)
