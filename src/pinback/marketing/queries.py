"""Reads of campaigns, standards, activities and links, and who may see them.

How a campaign stands follows from settlement and the clock: nothing is written when it begins or ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import check_operator, shop_for
from pinback.kit.ids import id_of
from pinback.kit.paging import Page, page_of
from pinback.kit.refusals import NotFound
from pinback.marketing.models import Activity, Campaign, Link, Payout, SignUp, Standards
from pinback.marketing.rules import CampaignState, Standard, Terms, campaign_state, strictest, unmet
from pinback.rules.records import Campaign as SettledCampaign
from pinback.settlement.models import Campaign as SettledRow
from pinback.settlement.moments import instant_of, moment_of
from pinback.settlement.tables import CAMPAIGNS, campaign_of

_FIRST = 1


class CampaignView(NamedTuple):
    """A campaign as it stands at a moment; `reason` is why it ended."""

    campaign: Campaign
    settled: SettledCampaign
    state: CampaignState
    starts_at: datetime | None

    @property
    def terms(self) -> Terms:
        """Its terms, as settlement has them."""
        settled = self.settled
        return Terms(settled.threshold, settled.rebate, settled.quantity, settled.valid_days)

    @property
    def left(self) -> int:
        """Vouchers that are not issued yet."""
        return self.settled.quantity - self.settled.issued


class ActivityView(NamedTuple):
    """An activity, and how many shops take part."""

    activity: Activity
    shops: int


def id_or_not_found(what: str, public: str) -> int:
    """The id of a public id. Raises NotFound for a text that is none."""
    try:
        return id_of(public)
    except ValueError:
        raise NotFound(what, public) from None


# --- standards -------------------------------------------------------------------------------------------


def standards() -> Standards:
    """The operator's standards; where none were ever set, those of settlement, as version 1."""
    return Standards.objects.filter(pk=_FIRST).first() or Standards(id=_FIRST)


def standard_of(row: Standards | Activity) -> Standard:
    """A row's standards as a value."""
    return Standard(
        row.least_rebate_percent, row.least_quantity, row.least_threshold_minor, row.most_valid_days
    )


def standard_for(activity: Activity | None) -> Standard:
    """What a campaign has to meet now: the operator's standards, and those of its activity."""
    rows: list[Standards | Activity] = [standards()]
    if activity is not None:
        rows.append(activity)
    return strictest(standard_of(row) for row in rows)


# --- campaigns -------------------------------------------------------------------------------------------


def campaign_for(actor: Actor, shop: str, public: str, permission: str = "marketing.write") -> Campaign:
    """A campaign of a shop, if the actor may do `permission` there. Raises NotFound, Forbidden."""
    owner = shop_for(actor, shop, permission)
    found = _campaigns().filter(shop=owner, pk=id_or_not_found("campaign", public)).first()
    if found is None:
        raise NotFound("campaign", public)
    return found


def campaign_with_key(key: str) -> Campaign | None:
    """The campaign of a key of settlement; None if it is none of the market's. For actions only."""
    return _campaigns().filter(key=key).first()


def campaigns_of_shop(
    actor: Actor,
    shop: str,
    *,
    now: datetime,
    state: CampaignState | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> tuple[Sequence[CampaignView], str | None]:
    """A shop's campaigns, the newest first, in one state or all. Raises NotFound, Forbidden."""
    found = _campaigns().filter(shop=shop_for(actor, shop, "marketing.write"))
    if state is not None:
        found = _in_state(found, state, now)
    page = page_of(found, cursor=cursor, limit=limit)
    return views_of(page.rows, now=now), page.next_cursor


def campaigns_of_activity(activity: Activity, *, now: datetime) -> Sequence[CampaignView]:
    """The campaigns of an activity that everybody can see: those that run, then those that are scheduled."""
    found = _campaigns().filter(activity=activity, shop__status="open")
    return [
        view
        for state in ("running", "scheduled")
        for view in views_of(_in_state(found, state, now).order_by("id")[:200], now=now)
    ]


def own_campaigns_in(actor: Actor, shop: str, activity: Activity, *, now: datetime) -> Sequence[CampaignView]:
    """A shop's own campaigns in an activity, drafts too, the newest first. Raises NotFound, Forbidden."""
    owner = shop_for(actor, shop, "marketing.write")
    return views_of(_campaigns().filter(shop=owner, activity=activity).order_by("-id")[:100], now=now)


def view_of(campaign: Campaign, *, now: datetime) -> CampaignView:
    """A campaign as it stands."""
    return views_of([campaign], now=now)[0]


def views_of(campaigns: Iterable[Campaign], *, now: datetime) -> Sequence[CampaignView]:
    """Campaigns as they stand, in their order."""
    rows = list(campaigns)
    settled = settled_of([row.key for row in rows])
    return [_view(row, settled[row.key], now) for row in rows]


def settled_of(keys: Sequence[str]) -> Mapping[str, SettledCampaign]:
    """Campaigns as settlement has them, by key."""
    found = SettledRow.objects.filter(key__in=keys).values_list(*CAMPAIGNS.columns)
    return {campaign.key: campaign for campaign in map(campaign_of, found)}


def _view(row: Campaign, settled: SettledCampaign, now: datetime) -> CampaignView:
    state = campaign_state(settled.status(instant_of(now)), is_abandoned=row.abandoned_at is not None)
    return CampaignView(
        row, settled, state, None if settled.starts_at is None else moment_of(settled.starts_at)
    )


def _in_state(found: QuerySet[Campaign], state: str, now: datetime) -> QuerySet[Campaign]:
    at = instant_of(now)
    in_settlement = {
        "draft": Q(starts_at=None, ended=None),
        "abandoned": Q(starts_at=None, ended=None),
        "scheduled": Q(starts_at__gt=at, ended=None),
        "running": Q(starts_at__lte=at, ended=None),
        "ended": ~Q(ended=None),
    }[state]
    found = found.filter(key__in=SettledRow.objects.filter(in_settlement).values("key"))
    if state in ("draft", "abandoned"):
        found = found.filter(abandoned_at__isnull=state == "draft")
    return found


def _campaigns() -> QuerySet[Campaign]:
    return Campaign.objects.select_related("shop", "activity")


# --- activities ------------------------------------------------------------------------------------------


def activity_named(public: str) -> Activity:
    """An activity by its public id, for everybody. Raises NotFound."""
    found = Activity.objects.filter(pk=id_or_not_found("activity", public)).first()
    if found is None:
        raise NotFound("activity", public)
    return found


def activities(
    *, now: datetime, over_too: bool = False, cursor: str | None = None, limit: int = 20
) -> Page[Activity]:
    """The activities that are announced or going on, the newest first; with `over_too` all."""
    found = Activity.objects.all() if over_too else Activity.objects.filter(ends_at__gt=now)
    return page_of(found, cursor=cursor, limit=limit)


def shops_in(activity: Activity) -> Sequence[Shop]:
    """The open shops that signed up, in the order in which they did."""
    found = SignUp.objects.filter(activity=activity, shop__status="open").select_related("shop")
    return [row.shop for row in found.order_by("id")]


def sign_ups(actor: Actor, activity: Activity) -> Sequence[SignUp]:
    """All sign-ups for an activity, also of shops that are suspended, the first one first. Raises NotFound to
    everybody but the operator.
    """
    check_operator(actor)
    return list(SignUp.objects.filter(activity=activity).select_related("shop", "person").order_by("id"))


def drafts_below(actor: Actor, standard: Standard, *, now: datetime) -> int:
    """How many campaigns that are planned and not paid yet would not meet a standard. Raises NotFound to
    everybody but the operator.
    """
    check_operator(actor)
    drafts = _campaigns().filter(funded_at=None, abandoned_at=None)[:1_000]
    return sum(bool(unmet(view.terms, standard)) for view in views_of(drafts, now=now))


def sign_up_of(shop: Shop, activity: Activity) -> SignUp | None:
    """That a shop takes part; None: it does not."""
    return SignUp.objects.filter(shop=shop, activity=activity).first()


def signed_up(actor: Actor, shop: str) -> Sequence[Activity]:
    """The activities that a shop signed up for, the newest first. Raises NotFound, Forbidden."""
    owner = shop_for(actor, shop, "marketing.write")
    rows = SignUp.objects.filter(shop=owner).select_related("activity").order_by("-id")
    return [row.activity for row in rows[:100]]


# --- links and payouts -----------------------------------------------------------------------------------


def link_named(public: str) -> Link:
    """A link by its public id, for everybody. Raises NotFound."""
    found = Link.objects.select_related("shop").filter(pk=id_or_not_found("link", public)).first()
    if found is None:
        raise NotFound("link", public)
    return found


def own_link(actor: Actor, kind: str, target_id: int) -> Link | None:
    """The actor's own link to something; None: they have made none."""
    found = Link.objects.filter(kind=kind, target_id=target_id, person_id=actor.person_id)
    return found.select_related("shop").first()


def links_of_shop(actor: Actor, shop: str, *, cursor: str | None = None, limit: int = 20) -> Page[Link]:
    """The links to a shop, its products, groups, campaigns; the newest first. Raises NotFound, Forbidden."""
    owner = shop_for(actor, shop, "reports.read")
    return page_of(Link.objects.filter(shop=owner).select_related("shop"), cursor=cursor, limit=limit)


def payouts_of_shop(actor: Actor, shop: str, *, cursor: str | None = None, limit: int = 20) -> Page[Payout]:
    """A shop's payouts, the newest first. Raises NotFound, Forbidden."""
    owner = shop_for(actor, shop, "funds.read")
    return page_of(Payout.objects.filter(shop=owner).select_related("shop"), cursor=cursor, limit=limit)


def payout_of_shop(actor: Actor, shop: str, public: str) -> Payout:
    """One of a shop's payouts. Raises NotFound, Forbidden."""
    owner = shop_for(actor, shop, "funds.read")
    found = Payout.objects.filter(shop=owner, pk=id_or_not_found("payout", public)).first()
    if found is None:
        raise NotFound("payout", public)
    return found


def payout_of_operator(actor: Actor, public: str) -> Payout:
    """A payout of any shop, for the operator alone. Raises NotFound."""
    check_operator(actor)
    found = Payout.objects.select_related("shop").filter(pk=id_or_not_found("payout", public)).first()
    if found is None:
        raise NotFound("payout", public)
    return found


def payouts_everywhere(
    actor: Actor, *, status: str | None, cursor: str | None = None, limit: int = 20
) -> Page[Payout]:
    """All shops' payouts in a status, for the operator alone, the oldest first. Raises NotFound."""
    check_operator(actor)
    found = Payout.objects.select_related("shop")
    if status is not None:
        found = found.filter(status=status)
    return page_of(found, cursor=cursor, limit=limit, newest_first=False)
