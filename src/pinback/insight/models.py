"""What insight keeps: facts that only the event log tells, folded from it and made anew at any time; and
audits.

Settlement's tables say how things stand; when a deal was made and what a month's sales were when it was over
is in its log alone (ADR 0044). Instants are those of settlement, seconds UTC.
"""

from django.db import models
from django.db.models import Q

from pinback.settlement.models import KEY_LENGTH

AUDIT_STATES = ("requested", "running", "done", "failed")


class Progress(models.Model):
    """How far the log of a shop (by its id in settlement) is folded."""

    shop_id = models.BigIntegerField(primary_key=True)
    last_event_id = models.BigIntegerField(default=0)


class OrderFacts(models.Model):
    """When an order's deal was made, and by which event; its receipt and refunds, in the order of the log
    (`insight.story`).
    """

    key = models.CharField(max_length=KEY_LENGTH, primary_key=True)
    shop_id = models.BigIntegerField()
    confirmed_at = models.BigIntegerField(null=True)
    confirmed_by = models.BigIntegerField(null=True)
    story = models.JSONField(default=list)

    class Meta:
        indexes = (models.Index(fields=("shop_id", "confirmed_at"), name="facts_of_shop"),)


class CampaignEnd(models.Model):
    """When a campaign was stopped, and by which event."""

    key = models.CharField(max_length=KEY_LENGTH, primary_key=True)
    shop_id = models.BigIntegerField()
    at = models.BigIntegerField()
    event_id = models.BigIntegerField()


class SoldInMonth(models.Model):
    """Sales of a product (`shop/product`) in a local month: as they were when the month was over, and what
    refunds took off (below 0) after that. Cash is that of the goods, in fen, without postage.
    """

    pk = models.CompositePrimaryKey("key", "month")
    key = models.CharField(max_length=KEY_LENGTH)
    month = models.CharField(max_length=7)
    shop_id = models.BigIntegerField()
    units = models.BigIntegerField(default=0)
    cash_minor = models.BigIntegerField(default=0)
    later_units = models.BigIntegerField(default=0)
    later_cash_minor = models.BigIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=("shop_id", "month", "key"), name="sold_of_shop"),)


class AuditRun(models.Model):
    """An audit that the operator asked for: how far it is, and what it found. Some differences are kept."""

    id = models.BigIntegerField(primary_key=True)
    status = models.CharField(max_length=9, default="requested")
    person_id = models.BigIntegerField()
    events = models.BigIntegerField(default=0)
    events_done = models.BigIntegerField(default=0)
    differences = models.BigIntegerField(default=0)
    first_differences = models.JSONField(default=list)
    problem = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=AUDIT_STATES), name="audit_status"),
            models.UniqueConstraint(
                fields=("status",), condition=Q(status="requested"), name="audit_requested_once"
            ),
            models.UniqueConstraint(
                fields=("status",), condition=Q(status="running"), name="audit_running_once"
            ),
        )
