"""Refunds of the market's orders, from asking for one to the money that has arrived (ADR 0040).

Settlement decides what a refund comes to; it is settled when the provider has confirmed the money. Until then
its amount is that of the preview, no other money goes out for the order, and nobody can begin to use the
voucher that the order earned: so what is settled at last can only be more, and the difference is sent after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from msgspec import UNSET

from pinback.checkout.deductions import deduct_within, deductions_of
from pinback.checkout.models import Order
from pinback.checkout.queries import order_id_of, order_with_key, state_of
from pinback.checkout.settling import close_within as close_order_within
from pinback.checkout.settling import give_back_stock_within, settle_within
from pinback.groups.actions import leave_within
from pinback.kit.history import note_change
from pinback.kit.ids import id_of, new_id, public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import assert_open
from pinback.payments.actions import pay_out_within
from pinback.payments.models import Anomaly, MoneyOut, Payment
from pinback.payments.queries import amount_with_parts, is_money_out_on_its_way, succeeded_payment
from pinback.rules.decisions import Decision, EventRefused, OrderClosed, RefundSettled, VoucherChanged
from pinback.rules.events import OrderCancelled, RefundClosed, RefundLine, RefundRequested, RefundSucceeded
from pinback.settlement.actions import Incoming, preview
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Refund, Voucher
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import lock_orders_within

PURPOSE = "refund"
DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """How much is refunded (section 9): units of lines as (line, units), an amount of goods cash, or neither:
    all that is left. `postage_minor` None: as section 9.3 says.
    """

    lines: Sequence[tuple[int, int]] = ()
    amount_minor: int | None = None
    postage_minor: int | None = None


EVERYTHING = RefundTerms()


class VoucherEffect(NamedTuple):
    """What a refund would do to a voucher."""

    code: str
    status: str
    returned_minor: int


class RefundPreview(NamedTuple):
    """What settlement would decide now (section 11, `refund.settled`), in fen, and what else would follow.

    `deducted_minor` is compensation that was paid for the order before (ADR 0047); `payout_minor` is what
    goes out: that of settlement less it.
    """

    cash_minor: int
    withheld_minor: int
    bought_back_minor: int
    deducted_minor: int
    payout_minor: int
    taken_back_minor: int
    debt_minor: int
    vouchers: Sequence[VoucherEffect]
    closes_order: str | None


class Started(NamedTuple):
    """A refund on its way (`money_out`), or settled at once as nothing is paid out (`money_out` None)."""

    preview: RefundPreview
    money_out: MoneyOut | None


def preview_refund(order: Order, terms: RefundTerms, *, now: datetime, refund_id: str = "") -> RefundPreview:
    """What a refund of an order would come to now. Raises Refused with the codes of section 10; Conflict
    `settled_already`: there is nothing more to come.
    """
    event = _succeeded(order, refund_id or public_id(new_id()), terms, now)
    (decisions,), _state = preview([Incoming(1, event)])
    if isinstance(decisions[0], EventRefused):
        raise Refused(decisions[0].code, decisions[0].detail)
    if not any(isinstance(decision, RefundSettled) for decision in decisions):
        raise Conflict("settled_already", _("This refund is settled already."))
    return _preview_of(decisions, state_of(order))


def start_refund_within(
    order: Order, refund_id: str, terms: RefundTerms, *, now: datetime, payment: Payment | None = None
) -> Started:
    """Send the money of a refund that was agreed, opening the refund where it is not open yet.

    A paid order leaves its group. `payment` is known to a caller who is just taking it. Raises Refused:
    settlement refuses the refund, or nobody paid (`not_paid`); Conflict `money_on_its_way`: first that has to
    arrive.
    """
    assert_open()
    lock_orders_within([order.key])
    state = state_of(order)
    paid = payment or succeeded_payment("order", order.key)
    if paid is None:
        raise Refused("not_paid", _("No payment of this order came in here, so none can go back."))
    _check_nothing_is_on_its_way(order, refund_id, paid)
    if state.status == "paid":
        leave_within(order.key, now=now)
    open_refund_within(order, refund_id, now=now)
    _close_order_that_holds_the_voucher(state.earned_code, now)
    expected = preview_refund(order, terms, now=now, refund_id=refund_id)
    if expected.payout_minor == 0:
        _settle_within(order, refund_id, terms, now)
        return Started(expected, None)
    money_out = pay_out_within(
        paid,
        purpose=PURPOSE,
        subject=f"{order.shop.name}/{refund_id}",
        amount_minor=expected.payout_minor,
        terms=_as_json(order, refund_id, terms),
        now=now,
    )
    return Started(expected, money_out)


def open_refund_within(order: Order, refund_id: str, *, now: datetime, reason: str = "") -> None:
    """Tell settlement that a refund is asked for; the voucher that the order earned is frozen (section 5.1).

    Nothing happens where it is open already. Raises Refused.
    """
    assert_open()
    shop = order.shop.name
    if Refund.objects.filter(key=f"{shop}/{refund_id}", status="open").exists():
        return
    event = RefundRequested(
        id=_once(refund_id, "requested"),
        at=instant_of(now),
        shop=shop,
        order=order_id_of(order),
        refund=refund_id,
        reason=reason or UNSET,
    )
    settle_within(event, now=now)


def close_within(order: Order, refund_id: str, *, now: datetime) -> None:
    """Tell settlement that a refund was rejected or withdrawn. Raises Conflict: its money is on its way."""
    assert_open()
    lock_orders_within([order.key])
    if _out_of(order, refund_id).exclude(status="confirmed").exists():
        raise Conflict("money_on_its_way", _("The money of this refund is on its way already."))
    event = RefundClosed(
        id=_once(refund_id, "closed"),
        at=instant_of(now),
        shop=order.shop.name,
        order=order_id_of(order),
        refund=refund_id,
    )
    settle_within(event, now=now)


def confirmed(money_out: MoneyOut, now: datetime) -> None:
    """The provider has confirmed the money of a refund: it is settled, and what is due above it is sent
    after.
    """
    order, refund_id, terms = _from_json(money_out)
    lock_orders_within([order.key])
    if Refund.objects.filter(key=f"{order.shop.name}/{refund_id}", status="succeeded").exists():
        return
    due = _settle_within(order, refund_id, terms, now)
    difference = due - amount_with_parts(money_out)
    if difference > 0:
        pay_out_within(
            money_out.payment,
            purpose=DIFFERENCE,
            subject=money_out.subject,
            amount_minor=difference,
            terms={"order": order.key, "refund": refund_id},
            now=now,
        )
    elif difference:
        _note_above_due(money_out, due, now)


def _note_above_due(money_out: MoneyOut, due_minor: int, now: datetime) -> None:
    """More went out than is due: by the rules it cannot be; if it is, a person has to look at it."""
    Anomaly.objects.create(
        id=new_id(),
        kind="refund_above_due",
        key=f"refund_above_due/{money_out.pk}",
        provider=money_out.payment.provider,
        payment_id=money_out.payment_id,
        money_out_id=money_out.pk,
        detail=f"{money_out.subject}: {amount_with_parts(money_out)} was sent, {due_minor} is due",
        at=now,
        last_at=now,
    )


def failed(money_out: MoneyOut, now: datetime) -> None:
    """The money of a refund could not be sent: the refund stays open and is seen, until it is sent again."""
    refund_id = str(money_out.terms["refund"])
    note_change("refund", id_of(refund_id), before="sending", after="failed", now=now, note=money_out.problem)


def _settle_within(order: Order, refund_id: str, terms: RefundTerms, now: datetime) -> int:
    """Settle a refund; what is due to the buyer, compensation that was paid before taken off."""
    before = state_of(order)
    decisions = settle_within(_succeeded(order, refund_id, terms, now), now=now)
    if before.status in ("paid", "confirmed"):
        give_back_stock_within(order)
    settled = _settled(decisions)
    deducted = deductions_of(before, settled)
    deduct_within(f"{order.shop.name}/{refund_id}", deducted, now=now)
    return settled.payout - sum(one.amount_minor for one in deducted)


def _settled(decisions: Sequence[Decision]) -> RefundSettled:
    return next(decision for decision in decisions if isinstance(decision, RefundSettled))


def _check_nothing_is_on_its_way(order: Order, refund_id: str, paid: Payment) -> None:
    if is_money_out_on_its_way(paid) or _out_of(order, refund_id).exists():
        raise Conflict(
            "money_on_its_way", _("Other money of this order is on its way; wait for it to arrive.")
        )


def _out_of(order: Order, refund_id: str) -> QuerySet[MoneyOut]:
    return MoneyOut.objects.filter(purpose=PURPOSE, subject=f"{order.shop.name}/{refund_id}")


def _close_order_that_holds_the_voucher(earned_code: str | None, now: datetime) -> None:
    """An unpaid order that holds the voucher is closed now, so that it cannot be paid while the money
    travels.
    """
    voucher = Voucher.objects.filter(code=earned_code, status="locked").first() if earned_code else None
    if voucher is None or voucher.holder_key is None:
        return
    shop, _slash, order_id = voucher.holder_key.partition("/")
    event = OrderCancelled(
        id=_once("holder", "cancelled"),
        at=instant_of(now),
        shop=shop,
        order=order_id,
        reason="voucher_reclaimed",
    )
    settle_within(event, now=now)
    holder = order_with_key(voucher.holder_key)
    if holder is not None:
        close_order_within(holder, "voucher_reclaimed", now=now)


def _preview_of(decisions: Sequence[Decision], before: SettledOrder) -> RefundPreview:
    settled = _settled(decisions)
    deducted = sum(one.amount_minor for one in deductions_of(before, settled))
    closed = next((decision.order for decision in decisions if isinstance(decision, OrderClosed)), None)
    vouchers = [
        VoucherEffect(decision.voucher, decision.status, decision.returned)
        for decision in decisions
        if isinstance(decision, VoucherChanged)
    ]
    return RefundPreview(
        settled.cash,
        settled.withheld,
        settled.bought_back,
        deducted,
        settled.payout - deducted,
        settled.taken_back,
        settled.debt,
        vouchers,
        closed,
    )


def _succeeded(order: Order, refund_id: str, terms: RefundTerms, now: datetime) -> RefundSucceeded:
    lines = tuple(RefundLine(line, quantity) for line, quantity in terms.lines)
    try:
        return RefundSucceeded(
            id=f"{refund_id}-succeeded",
            at=instant_of(now),
            shop=order.shop.name,
            order=order_id_of(order),
            refund=refund_id,
            lines=lines or UNSET,
            amount=UNSET if terms.amount_minor is None else terms.amount_minor,
            postage=UNSET if terms.postage_minor is None else terms.postage_minor,
        )
    except ValueError as error:
        raise Refused("bad_event", str(error)) from None


def _once(refund_id: str, what: str) -> str:
    """An event id: a refund may be asked for and closed several times under its id, so each has its own."""
    return f"{refund_id}-{what}-{public_id(new_id())}"


def _as_json(order: Order, refund_id: str, terms: RefundTerms) -> dict[str, Any]:
    return {
        "order": order.key,
        "refund": refund_id,
        "lines": [list(line) for line in terms.lines],
        "amount_minor": terms.amount_minor,
        "postage_minor": terms.postage_minor,
    }


def _from_json(money_out: MoneyOut) -> tuple[Order, str, RefundTerms]:
    known = money_out.terms
    order = order_with_key(known["order"])
    assert order is not None, money_out.subject
    lines = tuple((line, quantity) for line, quantity in known["lines"])
    return order, known["refund"], RefundTerms(lines, known["amount_minor"], known["postage_minor"])


def refunds_of(order: Order) -> Sequence[Refund]:
    """The refunds of an order as settlement has them, the first one first."""
    return list(Refund.objects.filter(order_key=order.key).order_by("id"))
