"""The report of one campaign in the market (A11, A12): where its fee went, the deals made while it ran, what
it brought beside the weeks before, and how visits became groups and orders.

A deal is inside when its order was confirmed while the campaign ran. What it brought is a comparison and no
proof: the deals inside less those that the same time would have had at the pace of the four weeks before.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from pinback.checkout.models import Order as MarketOrder
from pinback.groups.models import Group, Member
from pinback.insight.campaigns import campaign_figures
from pinback.insight.figures import CampaignFigures
from pinback.insight.folding import catch_up
from pinback.insight.models import CampaignEnd, OrderFacts
from pinback.marketing.models import Campaign, Link, LinkDay
from pinback.rules.instants import local_date
from pinback.settlement.models import Campaign as SettledCampaign
from pinback.settlement.models import Event, Order, Shop, Voucher
from pinback.settlement.moments import instant_of, moment_of

WEEKS_BEFORE = 4
_BEFORE_SECONDS = WEEKS_BEFORE * 7 * 86_400


class Window(NamedTuple):
    """When a campaign ran, until now if it still does; `last_event_id` is the event that ended it, which is
    the last one inside (section 2.4).
    """

    start: int
    end: int
    last_event_id: int | None = None

    @property
    def seconds(self) -> int:
        """How long that is."""
        return max(0, self.end - self.start)


class OrdersInside(NamedTuple):
    """The deals made while it ran; `refunded` had at least 1 fen refunded. Cash: goods and postage."""

    number: int
    refunded: int
    cash_minor: int
    refunded_minor: int
    earned: int
    lost_rebate: int


class Brought(NamedTuple):
    """The deals inside beside those before: `expected` is what the time inside would have had at the pace of
    the `days_before` days before the start (at most 28; none: there is nothing to compare with).
    """

    orders: int
    orders_before: int
    days_before: int
    expected: int
    extra: int


class Funnel(NamedTuple):
    """From visits to orders on the days it ran, for the whole shop, and those of them that came by a link."""

    visits: int
    groups: int
    orders: int
    groups_by_link: int
    orders_by_link: int


class CampaignReport(NamedTuple):
    """All of it. `is_up_to_date` False: the log is not folded to its end yet; ask again soon."""

    figures: CampaignFigures
    window: tuple[datetime, datetime] | None
    orders: OrdersInside
    brought: Brought
    funnel: Funnel
    is_up_to_date: bool

    @property
    def net_cost_minor(self) -> int:
        """What of the fee is gone for good: used vouchers, less what came back of them."""
        return self.figures.spent_minor


NOTHING_INSIDE = OrdersInside(0, 0, 0, 0, 0, 0)
NOTHING_BROUGHT = Brought(0, 0, 0, 0, 0)
NO_FUNNEL = Funnel(0, 0, 0, 0, 0)


def campaign_report(campaign: Campaign, *, now: datetime) -> CampaignReport:
    """The report of a campaign that the caller may see (`marketing.queries.campaign_for`)."""
    shop = Shop.objects.get(name=campaign.shop.name)
    is_done = catch_up(shop)
    (figures,) = campaign_figures(shop, instant_of(now), "default", key=campaign.key)
    window = _window(SettledCampaign.objects.get(key=campaign.key), now)
    if window is None:
        return CampaignReport(figures, None, NOTHING_INSIDE, NOTHING_BROUGHT, NO_FUNNEL, is_done)
    inside = _inside(shop, window)
    return CampaignReport(
        figures,
        (moment_of(window.start), moment_of(window.end)),
        _orders(shop, inside, campaign.key),
        _brought(shop, inside.count(), window),
        _funnel(campaign, shop, inside, window),
        is_done,
    )


def _window(settled: SettledCampaign, now: datetime) -> Window | None:
    """When it ran; None: not yet, or never."""
    starts_at, at = settled.starts_at, instant_of(now)
    if starts_at is None or starts_at > at:
        return None
    if settled.ended is None:
        return Window(starts_at, at)
    end = _stop_of(settled) if settled.ended == "stopped" else _last_issue_of(settled)
    # Stopped before it began, it never ran.
    return None if end is None or end[0] < starts_at else Window(starts_at, *end)


def _stop_of(settled: SettledCampaign) -> tuple[int, int] | None:
    return CampaignEnd.objects.filter(key=settled.key).values_list("at", "event_id").first()


def _last_issue_of(settled: SettledCampaign) -> tuple[int, int] | None:
    """A voucher has the id of the event that issued it."""
    last = Voucher.objects.filter(shop_id=settled.shop_id, campaign=settled).aggregate(n=Max("id"))["n"]
    return Event.objects.filter(pk=last).values_list("at", "pk").first()


def _inside(shop: Shop, window: Window) -> QuerySet[OrderFacts]:
    found = OrderFacts.objects.filter(shop_id=shop.pk, confirmed_at__gte=window.start)
    if window.last_event_id is None:
        return found
    return found.filter(confirmed_by__lte=window.last_event_id)


def _confirmed(shop: Shop, since: int, until: int) -> QuerySet[OrderFacts]:
    return OrderFacts.objects.filter(shop_id=shop.pk, confirmed_at__gte=since, confirmed_at__lt=until)


def _orders(shop: Shop, inside: QuerySet[OrderFacts], campaign: str) -> OrdersInside:
    refunded = Q(goods_left_minor__lt=F("goods_minor")) | Q(postage_left_minor__lt=F("postage_minor"))
    earned = Q(earned_code__startswith=f"{campaign}/")
    paid = F("goods_minor") + F("postage_minor")
    left = F("goods_left_minor") + F("postage_left_minor")
    found = Order.objects.filter(shop=shop, key__in=inside.values("key")).aggregate(
        number=Count("id"),
        refunded=Count("id", filter=refunded),
        cash=Sum(paid),
        refunded_cash=Sum(paid - left),
        earned=Count("id", filter=earned),
        lost=Count("id", filter=earned & Q(rebate="not_eligible")),
    )
    return OrdersInside(
        found["number"],
        found["refunded"],
        int(found["cash"] or 0),
        int(found["refunded_cash"] or 0),
        found["earned"],
        found["lost"],
    )


def _brought(shop: Shop, orders: int, window: Window) -> Brought:
    first = OrderFacts.objects.filter(shop_id=shop.pk).aggregate(n=Min("confirmed_at"))["n"]
    begin = window.start - _BEFORE_SECONDS
    if first is not None:
        # A shop that is younger than four weeks is compared with the whole days it has had.
        days = min(WEEKS_BEFORE * 7, (window.start - first) // 86_400)
        begin = window.start - max(0, days) * 86_400
    seconds = window.start - begin if first is not None else 0
    before = _confirmed(shop, begin, window.start).count() if seconds else 0
    expected = (2 * before * window.seconds + seconds) // (2 * seconds) if seconds else 0
    return Brought(orders, before, seconds // 86_400, expected, orders - expected if seconds else 0)


def _funnel(campaign: Campaign, shop: Shop, inside: QuerySet[OrderFacts], window: Window) -> Funnel:
    days = [local_date(at, shop.timezone) for at in (window.start, window.end)]
    visits = LinkDay.objects.filter(shop=campaign.shop, day__gte=days[0], day__lte=days[1])
    since, until = moment_of(window.start), moment_of(window.end) + timedelta(seconds=1)
    groups = Group.objects.filter(shop=campaign.shop, opened_at__gte=since, opened_at__lt=until)
    links = Link.objects.filter(shop=campaign.shop)
    by_link = MarketOrder.objects.filter(shop=campaign.shop, link_id__in=links.values("pk"))
    leaders = Member.objects.filter(
        group__in=groups.values("pk"), order_key__in=by_link.filter(kind="open").values("key")
    )
    return Funnel(
        int(visits.aggregate(n=Sum("visits"))["n"] or 0),
        groups.count(),
        inside.count(),
        leaders.values("group").distinct().count(),
        by_link.filter(key__in=inside.values("key")).count(),
    )
