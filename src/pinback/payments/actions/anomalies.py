"""Notes what a person has to look at, once while it is open, however often it is met."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from pinback.kit.ids import new_id
from pinback.kit.transactions import assert_open
from pinback.payments.models import Anomaly, MoneyOut, Payment


def report_within(
    kind: str,
    *,
    about: str,
    provider: str,
    detail: str,
    now: datetime,
    payment: Payment | None = None,
    out: MoneyOut | None = None,
) -> None:
    """Note an anomaly of a kind about something; met again while it is open, it is counted."""
    assert_open()
    key = f"{kind}/{provider}/{about}"[:160]
    again = Anomaly.objects.filter(key=key, resolved_at=None)
    if again.update(seen=F("seen") + 1, last_at=now):
        return
    try:
        with transaction.atomic():
            Anomaly.objects.create(
                id=new_id(),
                kind=kind,
                key=key,
                provider=provider,
                payment_id=payment.pk if payment else (out.payment_id if out else None),
                money_out_id=out.pk if out else None,
                detail=detail[:500],
                at=now,
                last_at=now,
            )
    except IntegrityError:
        again.update(seen=F("seen") + 1, last_at=now)
