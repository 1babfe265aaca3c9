"""What buyer, shop and operator do with a case."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.checkout.refunds import preview_refund
from pinback.desk.actions.moving import locked_within, move_within, order_of
from pinback.desk.models import Case
from pinback.desk.queries import case_of_buyer, case_of_operator, case_of_shop, terms_of
from pinback.desk.rules import agreeing
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.kit.transactions import durable


@durable
def agree(case: str, *, acting: Actor, now: datetime) -> Case:
    """The shop agrees: the money goes out, or the goods come back first. So it does after it has refused, as
    long as the buyer has not asked the platform. Raises NotFound, Forbidden, Conflict, Refused.
    """
    found = locked_within(case_of_shop(acting, case))
    is_sent_back = found.state == "refused" and bool(found.tracking)
    event = agreeing(found.kind, is_sent_back=is_sent_back)
    return move_within(found, event, now=now, person_id=acting.person_id)


@durable
def refuse(case: str, reason: str, *, acting: Actor, now: datetime) -> Case:
    """The shop refuses, and says why; also what came back. Raises NotFound, Forbidden, Conflict; Refused
    `reason_missing`.
    """
    found = locked_within(case_of_shop(acting, case))
    if not reason.strip():
        raise Refused("reason_missing", _("Say why."), "reason")
    return move_within(found, "refuse", now=now, person_id=acting.person_id, note=reason, shop_reason=reason)


@durable
def send_back(case: str, carrier: str, tracking: str, *, acting: Actor, now: datetime) -> Case:
    """The buyer has sent the goods back. Raises NotFound, Conflict; Refused `tracking_missing`."""
    found = locked_within(case_of_buyer(acting, case))
    if not carrier.strip() or not tracking.strip():
        raise Refused("tracking_missing", _("Say with whom, and under which number."), "tracking")
    return move_within(
        found,
        "send_back",
        now=now,
        person_id=acting.person_id,
        carrier=carrier.strip(),
        tracking=tracking.strip(),
    )


@durable
def confirm_return(case: str, *, acting: Actor, now: datetime) -> Case:
    """The shop has the goods back: the money goes out. Raises NotFound, Forbidden, Conflict, Refused."""
    found = locked_within(case_of_shop(acting, case))
    return move_within(found, "confirm_return", now=now, person_id=acting.person_id)


@durable
def escalate(case: str, *, acting: Actor, now: datetime) -> Case:
    """The buyer asks the operator to decide what the shop refused. Raises NotFound, Conflict."""
    found = locked_within(case_of_buyer(acting, case))
    return move_within(found, "escalate", now=now, person_id=acting.person_id)


@durable
def withdraw(case: str, *, acting: Actor, now: datetime) -> Case:
    """The buyer does not want a refund any more. Raises NotFound, Conflict."""
    found = locked_within(case_of_buyer(acting, case))
    return move_within(found, "withdraw", now=now, person_id=acting.person_id)


@durable
def decide(
    case: str,
    *,
    for_buyer: bool,
    amount_minor: int | None = None,
    note: str = "",
    acting: Actor,
    now: datetime,
) -> Case:
    """The operator decides: for the shop, for the buyer, or for a part: so much goods cash in fen, not more
    than was asked for. Raises NotFound to others; Conflict; Refused `above_asked`, and section 10.
    """
    found = locked_within(case_of_operator(acting, case))
    if not for_buyer:
        return move_within(found, "decide_for_shop", now=now, person_id=acting.person_id, note=note)
    if amount_minor is None or found.state != "with_operator":
        return move_within(found, "decide_for_buyer", now=now, person_id=acting.person_id, note=note)
    asked = preview_refund(order_of(found), terms_of(found), now=now, refund_id=public_id(found.pk))
    if amount_minor > asked.cash_minor:
        raise Refused("above_asked", _("That is more than was asked for."), "amount_minor")
    return move_within(
        found,
        "decide_for_buyer",
        now=now,
        person_id=acting.person_id,
        note=note or f"{amount_minor} of {asked.cash_minor}",
        scope="amount",
        lines=[],
        amount_minor=amount_minor,
        postage_minor=0,
    )
