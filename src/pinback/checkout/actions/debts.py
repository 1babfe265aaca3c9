"""A buyer pays what they owe a shop for a used voucher whose order was refunded (section 6.2)."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person
from pinback.accounts.queries import shop_named
from pinback.checkout.settling import settle_within
from pinback.checkout.wallet import debt_to
from pinback.kit.ids import public_id
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import durable
from pinback.payments.actions import pay_out_within, prepare, start_within
from pinback.payments.models import Payment
from pinback.payments.purposes import Taken
from pinback.rules.events import DebtPaid
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import lock_shops_within

_TIME_TO_PAY = timedelta(minutes=30)


def pay_debt(
    shop: str, method: str, *, acting: Actor, now: datetime, openid: str = "", anew: bool = False
) -> Payment:
    """Begin to pay all that the actor owes a shop, as `paying.pay`. Outside of a transaction. Raises
    Conflict: nothing is owed.
    """
    payment = start_debt_payment(shop, method, acting=acting, now=now)
    return prepare(payment.pk, now=now, openid=openid, anew=anew)


@durable
def start_debt_payment(shop: str, method: str, *, acting: Actor, now: datetime) -> Payment:
    """The first half of `pay_debt`."""
    creditor = shop_named(shop)
    owed = debt_to(shop, acting.buyer)
    if owed == 0:
        raise Conflict("not_owed", _("You owe this shop nothing."))
    return start_within(
        purpose="debt",
        subject=f"{shop}/{acting.buyer}",
        shop=creditor,
        payer=Person.objects.get(pk=acting.person_id),
        amount_minor=owed,
        method=method,
        expires_at=now + _TIME_TO_PAY,
        now=now,
    )


def take_debt(payment: Payment, now: datetime) -> Taken:
    """Money for a debt came in: as much as is still owed is taken, what is too much goes back."""
    shop, _slash, buyer = payment.subject.partition("/")
    lock_shops_within(shop)
    owed = debt_to(shop, buyer)
    if owed == 0:
        return "unneeded"
    taken = min(owed, payment.amount_minor)
    settle_within(
        DebtPaid(
            id=f"debt-{public_id(payment.pk)}", at=instant_of(now), shop=shop, buyer=buyer, amount=taken
        ),
        now=now,
    )
    if taken < payment.amount_minor:
        pay_out_within(
            payment,
            purpose="difference",
            subject=f"debt/{public_id(payment.pk)}",
            amount_minor=payment.amount_minor - taken,
            terms={},
            now=now,
        )
    return "succeeded"
