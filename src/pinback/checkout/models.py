"""What settlement need not know of an order: which variants, where to, in which group, until when to pay.

Status, amounts and rebate of an order are settlement's and are not copied here (`settlement.models.Order`, by
`key`).
"""

from django.db import models
from django.db.models import Q

from pinback.accounts.models import Person, Shop
from pinback.catalog.models import Product, Sku


class Order(models.Model):
    """An order in the market; its public id is the order id of settlement, `key` is `shop/order` there.

    `kind` is how it was bought: alone, opening a group, or joining `wanted_group_id`. `if_full` says what
    happens when that group is full or over at payment: another open group of the product, or the money back.
    `pay_until` is None once nobody waits for the money any more: it came, or the order was closed. `form`
    names the form it was placed with, which places no second one until this one is closed; "": none.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    key = models.CharField(max_length=129, unique=True)
    buyer = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.DO_NOTHING, db_constraint=False)
    kind = models.CharField(max_length=4)
    wanted_group_id = models.BigIntegerField(null=True)
    if_full = models.CharField(max_length=6, default="refund")
    recipient = models.CharField(max_length=60)
    phone = models.CharField(max_length=20)
    region = models.CharField(max_length=120)
    street = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    place_hash = models.CharField(max_length=64)
    device = models.CharField(max_length=64, blank=True)
    client_address = models.CharField(max_length=45, blank=True)
    link_id = models.BigIntegerField(null=True)
    form = models.CharField(max_length=13, blank=True)
    placed_at = models.DateTimeField()
    pay_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("solo", "open", "join")), name="checkout_order_kind"
            ),
            models.CheckConstraint(
                condition=Q(if_full__in=("other", "refund")), name="checkout_order_if_full"
            ),
            models.UniqueConstraint(
                fields=("buyer", "form"),
                condition=Q(closed_at=None) & ~Q(form=""),
                name="checkout_order_once_for_a_form",
            ),
        )
        indexes = (
            models.Index(fields=("shop", "id"), name="checkout_order_of_shop"),
            models.Index(fields=("buyer", "id"), name="checkout_order_of_buyer"),
            models.Index(fields=("pay_until",), name="checkout_order_unpaid", condition=~Q(pay_until=None)),
            models.Index(fields=("place_hash", "buyer"), name="checkout_order_place"),
        )


class Item(models.Model):
    """A line of an order, numbered as in settlement: the variant, its name then, and the units of stock that
    it holds: given back once, by a guarded update, when the order closes or is refunded before it was
    shipped.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    order = models.ForeignKey(Order, models.DO_NOTHING, db_constraint=False, related_name="items")
    number = models.PositiveSmallIntegerField()
    sku = models.ForeignKey(Sku, models.DO_NOTHING, db_constraint=False)
    title = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    units_held = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("order", "number"), name="item_number"),
            models.CheckConstraint(condition=Q(units_held__lte=models.F("quantity")), name="item_held"),
        )


class Deduction(models.Model):
    """What a refund was less by because compensation had been paid for an order before (ADR 0047).

    The order is the refunded one, or the one that earned the voucher it used: `shop` is that order's.
    Settlement took the compensation from its sales, and the whole refund too: what did not go out again is
    the shop's. The id is its place among the postings of the shop, behind the event of the refund.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    order_key = models.CharField(max_length=129)
    refund_key = models.CharField(max_length=129)
    amount_minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="deduction_amount"),
            models.UniqueConstraint(fields=("refund_key", "order_key"), name="deduction_once"),
        )
        indexes = (
            models.Index(fields=("shop", "id"), name="deduction_of_shop"),
            models.Index(fields=("order_key",), name="deduction_of_order"),
        )
