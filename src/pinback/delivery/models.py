"""Parcels and what carriers say of them. That an order is shipped or received is settlement's."""

from django.db import models
from django.db.models import Q

from pinback.accounts.models import Shop


class Parcel(models.Model):
    """A parcel of an order: the goods, a further part of them, or a reissue, which is no second sale."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    order_key = models.CharField(max_length=129)
    kind = models.CharField(max_length=7)
    carrier = models.CharField(max_length=20)
    tracking = models.CharField(max_length=64)
    what = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=9, default="shipped")
    shipped_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    next_look_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=("goods", "reissue")), name="parcel_kind"),
            models.CheckConstraint(
                condition=Q(
                    status__in=("shipped", "moving", "delivered", "damaged", "refused", "stuck", "lost")
                ),
                name="parcel_status",
            ),
            models.UniqueConstraint(fields=("carrier", "tracking", "order_key"), name="parcel_once"),
        )
        indexes = (models.Index(fields=("order_key",), name="parcel_of_order"),)


class CarrierEvent(models.Model):
    """Something a carrier said of a parcel, once."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    parcel = models.ForeignKey(Parcel, models.DO_NOTHING, db_constraint=False)
    number = models.CharField(max_length=100)
    code = models.CharField(max_length=20)
    text = models.CharField(max_length=500, blank=True)
    happened_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("parcel", "number"), name="carrier_event_once"),)


class Receipt(models.Model):
    """When an order counts as received by itself; a row from its shipping until its receipt."""

    order_key = models.CharField(max_length=129, primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("due_at",), name="receipt_due", condition=Q(done_at=None)),)
