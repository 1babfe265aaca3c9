"""Themed activities: announced and changed by the operator; shops sign up, and withdraw before the start."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_operator, shop_for
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.marketing import queries
from pinback.marketing.actions.campaigns import check_open
from pinback.marketing.actions.standards import check_not_looser_within
from pinback.marketing.models import Activity, Campaign, SignUp
from pinback.marketing.rules import SPEC, Standard
from pinback.settlement.recording import lock_shops_within


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityTerms:
    """What is announced: a name, a window of time, and standards at least as strict as the operator's."""

    name: str
    about: str = ""
    starts_at: datetime
    ends_at: datetime
    standard: Standard = SPEC


@durable
def announce(terms: ActivityTerms, *, acting: Actor, now: datetime) -> Activity:
    """Announce an activity. Raises NotFound to everybody but the operator; Refused: the window is empty or
    over, a standard is looser than the operator's.
    """
    check_operator(acting)
    _check(terms, now)
    activity = Activity(id=new_id(), created_at=now, **_columns(terms))
    activity.save(force_insert=True)
    note_change("activity", activity.pk, before="", after="announced", now=now, person_id=acting.person_id)
    return activity


@durable
def change_activity(
    activity: str, terms: ActivityTerms, *, version: int, acting: Actor, now: datetime
) -> Activity:
    """Announce it otherwise, as long as it is not over. Campaigns that are paid stay as they are.

    Raises NotFound, Refused; Conflict: `stale`, or it is over.
    """
    check_operator(acting)
    found = queries.activity_named(activity)
    if found.ends_at <= now:
        raise Conflict("activity_over", _("This activity is over."))
    _check(terms, now)
    changed = Activity.objects.filter(pk=found.pk, version=version).update(
        **_columns(terms), version=version + 1
    )
    if not changed:
        raise Conflict("stale", _("Somebody changed this meanwhile; look at it again."))
    note_change(
        "activity", found.pk, before="announced", after="changed", now=now, person_id=acting.person_id
    )
    found.refresh_from_db()
    return found


def _check(terms: ActivityTerms, now: datetime) -> None:
    if not terms.name.strip():
        raise Refused("bad_name", _("A name has 1 to 60 characters."), "name")
    if terms.ends_at <= terms.starts_at:
        raise Refused("empty_window", _("It must end after it starts."), "ends_at")
    if terms.ends_at <= now:
        raise Refused("activity_over", _("It must end in the future."), "ends_at")
    check_not_looser_within(terms.standard, queries.standard_of(queries.standards()))


def _columns(terms: ActivityTerms) -> dict[str, object]:
    return {
        "name": " ".join(terms.name.split())[:60],
        "about": terms.about,
        "starts_at": terms.starts_at,
        "ends_at": terms.ends_at,
        **terms.standard._asdict(),
    }


@durable
def sign_up(shop: str, activity: str, *, acting: Actor, now: datetime) -> SignUp:
    """Take part in an activity that is not over; doing it again changes nothing.

    Raises NotFound, Forbidden; Conflict: it is over, or the shop is suspended.
    """
    owner = shop_for(acting, shop, "marketing.write")
    lock_shops_within(owner.name)
    owner.refresh_from_db(fields=["status"])
    check_open(owner)
    found = queries.activity_named(activity)
    if found.ends_at <= now:
        raise Conflict("activity_over", _("This activity is over."))
    row = SignUp(id=new_id(), shop=owner, activity=found, person_id=acting.person_id, at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return SignUp.objects.get(shop=owner, activity=found)
    note_change("sign_up", row.pk, before="", after="signed_up", now=now, person_id=acting.person_id)
    return row


@durable
def withdraw_sign_up(shop: str, activity: str, *, acting: Actor, now: datetime) -> None:
    """Take no part any more, before the activity starts and while no campaign of the shop is in it.

    Raises NotFound, Forbidden; Conflict: it has started, or has a campaign of the shop.
    """
    owner = shop_for(acting, shop, "marketing.write")
    lock_shops_within(owner.name)
    found = queries.activity_named(activity)
    if found.starts_at <= now:
        raise Conflict("activity_started", _("The activity has started: nobody can withdraw any more."))
    row = queries.sign_up_of(owner, found)
    if row is None:
        raise Conflict("not_signed_up", _("The shop does not take part."))
    mine = Campaign.objects.filter(shop=owner, activity=found).select_related("shop", "activity")
    if any(view.state in ("draft", "scheduled", "running") for view in queries.views_of(mine, now=now)):
        raise Conflict("has_campaigns", _("Stop or give up the shop's campaigns in it first."))
    SignUp.objects.filter(pk=row.pk).delete()
    note_change("sign_up", row.pk, before="signed_up", after="withdrawn", now=now, person_id=acting.person_id)
