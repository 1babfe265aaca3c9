"""Tables without business words: the sandbox's clock, the outbox, and the history of whatever has states."""

from django.db import models
from django.db.models import Q


class SandboxClock(models.Model):
    """How far the clock of a sandbox was set forward; one row at most."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    offset_seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="sandbox_clock_one_row"),
            models.CheckConstraint(condition=Q(offset_seconds__gte=0), name="sandbox_clock_forward"),
        )


class Message(models.Model):
    """News that goes out, written in the transaction of what it tells of.

    `position` is given after the commit, ascending without gaps that fill later: who reads by position misses
    nothing and sees one order (`kit.outbox`). `shop` is the name of the shop whose news it is.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.CharField(max_length=64)
    topic = models.CharField(max_length=40)
    body = models.TextField()
    at = models.DateTimeField()
    position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        indexes = (
            models.Index(fields=("id",), name="message_unplaced", condition=Q(position=None)),
            models.Index(fields=("shop", "position"), name="message_of_shop"),
        )


class Change(models.Model):
    """A change of state of something: what it was, what it became, who did it (None: a timer), and why."""

    id = models.BigIntegerField(primary_key=True)
    subject = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    before = models.CharField(max_length=30)
    after = models.CharField(max_length=30)
    person_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = (models.Index(fields=("subject", "subject_id", "id"), name="change_of_subject"),)
