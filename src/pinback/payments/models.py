"""Money in, money out, what providers told us, and what does not add up. Amounts are in fen."""

from django.db import models
from django.db.models import Q

from pinback.accounts.models import Person, Shop


class Payment(models.Model):
    """Money that somebody is to pay, or has paid, for one purpose.

    `subject` names what for (of an order or campaign its key, of a debt `shop/buyer`). `number` is our number at
    the provider. `late`, `mismatched`, `unneeded`: money came in that nothing could be done with; it goes back.
    """

    STATUSES = ("created", "pending", "succeeded", "late", "mismatched", "unneeded", "closed", "failed")

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    payer = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False)
    purpose = models.CharField(max_length=10)
    subject = models.CharField(max_length=129)
    method = models.CharField(max_length=10)
    provider = models.CharField(max_length=10)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, default="created")
    number = models.CharField(max_length=32, unique=True)
    provider_ref = models.CharField(max_length=100, blank=True)
    to_client = models.JSONField(default=dict)
    received_minor = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    status__in=(
                        "created",
                        "pending",
                        "succeeded",
                        "late",
                        "mismatched",
                        "unneeded",
                        "closed",
                        "failed",
                    )
                ),
                name="payment_status",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=("order", "campaign", "debt")), name="payment_purpose"
            ),
            models.CheckConstraint(condition=Q(method__in=("wechat", "debit_card")), name="payment_method"),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="payment_amount"),
            models.UniqueConstraint(
                fields=("purpose", "subject"),
                condition=Q(status="succeeded") & ~Q(purpose="debt"),
                name="payment_succeeds_once",
            ),
        )
        indexes = (
            models.Index(fields=("purpose", "subject"), name="payment_of_subject"),
            models.Index(
                fields=("expires_at",), name="payment_open", condition=Q(status__in=("created", "pending"))
            ),
        )


class Notice(models.Model):
    """Something a provider told us, once: the unique number makes a repeated one harmless."""

    id = models.BigIntegerField(primary_key=True)
    provider = models.CharField(max_length=10)
    number = models.CharField(max_length=100)
    kind = models.CharField(max_length=40)
    body = models.TextField()
    outcome = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("provider", "number"), name="notice_once"),)


class MoneyOut(models.Model):
    """Money that goes back to whoever paid: `pending` until the provider confirmed it.

    `purpose` says what it is for (`refund`, `compensation`, `return` of money that nothing could be done with),
    `subject` names it (of a refund `shop/refund`); the two are unique, so nothing goes out twice.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    payment = models.ForeignKey(Payment, models.DO_NOTHING, db_constraint=False)
    purpose = models.CharField(max_length=12)
    subject = models.CharField(max_length=140)
    terms = models.JSONField(default=dict)
    amount_minor = models.BigIntegerField()
    status = models.CharField(max_length=9, default="pending")
    number = models.CharField(max_length=32, unique=True)
    provider_ref = models.CharField(max_length=100, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("pending", "sent", "confirmed", "failed", "bounced")),
                name="money_out_status",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="money_out_amount"),
            models.UniqueConstraint(fields=("purpose", "subject"), name="money_out_once"),
        )
        indexes = (
            models.Index(
                fields=("next_try_at",), name="money_out_due", condition=Q(status__in=("pending", "sent"))
            ),
        )


class Anomaly(models.Model):
    """Something about money that a person has to look at: a forged or unknown notice, a wrong amount, a refund
    that bounced, a line of a statement that we do not have.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=30)
    provider = models.CharField(max_length=10)
    payment_id = models.BigIntegerField(null=True)
    detail = models.CharField(max_length=500)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
