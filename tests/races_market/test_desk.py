"""Cases under threads: clicks at one moment, and a shop and a buyer who decide at one moment."""

from functools import partial

import pytest

from pinback.checkout.models import Order
from pinback.desk import actions as desk
from pinback.desk.actions.moving import move_within
from pinback.desk.models import Case
from pinback.kit.ids import id_of, public_id
from pinback.kit.transactions import durable
from pinback.payments.models import MoneyOut, SandboxTrade
from pinback.settlement.models import Refund
from tests.races_market.crowd import at_once
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("open_market")

CLICKS = 6


def ask(cast: Cast, order: Order) -> str:
    """Ann asks for all of it; the case."""
    asked = desk.Asked()
    return public_id(desk.open_case(public_id(order.pk), asked, acting=cast.actor("ann"), now=cast.now).pk)


def test_w024_agreeing_at_one_moment_sends_once() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    agree = partial(desk.agree, case, acting=cast.actor("sam"), now=cast.now)
    states = {answer.state for answer in at_once([agree] * CLICKS)}
    assert states <= {"refunding", "refunded"}
    cast.send_money()
    assert MoneyOut.objects.get().amount_minor == 6_000
    assert SandboxTrade.objects.filter(is_refund=True).count() == 1
    assert cast.state(order).payout_minor == 6_000


def test_cases_opened_at_one_moment_are_one() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    answers = at_once([partial(ask, cast, order)] * CLICKS)
    assert answers.count("case_open") == CLICKS - 1
    assert Case.objects.count() == Refund.objects.count() == 1
    assert cast.state(order).open_refunds == 1


def test_withdrawn_or_agreed_and_never_both() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    withdraw = partial(desk.withdraw, case, acting=cast.actor("ann"), now=cast.now)
    agree = partial(desk.agree, case, acting=cast.actor("sam"), now=cast.now)
    answers = at_once([withdraw, agree])
    assert answers.count("wrong_state") == 1
    cast.send_money()
    withdrawn = Case.objects.get().state == "withdrawn"
    assert cast.state(order).payout_minor == (0 if withdrawn else 6_000)
    assert MoneyOut.objects.count() == (0 if withdrawn else 1)


def test_a_stale_case_is_stopped_by_the_guard_of_the_write() -> None:
    """Without the look under the lock the guarded write still lets one through."""
    cast = Cast()
    case = Case.objects.get(pk=id_of(ask(cast, cast.buy("ann", cast.product()))))
    desk.withdraw(public_id(case.pk), acting=cast.actor("ann"), now=cast.now)
    (answer,) = at_once([partial(durable(move_within), case, "agree", now=cast.now)])
    assert answer == "changed_meanwhile"


def test_compensated_and_refunded_at_one_moment_gives_back_what_was_paid() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    agree = partial(desk.agree, case, acting=cast.actor("sam"), now=cast.now)
    give = partial(
        desk.compensate,
        public_id(order.pk),
        500,
        reason="late",
        apology="Sorry",
        acting=cast.actor("olive"),
        now=cast.now,
    )
    at_once([agree, give])
    for _minutes in range(3):
        cast.send_money()
        cast.later(minutes=10)
        desk.act_on_deadlines(cast.now)
    cast.send_money()
    state = cast.state(order)
    assert state.status == "refunded"
    sent = sum(out.amount_minor for out in MoneyOut.objects.filter(status="confirmed"))
    assert sent == 6_000
    assert not MoneyOut.objects.exclude(status="confirmed").exists()
