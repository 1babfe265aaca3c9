"""Reads of payments, and who may see them: the payer, and whoever keeps the funds of the shop."""

from django.db.models import QuerySet

from pinback.accounts.actors import Actor
from pinback.accounts.queries import Forbidden, check_operator
from pinback.kit.prepared import Prepared
from pinback.kit.refusals import NotFound
from pinback.payments.models import Anomaly, MoneyOut, Payment
from pinback.payments.rules import sending_of

ATTENTION = ("failed", "bounced")


def succeeded_payment(purpose: str, subject: str) -> Payment | None:
    """The payment that was taken for a subject; of a debt, which is paid in several, the latest."""
    return _succeeded.first(purpose=purpose, subject=subject)


_succeeded = Prepared(
    lambda purpose, subject: Payment.objects.filter(
        purpose=purpose, subject=subject, status="succeeded"
    ).order_by("-id")[:1]
)


def is_money_out_on_its_way(payment: Payment) -> bool:
    """Whether money that was owed out of a payment is not confirmed yet, in all its parts; also when it
    failed and waits for the operator. What bounced was confirmed before.
    """
    return MoneyOut.objects.filter(payment=payment, whole=None, told_at=None).exists()


def amount_with_parts(out: MoneyOut) -> int:
    """What is sent in all: of money that goes out in parts, they too."""
    return out.amount_minor + sum(out.parts.values_list("amount_minor", flat=True))


def out_numbered(found: QuerySet[MoneyOut], number: str) -> MoneyOut | None:
    """The money out that goes, or once went, under a number at its provider."""
    out = found.filter(number=number).first()
    parts = sending_of(number)
    if out is None and parts is not None:
        beginning, sending = parts
        out = found.filter(number__startswith=beginning, sending__gt=sending).first()
        if out is not None and len(out.number) != len(number):
            return None
    return out


_with_id = Prepared(lambda pk: Payment.objects.select_related("shop").filter(pk=pk))
_numbered = Prepared(lambda number: Payment.objects.select_related("shop").filter(number=number))


def payment_for(actor: Actor, payment_id: int) -> Payment:
    """A payment that the actor may see. Raises NotFound to strangers, Forbidden to staff without
    `funds.read`.
    """
    payment = _with_id.first(pk=payment_id)
    if payment is None:
        raise NotFound("payment")
    _check_may_see(actor, payment)
    return payment


def _check_may_see(actor: Actor, payment: Payment) -> None:
    if not actor.is_key and (payment.payer_id == actor.person_id or actor.is_operator):
        return
    if not actor.works_for(payment.shop_id):
        raise NotFound("payment")
    if not actor.may(payment.shop_id, "funds.read"):
        raise Forbidden("funds.read")


def payment_numbered(actor: Actor, number: str) -> Payment:
    """Like `payment_for`, by the number at the provider."""
    found = _numbered.first(number=number)
    if found is None:
        raise NotFound("payment", number)
    _check_may_see(actor, found)
    return found


def payment_with_number(number: str) -> Payment:
    """The payment of a number at the provider, for actions. Raises NotFound."""
    found = _numbered.first(number=number)
    if found is None:
        raise NotFound("payment", number)
    return found


def refund_numbered(actor: Actor, number: str) -> MoneyOut:
    """Money out of a payment that the actor may see, by its number at the provider. Raises as
    `payment_for`.
    """
    found = out_numbered(MoneyOut.objects.all(), number)
    if found is None:
        raise NotFound("money out", number)
    payment_for(actor, found.payment_id)
    return found


def anomalies_for(actor: Actor, *, open_only: bool) -> QuerySet[Anomaly]:
    """Anomalies, for the operator alone. Raises NotFound to everybody else."""
    check_operator(actor)
    return Anomaly.objects.filter(resolved_at=None) if open_only else Anomaly.objects.all()


def money_out_for(actor: Actor, *, statuses: tuple[str, ...] = ATTENTION) -> QuerySet[MoneyOut]:
    """Money out in some states, by default what waits for the operator, who alone may see it."""
    check_operator(actor)
    return MoneyOut.objects.select_related("payment", "shop").filter(status__in=statuses)
