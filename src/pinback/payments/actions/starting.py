"""Starts payments, tells the provider of them, and closes those that nobody should pay any more."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pinback.accounts.models import Person, Shop
from pinback.kit import clock
from pinback.kit.history import note_change
from pinback.kit.ids import new_id, public_id
from pinback.kit.prepared import Prepared, Update
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.kit.rows import insert
from pinback.kit.transactions import after_commit, assert_open, durable
from pinback.payments.models import Payment
from pinback.payments.providers import provider_name_for, provider_named
from pinback.payments.providers.contract import Created, Declined, Unavailable
from pinback.payments.rules import OPEN_PAYMENT

log = logging.getLogger(__name__)

_FIRST_QUERY = timedelta(seconds=60)
_MOST_CLOSED = 100


_with_id = Prepared(lambda pk: Payment.objects.select_related("shop", "payer").filter(pk=pk))
_open = Prepared(
    lambda purpose, subject: Payment.objects.filter(purpose=purpose, subject=subject, status__in=OPEN_PAYMENT)
)
_open_by = Prepared(
    lambda purpose, subject, method, payer_id: Payment.objects.filter(
        purpose=purpose, subject=subject, method=method, status__in=OPEN_PAYMENT, payer_id=payer_id
    ).order_by("-id")
)


def start_within(
    *,
    purpose: str,
    subject: str,
    shop: Shop,
    payer: Person,
    amount_minor: int,
    method: str,
    expires_at: datetime | None,
    now: datetime,
) -> Payment:
    """A payment that the payer can make; an open one for the same subject by the same method is used again.

    One by another method stays payable until one of them succeeded: then the others are closed, and what
    comes in all the same goes back. Raises Refused: the method is unknown, or not set up here.
    """
    assert_open()
    provider = provider_name_for(method)
    for payment in _open_by.all(purpose=purpose, subject=subject, method=method, payer_id=payer.pk):
        if _is_the_same(payment, provider, amount_minor, now):
            return payment
        _close_within(payment, now=now)
    made = new_id()
    payment = Payment(
        id=made,
        shop=shop,
        payer=payer,
        purpose=purpose,
        subject=subject,
        method=method,
        provider=provider,
        amount_minor=amount_minor,
        currency=settings.PINBACK_CURRENCY,
        number=f"p{public_id(made)}",
        created_at=now,
        expires_at=expires_at,
        next_query_at=expires_at or now + timedelta(days=1),
    )
    insert(payment)
    note_change("payment", payment.pk, before="", after="created", now=now, person_id=payer.pk)
    return payment


def _is_the_same(payment: Payment, provider: str, amount_minor: int, now: datetime) -> bool:
    expired = payment.expires_at is not None and payment.expires_at <= now
    return payment.provider == provider and payment.amount_minor == amount_minor and not expired


def prepare(payment_id: int, *, now: datetime, openid: str = "", anew: bool = False) -> Payment:
    """Ask the provider for what the payer's client needs, and keep it in `to_client`; outside a
    transaction.

    With an `openid` a WeChat payment is made inside WeChat (JSAPI), else by QR code; one that was begun the
    other way is followed by another, as is one that is to be begun `anew`, for another payer say. Raises
    NotFound; Conflict: it is closed or expired; Refused: the provider says no, or does not answer (try
    again).
    """
    payment = _with_id.first(pk=payment_id)
    if payment is None:
        raise NotFound("payment")
    return prepare_started(payment, now=now, openid=openid, anew=anew)


def prepare_started(payment: Payment, *, now: datetime, openid: str = "", anew: bool = False) -> Payment:
    """Like `prepare`, for a payment as it was just committed or read."""
    if payment.status == "pending" and payment.to_client:
        if not anew and payment.to_client.get("kind") != ("wechat_native" if openid else "wechat_jsapi"):
            return payment
        # A number that was given a QR code cannot be paid inside WeChat, nor the other way round.
        payment = _start_anew(payment, now=now)
    if payment.status not in OPEN_PAYMENT or (payment.expires_at is not None and payment.expires_at <= now):
        raise Conflict("payment_closed", _("This payment is closed; start again."))
    try:
        created = provider_named(payment.provider).create(payment, openid=openid)
    except Unavailable as error:
        log.warning("payment %s: %s did not answer: %s", payment.number, payment.provider, error)
        raise Refused(
            "provider_unavailable", _("The payment provider does not answer; try again.")
        ) from error
    except Declined as error:
        log.warning("payment %s: %s declined: %s", payment.number, payment.provider, error)
        raise Refused("provider_declined", _("The payment provider does not accept this payment.")) from error
    return _keep_created(payment, created, now=now)


@durable
def _start_anew(payment: Payment, *, now: datetime) -> Payment:
    _close_within(payment, now=now)
    return start_within(
        purpose=payment.purpose,
        subject=payment.subject,
        shop=payment.shop,
        payer=payment.payer,
        amount_minor=payment.amount_minor,
        method=payment.method,
        expires_at=payment.expires_at,
        now=now,
    )


@durable
def _keep_created(payment: Payment, created: Created, *, now: datetime) -> Payment:
    known = {
        "status": "pending",
        "to_client": dict(created.to_client),
        "provider_ref": created.provider_ref,
        "next_query_at": now + _FIRST_QUERY,
    }
    if in_status.run(known, pk=payment.pk, status="created"):
        note_change("payment", payment.pk, before="created", after="pending", now=now)
    else:
        # Closed meanwhile, before the provider had heard of it: it has to hear of both.
        told = {"close_at_provider": True, "provider_ref": created.provider_ref, "next_query_at": now}
        in_status.run(told, pk=payment.pk, status="closed")
    (kept,) = _with_id.all(pk=payment.pk)
    return kept


in_status = Update(lambda pk, status: Payment.objects.filter(pk=pk, status=status))
"""Guarded: a payment is moved out of the status that it was seen in, or not at all."""


def close_open_within(purpose: str, subject: str, now: datetime) -> None:
    """Close all open payments of a subject; the provider is told after the commit. Money that comes in all
    the same is late, and goes back.
    """
    assert_open()
    for payment in _open.all(purpose=purpose, subject=subject):
        _close_within(payment, now=now)


def _close_within(payment: Payment, *, now: datetime) -> None:
    for status, known in (("created", False), ("pending", True)):
        closed = Payment.objects.filter(pk=payment.pk, status=status).update(
            status="closed", close_at_provider=known, next_query_at=now if known else None
        )
        if closed:
            note_change("payment", payment.pk, before=status, after="closed", now=now)
            if known:
                after_commit(partial(_close_now, payment.pk))


def _close_now(payment_id: int) -> None:
    _close_at_provider(payment_id, now=clock.now())


def close_due(now: datetime) -> int:
    """Tell the providers of closed payments that they have not heard of yet; a job. Returns how many."""
    due = Payment.objects.filter(close_at_provider=True).filter(
        Q(next_query_at__lte=now) | Q(next_query_at=None)
    )
    numbers = list(due.order_by("id").values_list("pk", flat=True)[:_MOST_CLOSED])
    return sum(_close_at_provider(number, now=now) for number in numbers)


def _close_at_provider(payment_id: int, *, now: datetime) -> bool:
    """Tell the provider; where it has been paid already, what it says is learned by the next query."""
    later = now + timedelta(minutes=5)
    claimed = Payment.objects.filter(pk=payment_id, close_at_provider=True, next_query_at__lte=now)
    if not claimed.update(next_query_at=later, queries=F("queries") + 1):
        return False
    payment = Payment.objects.get(pk=payment_id)
    done = Payment.objects.filter(pk=payment_id)
    try:
        provider_named(payment.provider).close(payment)
    except Unavailable as error:
        log.warning("payment %s: not closed yet: %s", payment.number, error)
        return False
    except Declined as error:
        log.info("payment %s: cannot be closed: %s", payment.number, error)
        done.update(close_at_provider=False, next_query_at=now)
        return True
    done.update(close_at_provider=False, next_query_at=None)
    return True
