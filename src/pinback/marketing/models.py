"""Campaigns as shops plan them, themed activities, the operator's standards, links, and payouts to shops.

Terms, state and balances of a campaign are settlement's (`settlement.models.Campaign`, by `key`).
"""

from django.db import models
from django.db.models import F, Q

from pinback.accounts.models import Person, Shop
from pinback.marketing.rules import PAYOUT_STATES


class Standards(models.Model):
    """What the operator asks of every campaign, never less than settlement does; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    least_rebate_percent = models.PositiveSmallIntegerField(default=5)
    least_quantity = models.PositiveIntegerField(default=10)
    least_threshold_minor = models.BigIntegerField(default=1)
    most_valid_days = models.PositiveSmallIntegerField(default=365)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="standards_one_row"),
            models.CheckConstraint(
                condition=Q(least_rebate_percent__gte=5)
                & Q(least_rebate_percent__lte=100)
                & Q(least_quantity__gte=10)
                & Q(least_threshold_minor__gte=1)
                & Q(most_valid_days__gte=1)
                & Q(most_valid_days__lte=365),
                name="standards_not_below_the_spec",
            ),
        )


class Activity(models.Model):
    """A themed activity: a window of time and standards of its own, which shops sign up for."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=60)
    about = models.TextField(max_length=2000, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    least_rebate_percent = models.PositiveSmallIntegerField(default=5)
    least_quantity = models.PositiveIntegerField(default=10)
    least_threshold_minor = models.BigIntegerField(default=1)
    most_valid_days = models.PositiveSmallIntegerField(default=365)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="activity_window"),
            models.CheckConstraint(
                condition=Q(least_rebate_percent__gte=5)
                & Q(least_rebate_percent__lte=100)
                & Q(least_quantity__gte=10)
                & Q(least_threshold_minor__gte=1)
                & Q(most_valid_days__gte=1)
                & Q(most_valid_days__lte=365),
                name="activity_not_below_the_spec",
            ),
        )
        indexes = (models.Index(fields=("ends_at",), name="activity_by_end"),)


class SignUp(models.Model):
    """A shop takes part in an activity; gone when it withdraws."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    activity = models.ForeignKey(Activity, models.DO_NOTHING, db_constraint=False)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("shop", "activity"), name="sign_up_once"),)


class Campaign(models.Model):
    """What settlement need not know of a campaign. Its public id is the campaign id there.

    `abandoned_at`: the shop gave the draft up, or left it for too long; it cannot be paid any more.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    key = models.CharField(max_length=129, unique=True)
    name = models.CharField(max_length=60)
    activity = models.ForeignKey(Activity, models.DO_NOTHING, null=True, db_constraint=False)
    created_by = models.ForeignKey(Person, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    created_at = models.DateTimeField()
    funded_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    abandoned_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(funded_at=None) | Q(abandoned_at=None), name="campaign_funded_or_abandoned"
            ),
        )
        indexes = (
            models.Index(
                fields=("created_at",),
                name="campaign_draft",
                condition=Q(funded_at=None) & Q(abandoned_at=None),
            ),
        )


class Link(models.Model):
    """A share link to a group, a product, a campaign or a shop, and how often it was followed.

    One without a person is the standing link of a page, through which the page counts its visits.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    kind = models.CharField(max_length=8)
    target_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    visits = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("group", "product", "campaign", "shop")), name="link_kind"
            ),
            models.CheckConstraint(condition=Q(visits__gte=0), name="link_visits"),
            models.UniqueConstraint(
                fields=("kind", "target_id", "person_id"),
                condition=~Q(person_id=None),
                name="link_once_for_a_person",
            ),
            models.UniqueConstraint(
                fields=("kind", "target_id"), condition=Q(person_id=None), name="link_standing_once"
            ),
        )


class LinkDay(models.Model):
    """How often a link was followed on one local day of its shop."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    link = models.ForeignKey(Link, models.DO_NOTHING, db_constraint=False, db_index=False)
    day = models.DateField()
    visits = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("link", "day"), name="link_day_once"),
            models.CheckConstraint(condition=Q(visits__gte=1), name="link_day_visits"),
        )
        indexes = (models.Index(fields=("shop", "day"), name="link_day_of_shop"),)


class Visit(models.Model):
    """That a visitor, of whom only a hash is kept, followed a link in some hour: so it counts once in it."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    link = models.ForeignKey(Link, models.DO_NOTHING, db_constraint=False, db_index=False)
    visitor = models.CharField(max_length=40)
    hour = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("link", "visitor", "hour"), name="visit_once"),)
        indexes = (models.Index(fields=("hour",), name="visit_by_hour"),)


class Payout(models.Model):
    """Money of a shop that is paid out to it, from its proceeds (`sales`) or its marketing balance.

    `booking_id`, from when it was paid, is its place among the postings of the shop.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    account = models.CharField(max_length=9)
    amount_minor = models.BigIntegerField()
    status = models.CharField(max_length=9, default="requested")
    person_id = models.BigIntegerField()
    note = models.CharField(max_length=200, blank=True)
    booking_id = models.BigIntegerField(null=True, unique=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(account__in=("marketing", "sales")), name="payout_account"),
            models.CheckConstraint(condition=Q(status__in=PAYOUT_STATES), name="payout_status"),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="payout_amount"),
            models.CheckConstraint(
                condition=Q(status="paid", booking_id__isnull=False)
                | (~Q(status="paid") & Q(booking_id=None)),
                name="payout_booked_when_paid",
            ),
        )
        indexes = (models.Index(fields=("id",), name="payout_requested", condition=Q(status="requested")),)
