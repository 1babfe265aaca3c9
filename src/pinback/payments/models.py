"""Money in, money out, what providers told us, and what does not add up. Amounts are in fen."""

from django.db import models
from django.db.models import F, Q

from pinback.accounts.models import Person, Shop
from pinback.payments.rules import OUT_STATES, PAYMENT_STATES


class Payment(models.Model):
    """Money that somebody is to pay, or has paid, for one purpose.

    `subject` names what for (of an order or campaign its key, of a debt `shop/buyer`). `number` is our number
    at the provider. `late`, `mismatched`, `unneeded`: money came in that nothing could be done with; it goes
    back. `returned_minor` is what of `received_minor` is on its way back or has gone back; the difference can
    still go. At `next_query_at` the provider is asked, in case its notice is lost; `close_at_provider`: it
    must still be told.
    """

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
    returned_minor = models.BigIntegerField(default=0)
    queries = models.PositiveSmallIntegerField(default=0)
    next_query_at = models.DateTimeField(null=True)
    close_at_provider = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=PAYMENT_STATES), name="payment_status"),
            models.CheckConstraint(
                condition=Q(purpose__in=("order", "campaign", "debt")), name="payment_purpose"
            ),
            models.CheckConstraint(condition=Q(method__in=("wechat", "debit_card")), name="payment_method"),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="payment_amount"),
            models.CheckConstraint(
                condition=Q(returned_minor__gte=0, returned_minor__lte=F("received_minor")),
                name="payment_returns_what_came",
            ),
            models.UniqueConstraint(
                fields=("purpose", "subject"),
                condition=Q(status="succeeded") & ~Q(purpose="debt"),
                name="payment_succeeds_once",
            ),
        )
        indexes = (
            models.Index(fields=("purpose", "subject"), name="payment_of_subject"),
            models.Index(
                fields=("next_query_at",), name="payment_to_query", condition=Q(next_query_at__isnull=False)
            ),
            models.Index(fields=("payer", "id"), name="payment_of_payer"),
            models.Index(fields=("shop", "id"), name="payment_of_shop"),
        )


class WeChatPayer(models.Model):
    """Who pays in the browser of a session: the `openid` of somebody at an official account. One person may
    be signed in on the phones of two, so it is the session's.
    """

    session_id = models.BigIntegerField(primary_key=True)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False)
    app = models.CharField(max_length=32)
    openid = models.CharField(max_length=128)
    at = models.DateTimeField()


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

    `purpose` says what it is for (`refund`, `compensation`, `return` of money that nothing could be done
    with), `subject` names it (of a refund `shop/refund`); the two are unique, so nothing goes out twice. More
    than is left of its payment goes out in parts: the others have `whole`, and other payments of the same
    payer. `number` is the one at the provider now; one that is spent is followed by another with the next
    `sending`. `told_at`: whoever the money is for was told that it is confirmed, once, when all its parts
    were.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    payment = models.ForeignKey(Payment, models.DO_NOTHING, db_constraint=False)
    purpose = models.CharField(max_length=12)
    subject = models.CharField(max_length=140)
    terms = models.JSONField(default=dict)
    whole = models.ForeignKey("self", models.DO_NOTHING, null=True, db_constraint=False, related_name="parts")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=9, default="pending")
    number = models.CharField(max_length=32, unique=True)
    sending = models.PositiveSmallIntegerField(default=1)
    provider_ref = models.CharField(max_length=100, blank=True)
    asked = models.BooleanField(default=False)
    by_hand = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=OUT_STATES), name="money_out_status"),
            # 0 is a refund of which all is withheld: it is confirmed without the provider.
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="money_out_amount"),
            models.UniqueConstraint(fields=("purpose", "subject"), name="money_out_once"),
        )
        indexes = (
            models.Index(
                fields=("next_try_at",), name="money_out_due", condition=Q(status__in=("pending", "sent"))
            ),
        )


class Anomaly(models.Model):
    """Something about money, or the news of it, that a person has to look at: a forged or unknown notice, a
    wrong amount, a refund that bounced, events that told no news. `seen` counts how often the same thing
    (`key`) was met while nobody had resolved it.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=160)
    provider = models.CharField(max_length=10)
    payment_id = models.BigIntegerField(null=True)
    money_out_id = models.BigIntegerField(null=True)
    detail = models.CharField(max_length=500)
    seen = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    last_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.BigIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key",), condition=Q(resolved_at=None), name="anomaly_open_once"),
        )


class SandboxTrade(models.Model):
    """What the provider of the sandbox knows: money that came in, or went out, under one of our numbers.

    `word` is what it says of it when asked; `refunds`, of money that came in, what it will say to refunds of
    it.
    """

    id = models.BigIntegerField(primary_key=True)
    number = models.CharField(max_length=32, unique=True)
    is_refund = models.BooleanField(default=False)
    source = models.CharField(max_length=32, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    word = models.CharField(max_length=10)
    refunds = models.CharField(max_length=10, default="confirmed")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(word__in=("waiting", "paid", "closed", "failed", "processing", "confirmed")),
                name="sandbox_trade_word",
            ),
        )
