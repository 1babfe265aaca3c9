"""Campaigns: quoted, created, renamed, stopped, given up. Their terms and money are settlement's.

Whether the terms meet the standards is decided inside the transaction, with the shop's row held, so that a
sign-up that is withdrawn meanwhile is seen.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import shop_for
from pinback.kit.history import note_change
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.marketing import queries
from pinback.marketing.models import Activity, Campaign
from pinback.marketing.rules import Example, Standard, Terms, Unmet, examples, unmet
from pinback.payments.actions import close_open_within
from pinback.rules.events import CampaignCreated, CampaignStopped
from pinback.rules.instants import next_day_start
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.moments import instant_of, moment_of
from pinback.settlement.recording import apply_within, lock_shops_within

DRAFT_DAYS = 30
"""A draft that nobody paid for so long is given up."""
_MOST_ABANDONED = 100
_LONGEST_NAME = 60


class Quote(NamedTuple):
    """What a campaign would cost and do. `starts_at` is its start if it is paid now; `unmet` are the
    standards that it does not meet: with any, it cannot be created.
    """

    terms: Terms
    fee_minor: int
    starts_at: datetime
    standard: Standard
    unmet: Sequence[Unmet]
    examples: Sequence[Example]


class Stop(NamedTuple):
    """What stopping a campaign does, in fen: `returns_minor` goes to the marketing balance at once; vouchers
    that are issued stay with their buyers.
    """

    issued: int
    not_issued: int
    returns_minor: int


def quote(shop: str, terms: Terms, *, activity: str | None = None, acting: Actor, now: datetime) -> Quote:
    """What a campaign of these terms would be. Raises NotFound, Forbidden; Refused: not in that activity."""
    owner = shop_for(acting, shop, "marketing.write")
    found = _activity_of(owner, activity, now)
    return _quote(owner, terms, found, now)


def _quote(shop: Shop, terms: Terms, activity: Activity | None, now: datetime) -> Quote:
    standard = queries.standard_for(activity)
    starts_at = next_start(shop, now)
    wrong = list(unmet(terms, standard))
    if activity is not None and starts_at >= activity.ends_at:
        detail = _("Paid now, the campaign would begin after the activity is over.")
        wrong.append(Unmet("activity_over", "activity", detail))
    return Quote(terms, terms.fee_minor, starts_at, standard, wrong, examples(terms))


def next_start(shop: Shop, now: datetime) -> datetime:
    """When a campaign of the shop that is paid now starts: 0:00 of the shop's next day (section 2.2)."""
    zone = SettledShop.objects.filter(name=shop.name).values_list("timezone", flat=True).first()
    return moment_of(next_day_start(instant_of(now), zone or shop.timezone))


@durable
def create(
    shop: str, name: str, terms: Terms, *, activity: str | None = None, acting: Actor, now: datetime
) -> Campaign:
    """A draft, to be paid. Raises NotFound, Forbidden; Refused: the first standard that is not met, at its
    field; Conflict: the shop is suspended.
    """
    owner = shop_for(acting, shop, "marketing.write")
    lock_shops_within(owner.name)
    owner.refresh_from_db(fields=["status"])
    check_open(owner)
    found = _activity_of(owner, activity, now)
    check_terms(owner, terms, found, now)
    made = new_id()
    id_ = public_id(made)
    apply_within(
        CampaignCreated(
            id=f"{id_}-created",
            at=instant_of(now),
            shop=owner.name,
            campaign=id_,
            threshold=terms.threshold_minor,
            rebate=terms.rebate_minor,
            quantity=terms.quantity,
            valid_days=terms.valid_days,
            name=_named(name),
        ),
        now=now,
    )
    campaign = Campaign(
        id=made,
        shop=owner,
        key=f"{owner.name}/{id_}",
        name=_named(name),
        activity=found,
        created_by_id=acting.person_id,
        created_at=now,
    )
    campaign.save(force_insert=True)
    note_change("campaign", made, before="", after="draft", now=now, person_id=acting.person_id)
    return campaign


def check_open(shop: Shop) -> None:
    """Raise Conflict where the operator has suspended the shop."""
    if shop.status != "open":
        raise Conflict("shop_suspended", _("The shop is suspended; ask the operator."))


def check_terms(shop: Shop, terms: Terms, activity: Activity | None, now: datetime) -> None:
    """Raise Refused for the first standard that is not met now, at its field."""
    wrong = _quote(shop, terms, activity, now).unmet
    if wrong:
        raise Refused(wrong[0].code, wrong[0].detail, wrong[0].field)


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise Refused("bad_name", _("A name has 1 to 60 characters."), "name")
    return name


def _activity_of(shop: Shop, activity: str | None, now: datetime) -> Activity | None:
    """The activity, if the shop takes part in it and it is not over."""
    if activity is None:
        return None
    found = queries.activity_named(activity)
    if found.ends_at <= now:
        raise Refused("activity_over", _("This activity is over."), "activity")
    if queries.sign_up_of(shop, found) is None:
        raise Refused("not_signed_up", _("Sign up for this activity first."), "activity")
    return found


@durable
def rename(shop: str, campaign: str, name: str, *, version: int, acting: Actor, now: datetime) -> Campaign:
    """Give a campaign another name. Raises NotFound, Forbidden, Refused; Conflict `stale`."""
    found = queries.campaign_for(acting, shop, campaign)
    changed = Campaign.objects.filter(pk=found.pk, version=version).update(
        name=_named(name), version=version + 1
    )
    if not changed:
        raise Conflict("stale", _("Somebody changed this meanwhile; look at it again."))
    note_change(
        "campaign", found.pk, before="named", after="named", now=now, person_id=acting.person_id, note=name
    )
    found.refresh_from_db()
    return found


def preview_stop(shop: str, campaign: str, *, acting: Actor, now: datetime) -> Stop:
    """What stopping would do now. Raises NotFound, Forbidden; Conflict: it is not scheduled or running."""
    return _stop_of(queries.view_of(queries.campaign_for(acting, shop, campaign), now=now))


@durable
def stop(shop: str, campaign: str, *, acting: Actor, now: datetime) -> Stop:
    """End a scheduled or running campaign at once; what is not issued returns to the marketing balance.

    Raises NotFound, Forbidden; Conflict: it is not scheduled or running (any more).
    """
    found = queries.campaign_for(acting, shop, campaign)
    lock_shops_within(found.shop.name)
    view = queries.view_of(found, now=now)
    stopped = _stop_of(view)
    id_ = public_id(found.pk)
    event = CampaignStopped(id=f"{id_}-stopped", at=instant_of(now), shop=found.shop.name, campaign=id_)
    apply_within(event, now=now)
    Campaign.objects.filter(pk=found.pk).update(stopped_at=now)
    note_change("campaign", found.pk, before=view.state, after="ended", now=now, person_id=acting.person_id)
    return stopped


def _stop_of(view: queries.CampaignView) -> Stop:
    if view.state not in ("scheduled", "running"):
        raise Conflict("wrong_state", _("Only a campaign that is scheduled or running can be stopped."))
    settled = view.settled
    return Stop(settled.issued, settled.quantity - settled.issued, settled.held)


@durable
def abandon(shop: str, campaign: str, *, acting: Actor, now: datetime) -> Campaign:
    """Give a draft up: it cannot be paid any more, and money that still comes goes back.

    Raises NotFound, Forbidden; Conflict: it is no draft any more.
    """
    found = queries.campaign_for(acting, shop, campaign)
    if not _abandon_within(found, now=now, person_id=acting.person_id):
        raise Conflict("wrong_state", _("Only a draft can be given up."))
    found.refresh_from_db()
    return found


def abandon_old(now: datetime) -> int:
    """Give up drafts that nobody paid for 30 days; a job. Returns how many."""
    due = Campaign.objects.filter(
        funded_at=None, abandoned_at=None, created_at__lte=now - timedelta(days=DRAFT_DAYS)
    ).select_related("shop")
    return sum(_abandon_old(campaign, now=now) for campaign in list(due.order_by("id")[:_MOST_ABANDONED]))


@durable
def _abandon_old(campaign: Campaign, *, now: datetime) -> bool:
    return _abandon_within(campaign, now=now, person_id=None)


def _abandon_within(campaign: Campaign, *, now: datetime, person_id: int | None) -> bool:
    lock_shops_within(campaign.shop.name)
    if queries.settled_of([campaign.key])[campaign.key].starts_at is not None:
        # Funded by the engine's own API, without the market: it is no draft, and need not be looked at again.
        Campaign.objects.filter(pk=campaign.pk, funded_at=None).update(funded_at=now)
        return False
    given_up = Campaign.objects.filter(pk=campaign.pk, funded_at=None, abandoned_at=None)
    if not given_up.update(abandoned_at=now):
        return False
    close_open_within("campaign", campaign.key, now)
    note_change("campaign", campaign.pk, before="draft", after="abandoned", now=now, person_id=person_id)
    return True
