"""The tables of settlement: columns, constraints and indexes, no behaviour.

Money columns end in `_minor` (fen), instants are seconds UTC. A `key` joins a shop and an id, `shop/id`, so
a unique key is unique within its shop by making. Every table of a shop has its `shop_id`; there are no
foreign keys in the database, for they cost a third of the throughput (ADR 0012): `audit` checks what they
would. Rows are written by `store` only.
"""

from django.db import models
from django.db.models import Q

KEY_LENGTH = 129
CODE_LENGTH = 145
ID_LENGTH = 64


def _not_negative(model: str, *columns: str) -> models.CheckConstraint:
    condition = Q()
    for column in columns:
        condition &= Q(**{f"{column}__gte": 0})
    return models.CheckConstraint(condition=condition, name=f"{model}_not_negative")


class Setting(models.Model):
    """What is fixed at the first use of a database, the policy on partial refunds (section 5.3); and the last
    id of the
    batch that ticked last, which all ids after it are above.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    partial_refund = models.CharField(max_length=9)
    last_tick_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="setting_one_row"),
            models.CheckConstraint(
                condition=Q(partial_refund__in=("any", "threshold")), name="setting_policy"
            ),
        )


class Shop(models.Model):
    """A shop, the balances of its two accounts, and how far its events have come."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=ID_LENGTH, unique=True)
    timezone = models.CharField(max_length=64)
    issued = models.BigIntegerField()
    marketing_minor = models.BigIntegerField()
    sales_minor = models.BigIntegerField()
    completed_orders = models.BigIntegerField()
    latest_at = models.BigIntegerField(null=True)
    last_event_id = models.BigIntegerField()

    class Meta:
        constraints = (_not_negative("shop", "issued", "completed_orders"),)


class Event(models.Model):
    """The log of applied events, in the order in which they were applied: the one truth, all else follows."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    at = models.BigIntegerField()
    content = models.TextField()


class Campaign(models.Model):
    """A campaign (section 2)."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    threshold_minor = models.BigIntegerField()
    rebate_minor = models.BigIntegerField()
    quantity = models.BigIntegerField()
    valid_days = models.PositiveSmallIntegerField()
    issued = models.BigIntegerField()
    starts_at = models.BigIntegerField(null=True)
    ended = models.CharField(max_length=9, null=True)  # noqa: DJ001 - null until it has ended
    balance_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(threshold_minor__gte=1)
                & Q(rebate_minor__gte=1)
                & Q(rebate_minor__lte=models.F("threshold_minor"))
                & Q(quantity__gte=10)
                & Q(valid_days__gte=1)
                & Q(valid_days__lte=365),
                name="campaign_terms",
            ),
            models.CheckConstraint(
                condition=Q(issued__gte=0) & Q(issued__lte=models.F("quantity")), name="campaign_issued"
            ),
            models.CheckConstraint(
                condition=Q(ended=None) | Q(ended__in=("exhausted", "stopped")), name="campaign_ended"
            ),
            _not_negative("campaign", "balance_minor"),
        )
        indexes = (
            models.Index(
                fields=("shop",), name="campaign_funded", condition=Q(ended=None) & Q(starts_at__isnull=False)
            ),
        )


class Voucher(models.Model):
    """A voucher (sections 4 to 6): who has it, which order earned it, which one holds it,
    what is left of it.
    """

    STATUSES = ("available", "locked", "used", "frozen", "reclaimed", "expired")

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    campaign = models.ForeignKey(Campaign, models.DO_NOTHING, db_constraint=False, db_index=False)
    serial = models.BigIntegerField()
    buyer = models.CharField(max_length=ID_LENGTH)
    amount_minor = models.BigIntegerField()
    threshold_minor = models.BigIntegerField()
    source_key = models.CharField(max_length=KEY_LENGTH)
    expires_at = models.BigIntegerField()
    status = models.CharField(max_length=9)
    holder_key = models.CharField(max_length=KEY_LENGTH, null=True)  # noqa: DJ001 - null while nobody holds it
    left_minor = models.BigIntegerField()
    balance_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("available", "locked", "used", "frozen", "reclaimed", "expired")),
                name="voucher_status",
            ),
            models.CheckConstraint(
                condition=Q(left_minor__gte=0) & Q(left_minor__lte=models.F("amount_minor")),
                name="voucher_left",
            ),
            models.CheckConstraint(
                condition=Q(balance_minor=0) | Q(balance_minor=models.F("amount_minor")),
                name="voucher_balance",
            ),
            models.UniqueConstraint(fields=("shop", "serial"), name="voucher_serial"),
            models.UniqueConstraint(fields=("source_key",), name="voucher_one_for_an_order"),
        )
        indexes = (
            models.Index(
                fields=("expires_at",),
                name="voucher_expiring",
                condition=Q(status__in=("available", "frozen")),
            ),
            models.Index(fields=("buyer",), name="voucher_wallet"),
        )


class Order(models.Model):
    """An order (section 3): what of its money is left, its rebate, its vouchers."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    buyer = models.CharField(max_length=ID_LENGTH)
    placed_at = models.BigIntegerField()
    goods_minor = models.BigIntegerField()
    goods_left_minor = models.BigIntegerField()
    voucher_left_minor = models.BigIntegerField()
    postage_minor = models.BigIntegerField()
    postage_left_minor = models.BigIntegerField()
    status = models.CharField(max_length=9)
    rebate = models.CharField(max_length=12)
    reason = models.CharField(max_length=15, null=True)  # noqa: DJ001 - null where there is none to give
    voucher_code = models.CharField(max_length=CODE_LENGTH, null=True)  # noqa: DJ001
    earned_code = models.CharField(max_length=CODE_LENGTH, null=True)  # noqa: DJ001
    payout_minor = models.BigIntegerField()
    compensated_minor = models.BigIntegerField()
    open_refunds = models.IntegerField()
    received_month = models.CharField(max_length=7, null=True)  # noqa: DJ001 - null before receipt
    balance_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    status__in=("placed", "paid", "confirmed", "shipped", "received", "cancelled", "refunded")
                ),
                name="order_status",
            ),
            models.CheckConstraint(
                condition=Q(rebate__in=("none", "pending", "issued", "not_eligible")), name="order_rebate"
            ),
            models.CheckConstraint(
                condition=Q(goods_left_minor__lte=models.F("goods_minor"))
                & Q(postage_left_minor__lte=models.F("postage_minor")),
                name="order_left",
            ),
            _not_negative(
                "order",
                "goods_left_minor",
                "voucher_left_minor",
                "postage_left_minor",
                "payout_minor",
                "compensated_minor",
                "open_refunds",
                "balance_minor",
            ),
        )
        indexes = (models.Index(fields=("shop", "placed_at"), name="order_of_shop"),)


class Line(models.Model):
    """A line of an order, numbered from 1, with the cash and the voucher part allocated to it (section 3)."""

    pk = models.CompositePrimaryKey("order_id", "number")
    order = models.ForeignKey(Order, models.DO_NOTHING, db_constraint=False, db_index=False)
    number = models.PositiveSmallIntegerField()
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    product = models.CharField(max_length=ID_LENGTH)
    quantity = models.IntegerField()
    unit_price_minor = models.BigIntegerField()
    cash_minor = models.BigIntegerField()
    voucher_minor = models.BigIntegerField()
    units_left = models.IntegerField()
    cash_left_minor = models.BigIntegerField()
    voucher_left_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(units_left__lte=models.F("quantity"))
                & Q(cash_left_minor__lte=models.F("cash_minor"))
                & Q(voucher_left_minor__lte=models.F("voucher_minor")),
                name="line_left",
            ),
            _not_negative("line", "units_left", "cash_left_minor", "voucher_left_minor"),
        )


class Refund(models.Model):
    """A refund of an order and what it came to (sections 5, 6 and 9)."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    order_key = models.CharField(max_length=KEY_LENGTH)
    status = models.CharField(max_length=9)
    cash_minor = models.BigIntegerField()
    withheld_minor = models.BigIntegerField()
    bought_back_minor = models.BigIntegerField()
    taken_back_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("open", "closed", "succeeded")), name="refund_status"
            ),
            models.CheckConstraint(
                condition=Q(withheld_minor__lte=models.F("cash_minor")), name="refund_withheld"
            ),
            _not_negative("refund", "cash_minor", "withheld_minor", "bought_back_minor", "taken_back_minor"),
        )
        indexes = (models.Index(fields=("order_key",), name="refund_of_order"),)


class Debt(models.Model):
    """What a buyer owes a shop for one used voucher (section 6.2); rows at 0 stay. `debtor` is
    `shop/buyer`.
    """

    voucher_code = models.CharField(max_length=CODE_LENGTH, primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    debtor = models.CharField(max_length=KEY_LENGTH)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = (_not_negative("debt", "amount_minor"),)
        indexes = (models.Index(fields=("debtor",), name="debt_owed", condition=Q(amount_minor__gt=0)),)


class Posting(models.Model):
    """Fen moved between two accounts by an event (section 8). `other_shop` is a second shop whose account
    it moves.
    """

    pk = models.CompositePrimaryKey("event_id", "number")
    event = models.ForeignKey(Event, models.DO_NOTHING, db_constraint=False, db_index=False)
    number = models.IntegerField()
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    other_shop = models.ForeignKey(
        Shop, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    source = models.CharField(max_length=160)
    target = models.CharField(max_length=160)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="posting_amount"),
            models.CheckConstraint(condition=~Q(source=models.F("target")), name="posting_accounts"),
        )
        indexes = (
            models.Index(fields=("shop", "event"), name="posting_of_shop"),
            models.Index(
                fields=("other_shop", "event"), name="posting_of_other", condition=~Q(other_shop=None)
            ),
        )


class ProductSales(models.Model):
    """Units of a product sold in total, never cleared (section 7.2). The key is `shop/product`."""

    key = models.CharField(max_length=KEY_LENGTH, primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    units = models.BigIntegerField()

    class Meta:
        constraints = (_not_negative("product_sales", "units"),)


class ProductMonth(models.Model):
    """Units of a product sold in one month of the shop, `YYYY-MM` (section 7.2)."""

    pk = models.CompositePrimaryKey("key", "month")
    key = models.CharField(max_length=KEY_LENGTH)
    month = models.CharField(max_length=7)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    units = models.BigIntegerField()

    class Meta:
        constraints = (_not_negative("product_month", "units"),)
