"""Takes what providers say: a notice is verified before it is read, and what it says is noted once.

The row of the notice, the change of the payment, and what its purpose makes of it are one transaction; the
provider is told that all is well after it. What a query finds goes the same way.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F

from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.prepared import Prepared, Update
from pinback.kit.refusals import NotFound, Refused
from pinback.kit.rows import insert_new
from pinback.kit.transactions import assert_open, durable
from pinback.payments.actions.anomalies import report_within
from pinback.payments.actions.locking import lock_for_payment_within
from pinback.payments.actions.sending import learn_out_within, pay_out_within
from pinback.payments.actions.starting import close_open_within, in_status
from pinback.payments.models import Notice, Payment
from pinback.payments.providers import provider_named
from pinback.payments.providers.contract import (
    Declined,
    NotVerified,
    OutWord,
    PaymentWord,
    ProvidersNotice,
    Unavailable,
)
from pinback.payments.purposes import taker_for
from pinback.payments.rules import OPEN_PAYMENT, payment_after, wait_seconds

log = logging.getLogger(__name__)

_MOST_QUERIED = 100
_LONGEST_BODY = 20_000
_EVENTS = {"succeeded": "taken", "late": "too_late", "unneeded": "not_needed"}
_IN_DOUBT = {"waiting", "attempt_failed"}


class Taken(NamedTuple):
    """What became of a notice: `verified` or not, and the outcome, for the log."""

    verified: bool
    outcome: str


def take_notice(provider: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Taken:
    """Take a notice as it came in. When this returns, all that follows from it is committed.

    A notice that is not verified changes nothing, and the operator sees that there was one. Raises NotFound:
    the provider is not set up here.
    """
    try:
        notice = provider_named(provider).read_notice(headers, body)
    except NotVerified as error:
        log.warning("%s: a notice was refused: %s", provider, error)
        if not error.is_probe:
            _note_forged(provider, str(error), now=now)
        return Taken(False, "not_verified")
    outcome = _take_verified(provider, notice, body, now=now)
    log.info("%s: notice %s (%s): %s", provider, notice.number, notice.kind, outcome)
    return Taken(True, outcome)


@durable
def _note_forged(provider: str, reason: str, *, now: datetime) -> None:
    report_within("forged_notice", about=reason, provider=provider, detail=reason, now=now)


def _take_verified(provider: str, notice: ProvidersNotice, body: bytes, *, now: datetime) -> str:
    try:
        return _take(provider, notice, body, now=now)
    except IntegrityError:
        # Another payment of the same subject succeeded at the same moment: now it can be seen.
        return _take(provider, notice, body, now=now)


@durable
def _take(provider: str, notice: ProvidersNotice, body: bytes, *, now: datetime) -> str:
    row = Notice(
        id=new_id(),
        provider=provider,
        number=notice.number,
        kind=notice.kind[:40],
        body=body[:_LONGEST_BODY].decode(errors="replace"),
        at=now,
    )
    if not insert_new(row):
        return "repeated"
    row.outcome = _learn_within(provider, notice, now=now)
    _notices.run({"outcome": row.outcome}, pk=row.pk)
    return row.outcome


_notices = Update(lambda pk: Notice.objects.filter(pk=pk))


def _learn_within(provider: str, notice: ProvidersNotice, *, now: datetime) -> str:
    word = notice.word
    if word is None:
        return "not_ours"
    if isinstance(word, PaymentWord):
        outcome = learn_payment_within(provider, word, now=now)
    else:
        outcome = learn_out_within(word, now=now)
    if outcome == "unknown":
        kind = "unknown_refund" if isinstance(word, OutWord) else "unknown_payment"
        detail = f"{word.outcome}: {word.amount_minor} {word.currency}, {word.number or word.provider_ref}"
        about = word.number or word.provider_ref
        report_within(kind, about=about, provider=provider, detail=detail, now=now)
    return outcome


_numbered = Prepared(
    lambda number, provider: Payment.objects.filter(number=number, provider=provider).values_list(
        "pk", "shop__name", "purpose", "subject"
    )
)
_held = Prepared(
    lambda pk: (
        Payment.objects.select_for_update(no_key=True, of=("self",)).select_related("shop").filter(pk=pk)
    )
)
_succeeded = Prepared(
    lambda purpose, subject: Payment.objects.filter(
        purpose=purpose, subject=subject, status="succeeded"
    ).values_list("pk", flat=True)[:1]
)


def learn_payment_within(provider: str, word: PaymentWord, *, now: datetime) -> str:
    """Note what a provider says of a payment, and what follows from it; returns what became of it."""
    assert_open()
    known = _numbered.first(number=word.number, provider=provider)
    if known is None:
        return "unknown"
    if word.outcome in _IN_DOUBT:
        return "waiting"
    # The shops first, as everywhere: whoever learns of this payment too waits here.
    payment_id, shop, purpose, subject = known
    lock_for_payment_within(shop, purpose, subject)
    (payment,) = _held.all(pk=payment_id)
    if word.outcome == "paid":
        return _came_in_within(payment, word, now=now)
    after = payment_after(payment.status, word.outcome)
    if after is None:
        # News of a payment that is over: there is nothing more to ask.
        Payment.objects.filter(pk=payment.pk, close_at_provider=False).update(next_query_at=None)
        return "ignored"
    _move_within(payment, after, next_query_at=None, close_at_provider=False, now=now)
    return after


def _came_in_within(payment: Payment, word: PaymentWord, *, now: datetime) -> str:
    if payment_after(payment.status, "taken") is None:
        return _came_again_within(payment, word, now=now)
    if (word.amount_minor, word.currency) != (payment.amount_minor, payment.currency):
        return _came_wrong_within(payment, word, now=now)
    payment.received_minor = word.amount_minor
    payment.provider_ref = word.provider_ref
    # Before it is offered: whoever takes it may have to send it back at once, out of what came in.
    in_status.run({"received_minor": payment.received_minor}, pk=payment.pk, status=payment.status)
    after = _offer_within(payment, now=now)
    event = _EVENTS[after]
    assert payment_after(payment.status, event) == after
    _receive_within(payment, after, word, now=now)
    if after == "succeeded":
        # What was begun by another method would only come in to go back.
        close_open_within(payment.purpose, payment.subject, now)
    else:
        _return_within(payment, after, now=now)
    return after


def _offer_within(payment: Payment, *, now: datetime) -> str:
    """Offer money to its purpose; one that refuses has done nothing, and the money goes back."""
    if payment.purpose != "debt" and _succeeded.all(purpose=payment.purpose, subject=payment.subject):
        return "unneeded"
    try:
        with transaction.atomic():
            return taker_for(payment.purpose)(payment, now)
    except (Refused, NotFound) as error:
        detail = f"{payment.purpose} {payment.subject}: {error}"
        report_within(
            "not_taken",
            about=payment.number,
            provider=payment.provider,
            detail=detail,
            now=now,
            payment=payment,
        )
        return "late"


def _came_again_within(payment: Payment, word: PaymentWord, *, now: datetime) -> str:
    """The provider says again that it was paid: no news, unless it is other money."""
    if word.provider_ref == payment.provider_ref and word.amount_minor == payment.received_minor:
        return "ignored"
    detail = f"{payment.number} again: {word.amount_minor} {word.currency} as {word.provider_ref}"
    report_within(
        "paid_again", about=payment.number, provider=payment.provider, detail=detail, now=now, payment=payment
    )
    return "paid_again"


def _came_wrong_within(payment: Payment, word: PaymentWord, *, now: datetime) -> str:
    """Another amount, or another currency: nothing happens to what it was for, and what came in goes back."""
    detail = (
        f"{payment.number}: {word.amount_minor} {word.currency} came in, "
        f"{payment.amount_minor} {payment.currency} was asked for"
    )
    report_within(
        "wrong_amount",
        about=payment.number,
        provider=payment.provider,
        detail=detail,
        now=now,
        payment=payment,
    )
    _receive_within(payment, "mismatched", word, now=now)
    # What goes back is what came in; the row keeps what was asked for.
    payment.currency = word.currency
    if word.amount_minor > 0:
        _return_within(payment, "mismatched", now=now)
    return "mismatched"


def _receive_within(payment: Payment, after: str, word: PaymentWord, *, now: datetime) -> None:
    _move_within(
        payment,
        after,
        now=now,
        received_minor=word.amount_minor,
        provider_ref=word.provider_ref,
        settled_at=now,
        next_query_at=None,
        close_at_provider=False,
    )
    payment.received_minor = word.amount_minor


def _return_within(payment: Payment, why: str, *, now: datetime) -> None:
    pay_out_within(
        payment,
        purpose="return",
        subject=payment.number,
        amount_minor=payment.received_minor,
        terms={"why": why, "currency": payment.currency},
        now=now,
    )


def _move_within(payment: Payment, after: str, *, now: datetime, **changes: object) -> None:
    moved = in_status.run({"status": after, **changes}, pk=payment.pk, status=payment.status)
    assert moved, "the row is locked: nobody else can have moved the payment"
    note_change("payment", payment.pk, before=payment.status, after=after, now=now)
    payment.status = after


def query_due(now: datetime) -> int:
    """Ask the providers about payments whose notice may be lost, and close those that expired; a job."""
    due = Payment.objects.filter(next_query_at__lte=now, close_at_provider=False).order_by("next_query_at")
    return sum(_query(number, now=now) for number in list(due.values_list("pk", flat=True)[:_MOST_QUERIED]))


def _query(payment_id: int, *, now: datetime) -> bool:
    payment = Payment.objects.get(pk=payment_id)
    if not _claim(payment, now=now):
        return False
    if payment.status == "created":
        # Nobody could have paid it: the provider has not answered that it knows of it.
        return _expire(payment_id, now=now)
    try:
        provider = provider_named(payment.provider)
        word = provider.query(payment)
        if word.outcome in _IN_DOUBT and _is_over(payment, now):
            provider.close(payment)
            word = PaymentWord(payment.number, "closed")
    except (Unavailable, Declined, NotFound) as error:
        log.warning("payment %s: not learned yet: %s", payment.number, error)
        return False
    _learn(payment.provider, word, now=now)
    return True


def _is_over(payment: Payment, now: datetime) -> bool:
    expired = payment.expires_at is not None and payment.expires_at <= now
    return expired or payment.status not in OPEN_PAYMENT


def _claim(payment: Payment, *, now: datetime) -> bool:
    """Put the next query off, which one process can do."""
    later = now + timedelta(seconds=wait_seconds(payment.queries + 2))
    if payment.expires_at is not None and now < payment.expires_at < later:
        later = payment.expires_at
    return bool(
        Payment.objects.filter(pk=payment.pk, next_query_at=payment.next_query_at).update(
            next_query_at=later, queries=F("queries") + 1
        )
    )


@durable
def _expire(payment_id: int, *, now: datetime) -> bool:
    closed = Payment.objects.filter(pk=payment_id, status="created", expires_at__lte=now).update(
        status="closed", next_query_at=None
    )
    if closed:
        note_change("payment", payment_id, before="created", after="closed", now=now)
    return bool(closed)


def _learn(provider: str, word: PaymentWord, *, now: datetime) -> None:
    try:
        _learn_once(provider, word, now=now)
    except IntegrityError:
        _learn_once(provider, word, now=now)


@durable
def _learn_once(provider: str, word: PaymentWord, *, now: datetime) -> None:
    learn_payment_within(provider, word, now=now)
