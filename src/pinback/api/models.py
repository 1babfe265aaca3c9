"""What the API remembers: answers by idempotency key, and webhook endpoints with their deliveries."""

from django.db import models
from django.db.models import Q


class Answer(models.Model):
    """The first answer to a write, by who asked and the key they gave; written with what the write did."""

    id = models.BigIntegerField(primary_key=True)
    asker = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("asker", "key"), name="answer_once"),)
        indexes = (models.Index(fields=("at",), name="answer_age"),)


class EngineShop(models.Model):
    """A shop that the operator lets bring its own events: what they say is believed."""

    id = models.BigIntegerField(primary_key=True)
    shop_name = models.CharField(max_length=64, unique=True)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()


class NewsSweep(models.Model):
    """How far the log was swept for events that told no news: to `swept_id`, and at the next sweep to
    `seen_id`, which was the last event that could be seen at this one; one row.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    swept_id = models.BigIntegerField()
    seen_id = models.BigIntegerField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="news_sweep_one_row"),)


class Endpoint(models.Model):
    """Where a shop's news is sent (no shop: all news, for the operator), and how far it has come.

    `position` is that of the last message a delivery was made of. After a failure nothing is sent before
    `next_try_at`; `failing_since` is the first failure after the last success. `old_secret` signs beside the
    new one until `old_secret_until`. One worker at a time sends, as long as its lease lasts.
    """

    id = models.BigIntegerField(primary_key=True)
    shop_name = models.CharField(max_length=64, blank=True)
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=64)
    old_secret = models.CharField(max_length=64, blank=True)
    old_secret_until = models.DateTimeField(null=True)
    topics = models.JSONField(default=list)
    status = models.CharField(max_length=6, default="active")
    note = models.CharField(max_length=300, blank=True)
    position = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=("active", "paused")), name="endpoint_status"),
        )
        indexes = (models.Index(fields=("shop_name", "id"), name="endpoint_of_shop"),)


class Delivery(models.Model):
    """A message on its way to an endpoint: done only after a 2xx answer, `dead` after its last try."""

    id = models.BigIntegerField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, models.DO_NOTHING, db_constraint=False)
    message_id = models.BigIntegerField()
    position = models.BigIntegerField()
    topic = models.CharField(max_length=40)
    status = models.CharField(max_length=9, default="waiting")
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("waiting", "delivered", "dead")), name="delivery_status"
            ),
            models.UniqueConstraint(fields=("endpoint", "message_id"), name="delivery_once"),
        )
        indexes = (
            models.Index(
                fields=("endpoint", "next_try_at"), name="delivery_due", condition=Q(status="waiting")
            ),
            models.Index(
                fields=("done_at",), name="delivery_done", condition=Q(status__in=("delivered", "dead"))
            ),
        )
