"""Groups and their members. A seat is taken by a paid order; `seats_taken` is guarded on every database."""

from django.db import models
from django.db.models import F, Q

from pinback.accounts.models import Person, Shop
from pinback.catalog.models import Product


class Group(models.Model):
    """The buyers who buy one product together, until it is complete or its time is over."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.DO_NOTHING, db_constraint=False, db_index=False)
    leader = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, db_index=False)
    size = models.PositiveSmallIntegerField()
    seats_taken = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=8, default="forming")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("forming", "complete", "failed")), name="group_status"
            ),
            models.CheckConstraint(condition=Q(seats_taken__lte=F("size")), name="group_seats"),
            models.CheckConstraint(
                condition=~Q(status="complete") | Q(seats_taken=F("size")), name="group_complete_is_full"
            ),
        )
        indexes = (
            models.Index(fields=("product", "expires_at"), name="group_open", condition=Q(status="forming")),
            models.Index(fields=("expires_at",), name="group_due", condition=Q(status="forming")),
            models.Index(
                fields=("id",), name="group_to_refund", condition=Q(status="failed") & Q(seats_taken__gt=0)
            ),
        )


class Member(models.Model):
    """A paid order in a group. One who left before it was complete has `left_at`; the seat is free again."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    group = models.ForeignKey(Group, models.DO_NOTHING, db_constraint=False)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False)
    order_key = models.CharField(max_length=129, unique=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("group", "person"), condition=Q(left_at=None), name="member_once"
            ),
        )
