"""The first page of a shop: what needs somebody now, and the month's figures beside it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.api.webhooks.queries import given_up
from pinback.catalog.models import Product
from pinback.insight.needs import Needs, is_running_out, month_of, needs_of
from pinback.kit import clock
from pinback.web.access import for_shop

SHOWN = 4
"""So many running campaigns are shown; the list has them all."""


class Need(NamedTuple):
    """A line of what needs somebody: `until` is a deadline, `since` how long it has waited."""

    number: int
    label: str
    says: str
    address: str
    until: datetime | None = None
    since: datetime | None = None


@require_safe
@for_shop("shop.read")
def overview(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """What needs me now, and how the month goes."""
    now = clock.now()
    needs = needs_of(acting, shop, now=now)
    found = sorted(_needs(needs, acting, shop), key=lambda need: need.number == 0)
    context = {
        "place": "overview",
        "shop": shop,
        "needs": found,
        "running": (needs.running or ())[:SHOWN],
        "month": month_of(shop, now=now) if acting.may(shop.pk, "reports.read") else None,
        "is_new": acting.may(shop.pk, "catalog.write") and not Product.objects.filter(shop=shop).exists(),
    }
    return render(request, "seller/overview.html", context)


def _needs(needs: Needs, acting: Actor, shop: Shop) -> Iterator[Need]:
    yield from _refunds(needs, shop)
    yield from _orders(needs, shop)
    yield from _goods(needs, shop)
    if acting.may(shop.pk, "webhooks.write"):
        failed = given_up(acting, shop.name)
        yield Need(
            failed,
            ngettext("failed webhook", "failed webhooks", failed),
            _("Your server did not take them; send them again."),
            _at("seller-hooks", shop),
        )


def _refunds(needs: Needs, shop: Shop) -> Iterator[Need]:
    queue = _at("seller-refunds", shop)
    if needs.to_decide is not None:
        number, until = needs.to_decide
        label = ngettext("refund to decide", "refunds to decide", number)
        yield Need(number, label, _("Without an answer in time you have agreed."), queue, until)
    if needs.coming_back is not None:
        number, until = needs.coming_back
        label = ngettext("return on its way to you", "returns on their way to you", number)
        says = _("Say when the goods are back; without a word in time the money is sent.")
        yield Need(number, label, says, f"{queue}?state=returning", until)
    if needs.with_operator is not None:
        number = needs.with_operator
        label = ngettext("case with the platform", "cases with the platform", number)
        yield Need(number, label, _("The platform decides these."), f"{queue}?state=with_operator")


def _orders(needs: Needs, shop: Shop) -> Iterator[Need]:
    orders = _at("seller-orders", shop)
    if needs.to_ship is not None:
        number = needs.to_ship
        label = ngettext("order to ship", "orders to ship", number)
        since = needs.oldest.placed_at if needs.oldest else None
        yield Need(
            number, label, _("The deal is made; the buyers wait."), f"{orders}?work=to_ship", since=since
        )
    if needs.trouble is not None:
        number = needs.trouble
        label = ngettext("parcel in trouble", "parcels in trouble", number)
        says = _("Damaged, refused, stuck or lost: write to the buyer before they write to you.")
        yield Need(number, label, says, f"{orders}?work=trouble")


def _goods(needs: Needs, shop: Shop) -> Iterator[Need]:
    if needs.running is not None:
        views: Any = [view for view in needs.running if is_running_out(view)]
        label = ngettext("campaign about to run out", "campaigns about to run out", len(views))
        says = ", ".join(
            _("%(name)s: %(left)d vouchers left")
            % {"name": view.campaign.name, "left": view.settled.quantity - view.settled.issued}
            for view in views[:3]
        )
        yield Need(
            len(views),
            label,
            says or _("All have vouchers enough."),
            f"{_at('seller-marketing', shop)}?state=running",
        )
    if needs.low_stock is not None:
        skus = needs.low_stock
        label = ngettext("variant almost sold out", "variants almost sold out", len(skus))
        says = ", ".join(f"{sku.product.title} {sku.name}: {sku.stock_left}" for sku in skus[:3])
        yield Need(
            len(skus), label, says or _("Enough of everything."), f"{_at('seller-products', shop)}?stock=low"
        )


def _at(name: str, shop: Shop) -> str:
    return reverse(name, kwargs={"shop": shop.name})
