"""Campaigns as shops plan them, themed activities, the operator's standards, links, and payouts to shops.

Terms, state and balances of a campaign are settlement's (`settlement.models.Campaign`, by `key`).
"""

from django.db import models
from django.db.models import Q

from pinback.accounts.models import Person, Shop


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
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="activity_window"),
        )


class SignUp(models.Model):
    """A shop takes part in an activity."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    activity = models.ForeignKey(Activity, models.DO_NOTHING, db_constraint=False)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("shop", "activity"), name="sign_up_once"),)


class Campaign(models.Model):
    """What settlement need not know of a campaign. Its public id is the campaign id there."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    key = models.CharField(max_length=129, unique=True)
    name = models.CharField(max_length=60)
    activity = models.ForeignKey(Activity, models.DO_NOTHING, null=True, db_constraint=False)
    created_by = models.ForeignKey(Person, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    created_at = models.DateTimeField()


class Link(models.Model):
    """A share link to a group, a product or a campaign, and how often it was followed."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    kind = models.CharField(max_length=8)
    target_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    visits = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=("group", "product", "campaign")), name="link_kind"),
            models.CheckConstraint(condition=Q(visits__gte=0), name="link_visits"),
        )
        indexes = (models.Index(fields=("kind", "target_id"), name="link_of_target"),)


class Payout(models.Model):
    """Money of a shop that is paid out to it, from its proceeds or its marketing balance."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    account = models.CharField(max_length=9)
    amount_minor = models.BigIntegerField()
    status = models.CharField(max_length=9, default="requested")
    person_id = models.BigIntegerField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(account__in=("marketing", "sales")), name="payout_account"),
            models.CheckConstraint(
                condition=Q(status__in=("requested", "paid", "refused")), name="payout_status"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="payout_amount"),
        )
