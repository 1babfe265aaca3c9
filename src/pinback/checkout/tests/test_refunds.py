"""Refunds of the market's orders: stock, vouchers, money that is on its way, and what comes after it (ADR
0040).
"""

import pytest

from pinback.checkout import actions as checkout
from pinback.checkout.actions import leave_group
from pinback.checkout.models import Item, Order
from pinback.checkout.refunds import (
    EVERYTHING,
    RefundTerms,
    close_within,
    open_refund_within,
    preview_refund,
    start_refund_within,
)
from pinback.groups.models import Group
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.payments.models import MoneyOut, SandboxTrade
from pinback.rules.events import OrderShipped
from pinback.settlement.models import Refund, Voucher
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

start = durable(start_refund_within)
ask = durable(open_refund_within)
close = durable(close_within)


def refund(cast: Cast, order: Order, terms: RefundTerms = EVERYTHING) -> str:
    """Refund an order up to the money's arrival; the refund's id."""
    id_ = public_id(new_id())
    start(order, id_, terms, now=cast.now)
    cast.send_money()
    return id_


@durable
def ship(cast: Cast, order: Order) -> None:
    """The goods are on their way."""
    id_ = public_id(order.pk)
    event = OrderShipped(id=f"{id_}-shipped", at=instant_of(cast.now), shop=order.shop.name, order=id_)
    apply_within(event, now=cast.now)


def test_before_shipping_everything_goes_back_stock_too() -> None:
    cast = Cast()
    tea = cast.product(stock=5)
    order = cast.buy("ann", tea, quantity=2)
    assert cast.stock(tea) == 3
    id_ = public_id(new_id())
    started = start(order, id_, EVERYTHING, now=cast.now)
    assert started.preview.payout_minor == 12_000
    assert cast.state(order).status == "confirmed"
    cast.send_money()
    state = cast.state(order)
    assert (state.status, state.payout_minor) == ("refunded", 12_000)
    assert cast.stock(tea) == 5
    assert cast.send_money() == 0
    assert cast.stock(tea) == 5


def test_some_units_before_shipping_give_back_these_units() -> None:
    cast = Cast()
    tea = cast.product(stock=5)
    order = cast.buy("ann", tea, quantity=3)
    refund(cast, order, RefundTerms(lines=((1, 1),)))
    assert (cast.stock(tea), Item.objects.get().units_held) == (3, 2)
    refund(cast, order)
    assert (cast.stock(tea), Item.objects.get().units_held) == (5, 0)


def test_after_shipping_no_stock_comes_back_by_itself() -> None:
    cast = Cast()
    tea = cast.product(stock=5)
    order = cast.buy("ann", tea)
    ship(cast, order)
    refund(cast, order)
    assert cast.state(order).status == "refunded"
    assert cast.stock(tea) == 4


def test_one_after_the_other_for_an_order() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(), quantity=2)
    start(order, public_id(new_id()), RefundTerms(lines=((1, 1),)), now=cast.now)
    with pytest.raises(Conflict) as refused:
        start(order, public_id(new_id()), RefundTerms(lines=((1, 1),)), now=cast.now)
    assert refused.value.refusal.code == "money_on_its_way"
    cast.send_money()
    refund(cast, order, RefundTerms(lines=((1, 1),)))
    assert cast.state(order).payout_minor == 12_000


def test_an_unpaid_order_that_holds_the_earned_voucher_is_closed_first() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product(stock=5)
    source = cast.buy("ann", tea)
    holder = cast.place("ann", tea, voucher="best")
    assert Voucher.objects.get().status == "locked"
    payment = cast.start_paying(holder)
    start(source, public_id(new_id()), EVERYTHING, now=cast.now)
    holder.refresh_from_db()
    assert (cast.state(holder).status, holder.closed_why) == ("cancelled", "voucher_reclaimed")
    assert Voucher.objects.get().status == "frozen"
    assert cast.stock(tea) == 4
    # The holder's money comes while the refund's is on its way: it goes back.
    cast.notice(payment)
    payment.refresh_from_db()
    assert payment.status == "late"
    cast.send_money()
    assert Voucher.objects.get().status == "reclaimed"
    assert cast.state(source).payout_minor == 6_000
    assert cast.stock(tea) == 5


def test_a_used_voucher_is_withheld_and_the_preview_says_so() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product(stock=5)
    source = cast.buy("ann", tea)
    cast.buy("ann", tea, voucher="best")
    shown = preview_refund(source, EVERYTHING, now=cast.now)
    assert (shown.cash_minor, shown.withheld_minor, shown.payout_minor) == (6_000, 1_000, 5_000)
    refund(cast, source)
    assert cast.state(source).payout_minor == 5_000


def test_what_was_bought_back_is_paid_out_of_other_payments() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product(stock=5)
    source = cast.buy("ann", tea)
    user = cast.buy("ann", tea, voucher="best")
    refund(cast, source)
    refund(cast, user)
    # 5,000 in cash, and the 1,000 that were withheld: more than this order's payment.
    assert cast.state(user).payout_minor == 6_000
    assert sum(out.amount_minor for out in MoneyOut.objects.all()) == 11_000
    assert set(MoneyOut.objects.values_list("status", flat=True)) == {"confirmed"}


def test_a_payout_of_nothing_settles_at_once() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=5_000)
    tea = cast.product(stock=5, solo=6_000)
    source = cast.buy("ann", tea)
    cast.buy("ann", tea, voucher="best")
    started = start(source, public_id(new_id()), RefundTerms(amount_minor=5_000), now=cast.now)
    assert started.money_out is None
    assert Refund.objects.get().status == "succeeded"


def test_what_turns_out_to_be_more_is_sent_after() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product(stock=5)
    source = cast.buy("ann", tea)
    user = cast.buy("ann", tea, voucher="best")
    start(source, public_id(new_id()), EVERYTHING, now=cast.now)
    # While 5,000 travel (1,000 withheld) the order that used the voucher is refunded: nothing is left.
    start(user, public_id(new_id()), EVERYTHING, now=cast.now)
    first, second = MoneyOut.objects.order_by("id")
    assert (first.amount_minor, second.amount_minor) == (5_000, 5_000)
    MoneyOut.objects.filter(pk=first.pk).update(next_try_at=cast.now.replace(year=2027))
    cast.send_money()
    MoneyOut.objects.filter(pk=first.pk).update(next_try_at=cast.now)
    cast.send_money()
    cast.send_money()
    difference = MoneyOut.objects.get(purpose="difference")
    assert (difference.amount_minor, difference.status) == (1_000, "confirmed")
    assert cast.state(source).payout_minor == 6_000


def test_a_provider_that_refuses_leaves_the_refund_open() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    SandboxTrade.objects.update(refunds="declined")
    id_ = public_id(new_id())
    start(order, id_, EVERYTHING, now=cast.now)
    for _ in range(8):
        cast.later(hours=2)
        cast.send_money()
    assert MoneyOut.objects.get().status == "failed"
    assert Refund.objects.get().status == "open"
    assert cast.state(order).status == "confirmed"
    with pytest.raises(Conflict):
        close(order, id_, now=cast.now)


def test_a_rejected_refund_can_be_asked_for_again() -> None:
    cast = Cast()
    cast.campaign()
    order = cast.buy("ann", cast.product())
    id_ = public_id(new_id())
    for _ in range(2):
        ask(order, id_, now=cast.now)
        assert Voucher.objects.get().status == "frozen"
        close(order, id_, now=cast.now)
        assert Voucher.objects.get().status == "available"


def test_what_nobody_paid_cannot_go_back() -> None:
    cast = Cast()
    order = cast.place("ann", cast.product())
    with pytest.raises(Refused) as refused:
        start(order, public_id(new_id()), EVERYTHING, now=cast.now)
    assert refused.value.refusal.code == "not_paid"


def test_the_leader_leaves_and_the_next_one_leads() -> None:
    cast = Cast()
    tea = cast.product(group_size=4, stock=9)
    first = cast.buy("ann", tea, kind="open")
    group = cast.group_of(first)
    cast.later(minutes=1)
    cast.buy("bob", tea, kind="join", group=group)
    leave_group(public_id(first.pk), acting=cast.actor("ann"), now=cast.now)
    found = Group.objects.get()
    assert (found.status, found.seats_taken, found.leader_id) == ("forming", 1, cast.person("bob").pk)
    cast.send_money()
    assert cast.state(first).payout_minor == 5_000
    with pytest.raises(Conflict):
        leave_group(public_id(first.pk), acting=cast.actor("ann"), now=cast.now)
    # The seat is free: ann may come again.
    cast.buy("ann", tea, kind="join", group=group)
    assert Group.objects.get().seats_taken == 2


def test_the_last_one_to_leave_ends_the_group() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(), kind="open")
    leave_group(public_id(order.pk), acting=cast.actor("ann"), now=cast.now)
    assert Group.objects.get().status == "failed"
    cast.later(hours=25)
    assert checkout.fail_due_groups(cast.now) == 0
