"""Cases, compensations, reviews and the limits of shops. What a refund comes to is settlement's."""

from typing import Literal, get_args

from django.db import models
from django.db.models import Q

from pinback.accounts.models import Person, Shop

CaseState = Literal[
    "waiting_for_shop",
    "refused",
    "waiting_for_return",
    "returning",
    "with_operator",
    "refunding",
    "refunded",
    "withdrawn",
    "lapsed",
    "rejected",
]
CASE_STATES: tuple[str, ...] = get_args(CaseState)


class Case(models.Model):
    """A buyer asks for money back. Its public id is the refund id of settlement.

    `kind`: only money, or return and refund. `scope`: everything, units of lines (`lines` has them), or an
    amount of goods cash. `deadline_at` is whose turn it is until (`desk.rules` says what happens when it
    passes).
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    order_key = models.CharField(max_length=129)
    buyer = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False)
    kind = models.CharField(max_length=17)
    scope = models.CharField(max_length=6)
    lines = models.JSONField(default=list)
    amount_minor = models.BigIntegerField(null=True)
    postage_minor = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=20)
    text = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=18)
    deadline_at = models.DateTimeField(null=True)
    carrier = models.CharField(max_length=20, blank=True)
    tracking = models.CharField(max_length=64, blank=True)
    shop_reason = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("refund_only", "return_and_refund")), name="case_kind"
            ),
            models.CheckConstraint(condition=Q(scope__in=("whole", "units", "amount")), name="case_scope"),
            models.CheckConstraint(condition=Q(state__in=CASE_STATES), name="case_state"),
            models.UniqueConstraint(
                fields=("order_key",), condition=Q(closed_at=None), name="case_one_open_for_an_order"
            ),
        )
        indexes = (
            models.Index(fields=("shop", "deadline_at"), name="case_queue", condition=Q(closed_at=None)),
            models.Index(fields=("deadline_at",), name="case_due", condition=Q(closed_at=None)),
            models.Index(fields=("order_key",), name="case_of_order"),
        )


class CasePhoto(models.Model):
    """A photo that a buyer added to a case."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    case = models.ForeignKey(Case, models.DO_NOTHING, db_constraint=False)
    file = models.CharField(max_length=100)


class Compensation(models.Model):
    """Money a shop gives to make something up. It is no refund; settlement has the amount once it is paid."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    order_key = models.CharField(max_length=129)
    person = models.ForeignKey(Person, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=20)
    apology = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(amount_minor__gte=1), name="compensation_amount"),)
        indexes = (
            models.Index(fields=("shop", "at"), name="compensation_of_shop"),
            models.Index(fields=("order_key",), name="compensation_of_order"),
        )


class Limits(models.Model):
    """How much a shop's staff may give as compensation, for an order and on a day; set by its owner."""

    shop = models.OneToOneField(Shop, models.DO_NOTHING, primary_key=True, db_constraint=False)
    order_minor = models.BigIntegerField(default=5_000)
    day_minor = models.BigIntegerField(default=50_000)
    version = models.PositiveIntegerField(default=1)


class Review(models.Model):
    """What a buyer says of a product they received; one for a line of an order."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    product_id = models.BigIntegerField()
    order_key = models.CharField(max_length=129)
    line = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, db_index=False)
    stars = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(stars__gte=1) & Q(stars__lte=5), name="review_stars"),
            models.UniqueConstraint(fields=("order_key", "line"), name="review_once"),
        )
        indexes = (models.Index(fields=("product_id", "id"), name="review_of_product"),)
