"""The people and the purpose of the tests of payments: ann pays the shop tea, and one may see what was
taken.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pinback.accounts.actions import open_shop, register
from pinback.accounts.models import Person, Shop
from pinback.kit.transactions import durable
from pinback.payments import purposes
from pinback.payments.actions import pay_out_within, prepare, start_within
from pinback.payments.models import MoneyOut, Payment

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
EXPIRY = NOW + timedelta(minutes=15)


def soon(seconds: int) -> datetime:
    """So many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


class Till:
    """Takes payments in the place of an order: notes what it was told, and answers as it is told to."""

    def __init__(self) -> None:
        self.answer: purposes.Taken = "succeeded"
        self.fault: Exception | None = None
        self.taken: list[str] = []
        self.confirmed: list[str] = []
        self.failed: list[tuple[str, str]] = []

    def take(self, payment: Payment, now: datetime) -> purposes.Taken:
        """A taker."""
        self.taken.append(payment.number)
        if self.fault is not None:
            raise self.fault
        return self.answer

    def out_confirmed(self, out: MoneyOut, now: datetime) -> None:
        """What to do on confirmation."""
        self.confirmed.append(out.subject)

    def out_failed(self, out: MoneyOut, now: datetime) -> None:
        """What to do on failure."""
        self.failed.append((out.subject, out.status))


@contextmanager
def till_open() -> Iterator[Till]:
    """A till in the place of all purposes, until the test is over."""
    incoming, outgoing = dict(purposes._in), dict(purposes._out)
    till = Till()
    for purpose in ("order", "campaign", "debt"):
        purposes.take_in_for(purpose, till.take)
    for purpose in ("refund", "compensation"):
        purposes.settle_out_for(purpose, confirmed=till.out_confirmed, failed=till.out_failed)
    try:
        yield till
    finally:
        purposes._in.clear()
        purposes._in.update(incoming)
        purposes._out.clear()
        purposes._out.update(outgoing)


def person(name: str, *, operator: bool = False) -> Person:
    """Somebody with an account, made when they are first named."""
    login = f"{name}@example.com"
    made = Person.objects.filter(login=login).first() or register(
        login, name=name, password="correct horse", language="en", now=NOW
    )
    if operator:
        Person.objects.filter(pk=made.pk).update(is_operator=True)
        made.refresh_from_db()
    return made


def tea() -> Shop:
    """The shop tea of olive."""
    return Shop.objects.filter(name="tea").first() or open_shop(
        "tea", title="Tea", timezone="Asia/Shanghai", owner=person("olive"), now=NOW
    )


def start(
    payer: Person,
    *,
    subject: str = "tea/1",
    purpose: str = "order",
    amount_minor: int = 19_900,
    method: str = "wechat",
    expires_at: datetime | None = EXPIRY,
    prepared: bool = True,
    now: datetime = NOW,
    **more: Any,
) -> Payment:
    """A payment that is started, and that the provider knows of."""
    payment = durable(start_within)(
        purpose=purpose,
        subject=subject,
        shop=tea(),
        payer=payer,
        amount_minor=amount_minor,
        method=method,
        expires_at=expires_at,
        now=now,
    )
    return prepare(payment.pk, now=now, **more) if prepared else payment


def refund(payment: Payment, amount_minor: int, *, subject: str = "tea/r1", now: datetime = NOW) -> MoneyOut:
    """Money of a payment that is owed back."""
    out = durable(pay_out_within)(
        payment, purpose="refund", subject=subject, amount_minor=amount_minor, terms={}, now=now
    )
    out.refresh_from_db()
    return out
