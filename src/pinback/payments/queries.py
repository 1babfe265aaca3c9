"""Reads of payments, and who may see them: the payer, and whoever keeps the funds of the shop."""

from django.db.models import QuerySet

from pinback.accounts.actors import Actor
from pinback.accounts.queries import Forbidden, check_operator
from pinback.kit.refusals import NotFound
from pinback.payments.models import Anomaly, MoneyOut, Payment

ATTENTION = ("failed", "bounced")


def succeeded_payment(purpose: str, subject: str) -> Payment | None:
    """The payment that was taken for a subject; of a debt, which is paid in several, the latest."""
    found = Payment.objects.filter(purpose=purpose, subject=subject, status="succeeded")
    return found.order_by("-id").first()


def is_money_out_on_its_way(payment: Payment) -> bool:
    """Whether money that was owed out of a payment is not confirmed yet, in all its parts; also when it
    failed and waits for the operator. What bounced was confirmed before.
    """
    return MoneyOut.objects.filter(payment=payment, whole=None, told_at=None).exists()


def payment_for(actor: Actor, payment_id: int) -> Payment:
    """A payment that the actor may see. Raises NotFound to strangers, Forbidden to staff without
    `funds.read`.
    """
    payment = Payment.objects.select_related("shop").filter(pk=payment_id).first()
    if payment is None:
        raise NotFound("payment")
    if payment.payer_id == actor.person_id and not actor.is_key:
        return payment
    if actor.is_operator and not actor.is_key:
        return payment
    if not actor.works_for(payment.shop_id):
        raise NotFound("payment")
    if not actor.may(payment.shop_id, "funds.read"):
        raise Forbidden("funds.read")
    return payment


def anomalies_for(actor: Actor, *, open_only: bool) -> QuerySet[Anomaly]:
    """Anomalies, for the operator alone. Raises NotFound to everybody else."""
    check_operator(actor)
    return Anomaly.objects.filter(resolved_at=None) if open_only else Anomaly.objects.all()


def money_out_for(actor: Actor, *, statuses: tuple[str, ...] = ATTENTION) -> QuerySet[MoneyOut]:
    """Money out in some states, by default what waits for the operator, who alone may see it."""
    check_operator(actor)
    return MoneyOut.objects.select_related("payment", "shop").filter(status__in=statuses)
