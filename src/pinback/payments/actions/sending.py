"""Sends money out: noted in the transaction that owes it, asked of the provider after it, and once.

The number of a MoneyOut is the provider's idempotency key. What was asked and not answered is queried before
it is asked again; who asks has put the row's next turn off first, so of two workers one asks.
"""

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.kit import clock
from pinback.kit.history import note_change
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, NotFound
from pinback.kit.transactions import after_commit, assert_open, durable
from pinback.payments.actions.anomalies import report_within
from pinback.payments.actions.locking import lock_for_out_within
from pinback.payments.models import MoneyOut, Payment
from pinback.payments.providers import provider_named
from pinback.payments.providers.contract import Declined, OutWord, Unavailable
from pinback.payments.purposes import out_confirmed_for, out_failed_for
from pinback.payments.queries import amount_with_parts, out_numbered
from pinback.payments.rules import MOST_TRIES, OPEN_OUT, number_of, out_after, wait_seconds

log = logging.getLogger(__name__)

_LEASE = timedelta(minutes=2)
_MOST_AT_ONCE = 100
_MOST_PARTS = 50
_BY_HAND = "no payment of the payer has this much left: pay it by hand"


def pay_out_within(
    payment: Payment,
    *,
    purpose: str,
    subject: str,
    amount_minor: int,
    terms: Mapping[str, Any],
    now: datetime,
) -> MoneyOut:
    """Owe the payer money of a payment: `pending`, tried right after the commit. Asked again it is the first
    one.

    What is more than the payment has left comes out of the payer's other payments (section 6a.2: bought back
    money was recovered from those); what none has left is `failed` at once, for the operator to pay by hand.
    0 is confirmed without the provider. Raises Conflict: another amount under the same purpose and subject.
    """
    assert_open()
    first = MoneyOut.objects.filter(purpose=purpose, subject=subject).first()
    if first is not None:
        if amount_with_parts(first) != amount_minor:
            raise Conflict("already_paid_out", _("Another amount is on its way for this already."))
        return first
    if amount_minor < 0:
        raise ValueError("money out is not negative")
    own = _reserve_within(payment.pk, amount_minor)
    out = _note_within(payment, purpose, subject, own, None, terms=terms, now=now)
    _spread_within(out, amount_minor - own, now=now)
    return out


def _reserve_within(payment_id: int, most_minor: int) -> int:
    """Take at most so much of what a payment has left; returns how much. The sum never exceeds what came
    in.
    """
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    taken = min(most_minor, payment.received_minor - payment.returned_minor)
    updated = Payment.objects.filter(pk=payment_id, received_minor__gte=F("returned_minor") + taken).update(
        returned_minor=F("returned_minor") + taken
    )
    if not updated:
        raise Conflict("changed_meanwhile", _("Somebody else changed this just now; try again."))
    return taken


def _spread_within(whole: MoneyOut, rest_minor: int, *, now: datetime) -> None:
    others = Payment.objects.filter(
        payer_id=whole.payment.payer_id, received_minor__gt=F("returned_minor"), currency=whole.currency
    ).exclude(pk=whole.payment_id)
    # First those of which something was kept for good: debts, and orders that were refunded already.
    ordered = sorted(others, key=lambda one: (one.purpose != "debt", one.returned_minor == 0, one.pk))
    for number, other in enumerate(ordered[:_MOST_PARTS], start=1):
        if rest_minor == 0:
            return
        taken = _reserve_within(other.pk, rest_minor)
        if taken:
            subject = f"{whole.subject}+{number}"
            _note_within(other, whole.purpose, subject, taken, whole, terms={}, now=now)
            rest_minor -= taken
    if rest_minor:
        part = _note_within(
            whole.payment, whole.purpose, f"{whole.subject}+hand", rest_minor, whole, terms={}, now=now
        )
        MoneyOut.objects.filter(pk=part.pk).update(by_hand=True)


def _note_within(
    payment: Payment,
    purpose: str,
    subject: str,
    amount_minor: int,
    whole: MoneyOut | None,
    *,
    terms: Mapping[str, Any],
    now: datetime,
) -> MoneyOut:
    made = new_id()
    out = MoneyOut(
        id=made,
        shop_id=whole.shop_id if whole else payment.shop_id,
        payment=payment,
        purpose=purpose,
        subject=subject,
        terms=dict(terms),
        whole=whole,
        amount_minor=amount_minor,
        currency=payment.currency,
        number=number_of(public_id(made), 1),
        next_try_at=now,
        created_at=now,
    )
    out.save(force_insert=True)
    note_change("money_out", made, before="", after="pending", now=now)
    after_commit(lambda: _try_now(made))
    return out


def _try_now(out_id: int) -> None:
    try_to_send(out_id, now=clock.now())


def send_due(now: datetime) -> int:
    """Send, or ask about, all money out that is due; a job. Returns how many were tried."""
    due = MoneyOut.objects.filter(status__in=OPEN_OUT, next_try_at__lte=now).order_by("next_try_at", "id")
    return sum(try_to_send(number, now=now) for number in due.values_list("pk", flat=True)[:_MOST_AT_ONCE])


def try_to_send(out_id: int, *, now: datetime) -> bool:
    """Send money out if it is due and nobody else does so now; outside a transaction. Returns whether it
    tried.
    """
    out = MoneyOut.objects.select_related("payment").filter(pk=out_id).first()
    if out is None or not _claim(out, now=now):
        return False
    if out.amount_minor == 0:
        learn_out(OutWord(out.number, "confirmed", 0, out.currency), now=now)
        return True
    if out.by_hand:
        _learn_no(out.number, _BY_HAND, spent=False, last=True, now=now)
        return True
    try:
        learn_out(_ask(out), now=now)
    except Declined as error:
        _learn_no(out.number, str(error), spent=error.spent, now=now)
    except Unavailable as error:
        _learn_nothing(out.number, str(error), now=now)
    except NotFound:
        _learn_nothing(out.number, f"{out.payment.provider} is not set up here any more", now=now)
    return True


def _claim(out: MoneyOut, *, now: datetime) -> bool:
    """Put the next turn off, which one process can do, and note that the provider may hear of it from now
    on.
    """
    if out.status not in OPEN_OUT or out.next_try_at is None or out.next_try_at > now:
        return False
    return bool(
        MoneyOut.objects.filter(
            pk=out.pk, status=out.status, number=out.number, next_try_at=out.next_try_at
        ).update(next_try_at=now + _LEASE, tries=F("tries") + 1, asked=True)
    )


def _ask(out: MoneyOut) -> OutWord:
    provider = provider_named(out.payment.provider)
    # As it was before the claim: somebody may have asked and not lived to note the answer.
    if out.asked:
        known = provider.query_refund(out)
        if known is not None:
            return known
    return provider.refund(out)


@durable
def learn_out(word: OutWord, *, now: datetime) -> str:
    """Note what the provider says of money out, and tell whoever it is for; returns what became of it."""
    return learn_out_within(word, now=now)


def learn_out_within(word: OutWord, *, now: datetime) -> str:
    """The inner half of `learn_out`."""
    assert_open()
    out = _out_of(word.number)
    if out is None:
        return "unknown"
    provider = out.payment.provider
    if out.number != word.number:
        return _learn_of_spent(out, word, now=now)
    if (word.amount_minor, word.currency) != (out.amount_minor, out.currency):
        detail = (
            f"{out.number}: {word.amount_minor} {word.currency} said, {out.amount_minor} {out.currency} asked"
        )
        report_within("refund_differs", about=out.number, provider=provider, detail=detail, now=now, out=out)
        return "differs"
    if word.outcome == "confirmed":
        return _confirm_within(out, word.provider_ref, now=now)
    if word.outcome == "failed":
        reason = word.reason or "the provider gave it up"
        if word.hopeless and out.status in OPEN_OUT:
            return _give_up_within(out, reason, now=now)
        return _refused_within(out, reason, spent=not word.hopeless, now=now)
    return _accepted_within(out, word.provider_ref, now=now)


def _out_of(number: str) -> MoneyOut | None:
    """The MoneyOut that a number is of, now or before; locked, after its shop, where a database can."""
    found = MoneyOut.objects.select_related("payment", "shop", "whole")
    out = out_numbered(found, number)
    if out is None:
        return None
    lock_for_out_within(out)
    return found.select_for_update(no_key=True, of=("self",)).get(pk=out.pk)


def _learn_of_spent(out: MoneyOut, word: OutWord, *, now: datetime) -> str:
    """A number that failed and was followed by another one: only a yes would be news, and bad."""
    if word.outcome != "confirmed":
        return "ignored"
    detail = f"{word.number} was confirmed after it had failed; {out.number} was sent in its stead"
    report_within(
        "paid_out_twice", about=word.number, provider=out.payment.provider, detail=detail, now=now, out=out
    )
    return "paid_out_twice"


def _move_within(out: MoneyOut, event: str, now: datetime, note: str = "", **changes: Any) -> bool:
    """Move along the table; False where the event changes nothing. Raises Conflict: somebody else was
    quicker.
    """
    after = out_after(out.status, event)
    if after is None:
        return False
    moved = MoneyOut.objects.filter(pk=out.pk, status=out.status, number=out.number).update(
        status=after, **changes
    )
    if not moved:
        raise Conflict("changed_meanwhile", _("Somebody else changed this just now; try again."))
    if after != out.status:
        note_change("money_out", out.pk, before=out.status, after=after, now=now, note=note)
    out.refresh_from_db()
    return True


def _accepted_within(out: MoneyOut, provider_ref: str, *, now: datetime) -> str:
    later = _later(out.tries, now=now)
    if _move_within(out, "accepted", now, provider_ref=provider_ref, next_try_at=later, problem=""):
        return "sent"
    MoneyOut.objects.filter(pk=out.pk, status="sent").update(next_try_at=later)
    return "ignored"


def _confirm_within(out: MoneyOut, provider_ref: str, *, now: datetime) -> str:
    moved = _move_within(
        out, "confirmed", now, provider_ref=provider_ref, next_try_at=None, done_at=now, problem=""
    )
    if not moved:
        return "ignored"
    tell_confirmed_within(out, now=now)
    return "confirmed"


def tell_confirmed_within(out: MoneyOut, *, now: datetime) -> None:
    """Tell whoever the money is for, once, when the last part of it is confirmed."""
    whole = MoneyOut.objects.select_for_update(no_key=True).get(pk=out.whole_id or out.pk)
    if whole.status != "confirmed" or whole.parts.exclude(status="confirmed").exists():
        return
    if MoneyOut.objects.filter(pk=whole.pk, told_at=None).update(told_at=now):
        tell = out_confirmed_for(whole.purpose)
        if tell is not None:
            tell(whole, now)


def _refused_within(out: MoneyOut, reason: str, *, spent: bool, now: datetime) -> str:
    """A no: tried again later, under a new number where the old one is spent; given up after the last try."""
    if out.status == "confirmed":
        return _bounce_within(out, reason, now=now)
    if out.tries >= MOST_TRIES:
        return _give_up_within(out, reason, now=now) if out.status in OPEN_OUT else "ignored"
    changes: dict[str, Any] = {"problem": reason[:500], "next_try_at": _later(out.tries, now=now)}
    if spent:
        changes |= next_number(out)
    return "retried" if _move_within(out, "refused", now, reason, **changes) else "ignored"


def next_number(out: MoneyOut) -> dict[str, Any]:
    """What changes where a number is spent."""
    sending = out.sending + 1
    return {
        "sending": sending,
        "number": number_of(public_id(out.pk), sending),
        "asked": False,
        "provider_ref": "",
    }


def _bounce_within(out: MoneyOut, reason: str, *, now: datetime) -> str:
    """It came back after it was confirmed: what was settled stays, and the money is still owed."""
    _move_within(out, "refused", now, reason, problem=reason[:500], done_at=None)
    return _tell_failed_within(out, "refund_bounced", reason, now=now)


def _give_up_within(out: MoneyOut, reason: str, *, now: datetime) -> str:
    _move_within(out, "given_up", now, reason, problem=reason[:500], next_try_at=None)
    return _tell_failed_within(out, "refund_failed", reason, now=now)


def _tell_failed_within(out: MoneyOut, kind: str, reason: str, *, now: datetime) -> str:
    detail = f"{out.number} of {out.amount_minor} {out.currency}: {reason}"
    report_within(kind, about=out.number, provider=out.payment.provider, detail=detail, now=now, out=out)
    tell = out_failed_for(out.purpose)
    if tell is not None:
        tell(out if out.whole_id is None else MoneyOut.objects.get(pk=out.whole_id), now)
    return out.status


@durable
def _learn_no(number: str, reason: str, *, spent: bool, now: datetime, last: bool = False) -> None:
    log.warning("money out %s: declined: %s", number, reason)
    out = _out_of(number)
    if out is None or out.number != number:
        return
    if last:
        _give_up_within(out, reason, now=now)
    else:
        _refused_within(out, reason, spent=spent, now=now)


@durable
def _learn_nothing(number: str, reason: str, *, now: datetime) -> None:
    """No answer: it may have gone out, so it is never given up, and asked about again; the operator is
    told.
    """
    out = _out_of(number)
    log.warning("money out %s: no answer: %s", number, reason)
    if out is None or out.number != number or out.status not in OPEN_OUT:
        return
    MoneyOut.objects.filter(pk=out.pk, number=number, status=out.status).update(
        next_try_at=_later(out.tries, now=now), problem=reason[:500]
    )
    if out.tries >= MOST_TRIES:
        report_within(
            "refund_unanswered", about=number, provider=out.payment.provider, detail=reason, now=now, out=out
        )


def _later(tries: int, *, now: datetime) -> datetime:
    return now + timedelta(seconds=wait_seconds(tries, jitter=secrets.randbelow(101)))
