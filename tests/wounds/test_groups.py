"""Wounds of groups, in the market: a group that runs out, one refunded member, seats, a leader who leaves,
and orders that were never paid.
"""

import pytest

from conftest import market  # noqa: F401 - the market's own, not the one of the rules
from pinback.checkout.actions import close_due, fail_due_groups, leave_group
from pinback.checkout.models import Order
from pinback.checkout.pages import product_page
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.groups.models import Group, Member
from pinback.groups.queries import group_named, view_of
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Refused
from pinback.kit.transactions import durable
from pinback.payments.models import MoneyOut
from pinback.rules.events import OrderReceived, OrderShipped
from pinback.settlement.models import ProductSales, Voucher
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


@durable
def ship(cast: Cast, order: Order) -> None:
    """The goods are on their way."""
    id_ = public_id(order.pk)
    event = OrderShipped(id=f"{id_}-shipped", at=instant_of(cast.now), shop=order.shop.name, order=id_)
    apply_within(event, now=cast.now)


@durable
def receive(cast: Cast, order: Order) -> None:
    """The goods have arrived."""
    id_ = public_id(order.pk)
    event = OrderReceived(id=f"{id_}-received", at=instant_of(cast.now), shop=order.shop.name, order=id_)
    apply_within(event, now=cast.now)


def test_w017_a_group_that_did_not_fill_fails_and_everybody_is_refunded() -> None:
    """The trap: an expired group treated like a complete one, or expired twice."""
    cast = Cast()
    cast.campaign(threshold=4_000, rebate=1_000)
    tea = cast.product(group_size=3, price=4_000, stock=10)
    earning = cast.buy("bob", tea)
    assert cast.state(earning).rebate == "issued"
    ann = cast.buy("ann", tea, kind="open")
    bob = cast.buy("bob", tea, kind="join", group=cast.group_of(ann), voucher="best")
    cast.later(hours=24)
    assert fail_due_groups(cast.now) == 3
    cast.send_money()
    assert Group.objects.get().status == "failed"
    assert cast.statuses([ann, bob]) == ["refunded", "refunded"]
    assert [cast.state(order).payout_minor for order in (ann, bob)] == [4_000, 3_000]
    assert [cast.state(order).rebate for order in (ann, bob)] == ["none", "none"]
    assert Voucher.objects.get().status == "available"
    assert cast.stock(tea) == 9
    with pytest.raises(Refused):
        ship(cast, ann)
    assert fail_due_groups(cast.now) == 0
    assert cast.send_money() == 0
    assert MoneyOut.objects.count() == 2
    assert ProductSales.objects.count() == 0


def test_w018_one_refunded_member_of_a_complete_group() -> None:
    """The trap: the group shown as before, or undone for the others, or its seat open again."""
    cast = Cast()
    tea = cast.product(group_size=3)
    orders = [cast.buy("ann", tea, kind="open")]
    group = cast.group_of(orders[0])
    orders += [cast.buy(name, tea, kind="join", group=group) for name in ("bob", "cai")]
    for order in orders:
        ship(cast, order)
        receive(cast, order)
    durable(start_refund_within)(orders[1], public_id(new_id()), EVERYTHING, now=cast.now)
    cast.send_money()
    assert cast.statuses(orders) == ["received", "refunded", "received"]
    shown = view_of(group_named(group), now=cast.now)
    assert (shown.group.status, len(shown.members), shown.is_joinable) == ("complete", 2, False)
    assert product_page(tea, now=cast.now).sold == (2, 2)
    late = cast.place("dan", tea, kind="join", group=group, if_full="other")
    cast.pay(late)
    cast.send_money()
    assert cast.state(late).status == "refunded"


def test_w021_who_comes_to_a_full_group_is_refunded_or_goes_to_another() -> None:
    """The trap: a sixth member of five. (Ten at one moment: `tests/races_market`.)"""
    cast = Cast()
    tea = cast.product(group_size=2, stock=20)
    first = cast.buy("ann", tea, kind="open")
    group = cast.group_of(first)
    waiting = [cast.place(name, tea, kind="join", group=group) for name in ("bob", "cai")]
    other = cast.place("dan", tea, kind="join", group=group, if_full="other")
    second = cast.buy("eve", tea, kind="open")
    for order in (*waiting, other):
        cast.pay(order)
    cast.send_money()
    assert cast.statuses(waiting) == ["confirmed", "refunded"]
    assert cast.state(waiting[1]).payout_minor == 5_000
    assert cast.group_of(other) == cast.group_of(second)
    assert cast.statuses([other, second]) == ["confirmed", "confirmed"]
    assert sorted(Group.objects.values_list("status", "seats_taken")) == [("complete", 2), ("complete", 2)]


def test_w021_nobody_sits_twice_in_a_group() -> None:
    cast = Cast()
    tea = cast.product(group_size=3)
    group = cast.group_of(cast.buy("ann", tea, kind="open"))
    twice = [cast.place("bob", tea, kind="join", group=group) for _ in range(2)]
    for order in twice:
        cast.pay(order)
    cast.send_money()
    assert cast.statuses(twice) == ["paid", "refunded"]
    assert Group.objects.get().seats_taken == 2


def test_w023_the_leader_leaves_and_the_group_stays() -> None:
    """The trap: the others' orders orphaned, or refunded, or without the group's price."""
    cast = Cast()
    tea = cast.product(group_size=4, price=5_000)
    ann = cast.buy("ann", tea, kind="open")
    group = cast.group_of(ann)
    others = []
    for name in ("bob", "cai"):
        cast.later(minutes=1)
        others.append(cast.buy(name, tea, kind="join", group=group))
    leave_group(public_id(ann.pk), acting=cast.actor("ann"), now=cast.now)
    cast.send_money()
    assert (cast.state(ann).status, cast.state(ann).payout_minor) == ("refunded", 5_000)
    found = Group.objects.get()
    assert (found.status, found.leader_id, found.seats_taken) == ("forming", cast.person("bob").pk, 2)
    others += [cast.buy(name, tea, kind="join", group=group) for name in ("dan", "eve")]
    assert cast.statuses(others) == ["confirmed"] * 4
    assert {cast.state(order).goods_minor for order in others} == {5_000}


def test_w048_orders_that_were_never_paid_are_neither_sold_nor_members() -> None:
    """The trap: 28 of 100 shown, although 7 orders were real."""
    cast = Cast()
    tea = cast.product(stock=100, group_size=100)
    for number in range(7):
        order = cast.buy(f"buyer{number}", tea)
        ship(cast, order)
        receive(cast, order)
    for number in range(21):
        cast.place(f"other{number}", tea, kind="open" if number % 2 else "solo")
    assert cast.stock(tea) == 72
    cast.later(minutes=15)
    assert close_due(cast.now) == 21
    assert close_due(cast.now) == 0
    assert cast.stock(tea) == 93
    assert product_page(tea, now=cast.now).sold == (7, 7)
    assert (Group.objects.count(), Member.objects.count()) == (0, 0)
    cast.place("last", tea, quantity=93)
    assert cast.stock(tea) == 0


def test_w068_nobody_closes_the_order_of_somebody_else() -> None:
    """The trap: a route that closes an order by its id alone; the timer's own among them."""
    cast = Cast()
    tea = cast.product(group_size=3)
    group = cast.group_of(cast.buy("ann", tea, kind="open"))
    order = cast.place("bob", tea, kind="join", group=group)
    path = f"/orders/{public_id(order.pk)}"
    for name in ("cai", "olive", "opal"):
        for act in ("cancel", "leave"):
            assert Caller(cast, name).post(f"{path}/{act}").status_code == 404
        assert Caller(cast, name).delete(path).status_code in (404, 405)
    assert Caller(cast, None).post(f"{path}/cancel").status_code == 401
    cast.pay(order)
    assert cast.state(order).status == "paid"
    assert Group.objects.get().seats_taken == 2
