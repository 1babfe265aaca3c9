"""What needs a shop now, for whoever of its staff looks: only what they may see to; and the month beside it.

Each need has a number and, where somebody waits for the shop, the nearest deadline or the longest wait.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Final, NamedTuple

from django.db.models import Count, F, Min, Q, Sum

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.catalog.models import Sku
from pinback.checkout.finding import counts_by_work, oldest_to_ship
from pinback.checkout.models import Order
from pinback.desk.models import Case
from pinback.insight.figures import SalesMonth
from pinback.insight.orders import sales_months
from pinback.marketing.queries import CampaignView, campaigns_of_shop
from pinback.rules.instants import local_month, zone
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.moments import instant_of

LOW_STOCK: Final = 5
"""A variant on sale with so many units or fewer is told to the shop."""

LOW_VOUCHERS_PERCENT: Final = 20
"""A campaign with so few of its vouchers left is about to run out."""


class Refunds(NamedTuple):
    """Cases in one state: how many, and the nearest deadline."""

    number: int
    deadline_at: datetime | None


class Needs(NamedTuple):
    """What needs the shop; None: it is not this person's to see to."""

    to_ship: int | None
    oldest: Order | None
    trouble: int | None
    to_decide: Refunds | None
    coming_back: Refunds | None
    with_operator: int | None
    running: Sequence[CampaignView] | None
    low_stock: Sequence[Sku] | None


class MonthNow(NamedTuple):
    """The month as it stands, the one before, what was paid today, and the balances; amounts in fen."""

    this: SalesMonth
    before: SalesMonth | None
    paid_today: int
    cash_today_minor: int
    in_group: int
    sales_minor: int
    marketing_minor: int


def needs_of(actor: Actor, shop: Shop, *, now: datetime) -> Needs:
    """What needs the shop now. For what has checked that the actor works there."""
    sees_orders, decides = actor.may(shop.pk, "orders.read"), actor.may(shop.pk, "refunds.decide")
    counts = counts_by_work(actor, shop.name) if sees_orders else {}
    return Needs(
        counts.get("to_ship"),
        oldest_to_ship(shop) if counts.get("to_ship") else None,
        counts.get("trouble"),
        _cases(shop, "waiting_for_shop") if decides else None,
        _cases(shop, "returning") if decides else None,
        Case.objects.filter(shop=shop, state="with_operator", closed_at=None).count() if decides else None,
        _running(actor, shop, now) if actor.may(shop.pk, "marketing.write") else None,
        low_stock(shop) if actor.may(shop.pk, "catalog.write") else None,
    )


def _cases(shop: Shop, state: str) -> Refunds:
    found = Case.objects.filter(shop=shop, state=state, closed_at=None)
    known = found.aggregate(count=Count("id"), deadline=Min("deadline_at"))
    return Refunds(known["count"], known["deadline"])


def _running(actor: Actor, shop: Shop, now: datetime) -> Sequence[CampaignView]:
    views, _cursor = campaigns_of_shop(actor, shop.name, now=now, state="running", limit=100)
    return views


def is_running_out(view: CampaignView) -> bool:
    """Whether hardly any of a campaign's vouchers are left."""
    left = view.settled.quantity - view.settled.issued
    return left * 100 <= view.settled.quantity * LOW_VOUCHERS_PERCENT


def low_stock(shop: Shop) -> Sequence[Sku]:
    """The variants on sale of which hardly any are left, the fewest first."""
    found = Sku.objects.filter(
        shop=shop, product__status="on_sale", is_offered=True, stock_left__lte=LOW_STOCK
    ).select_related("product")
    return list(found.order_by("stock_left", "id")[:100])


def month_of(shop: Shop, *, now: datetime) -> MonthNow | None:
    """The month as it stands; None: settlement does not know the shop. For what has checked who asks."""
    settled = SettledShop.objects.filter(name=shop.name).first()
    if settled is None:
        return None
    name = local_month(instant_of(now), shop.timezone)
    months = {month.month: month for month in sales_months(settled, name, "default")}
    earlier = sorted(month for month in months if month < name)
    midnight = datetime.combine(now.astimezone(zone(shop.timezone)), time(), tzinfo=zone(shop.timezone))
    today = SettledOrder.objects.filter(shop=settled, placed_at__gte=instant_of(midnight))
    paid = today.exclude(status__in=("placed", "cancelled")).aggregate(
        count=Count("id"), cash=Sum(F("goods_minor") + F("postage_minor"))
    )
    return MonthNow(
        months.get(name) or SalesMonth(month=name, units=0, orders=0, cash_minor=0),
        months[earlier[-1]] if earlier else None,
        paid["count"],
        int(paid["cash"] or 0),
        SettledOrder.objects.filter(Q(shop=settled) & Q(status="paid")).count(),
        settled.sales_minor,
        settled.marketing_minor,
    )
