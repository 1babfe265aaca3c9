"""Ten pay at one moment for the last seat; one payment is told of twice; workers meet at a group."""

from datetime import timedelta
from functools import partial

import pytest
from django.db.models import F

from pinback.checkout.actions import fail_due_groups, leave_group
from pinback.groups.models import Group, Member
from pinback.kit.ids import id_of, new_id, public_id
from pinback.kit.models import Change
from pinback.kit.transactions import durable
from pinback.payments.models import MoneyOut
from pinback.settlement.models import Event, Voucher
from tests.races_market.crowd import at_once
from tests.support.cast import Cast

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("open_market")]


def test_w021_ten_pay_for_the_last_seat() -> None:
    cast = Cast()
    tea = cast.product(group_size=5, price=3_000)
    members = [cast.buy("ann", tea, kind="open")]
    group = cast.group_of(members[0])
    members += [cast.buy(name, tea, kind="join", group=group) for name in ("bob", "cai", "dan")]
    orders = [cast.place(f"late{number}", tea, kind="join", group=group) for number in range(10)]
    payments = [cast.start_paying(order) for order in orders]
    at_once([partial(cast.notice, payment) for payment in payments])
    while cast.send_money():
        pass
    assert sorted(cast.statuses(orders)) == ["confirmed", *["refunded"] * 9]
    assert cast.statuses(members) == ["confirmed"] * 4
    found = Group.objects.get()
    assert (found.status, found.seats_taken) == ("complete", 5)
    assert Member.objects.filter(left_at=None).count() == 5
    assert Change.objects.filter(subject="group", after="complete").count() == 1
    assert sum(out.amount_minor for out in MoneyOut.objects.filter(status="confirmed")) == 27_000


def test_those_who_choose_so_fill_other_groups() -> None:
    cast = Cast()
    tea = cast.product(group_size=3, price=3_000)
    leaders = [cast.buy(f"leader{number}", tea, kind="open") for number in range(3)]
    group = cast.group_of(leaders[0])
    orders = [
        cast.place(f"late{number}", tea, kind="join", group=group, if_full="other") for number in range(8)
    ]
    payments = [cast.start_paying(order) for order in orders]
    at_once([partial(cast.notice, payment) for payment in payments])
    while cast.send_money():
        pass
    assert sorted(cast.statuses([*leaders, *orders])) == [*["confirmed"] * 9, *["refunded"] * 2]
    assert set(Group.objects.values_list("status", "seats_taken")) == {("complete", 3)}


def test_control_counting_before_the_transaction_seats_too_many() -> None:
    cast = Cast()
    tea = cast.product(group_size=2)
    group = Group.objects.get(pk=id_of(cast.group_of(cast.buy("ann", tea, kind="open"))))
    people = [cast.person(f"late{number}") for number in range(10)]

    @durable
    def sit(number: int) -> None:
        Member.objects.create(
            id=new_id(),
            shop_id=group.shop_id,
            group=group,
            person=people[number],
            order_key=f"tea/{number}",
            joined_at=cast.now,
        )

    def count_and_sit(number: int) -> None:
        # Everybody has counted before anybody sits down.
        if group.seats_taken < group.size:
            sit(number)

    at_once([partial(count_and_sit, number) for number in range(10)])
    assert Member.objects.count() > group.size
    assert Group.objects.filter(seats_taken__lt=F("size")).exists()


def test_w037_two_words_of_one_payment_are_one_effect() -> None:
    cast = Cast()
    cast.campaign(threshold=20_000, rebate=3_000)
    tea = cast.product(solo=20_000, price=20_000)
    first = cast.buy("ann", tea, kind="open")
    order = cast.place("bob", tea, kind="join", group=cast.group_of(first))
    payment = cast.start_paying(order)
    other = cast.start_paying(order, method="debit_card")
    calls = [partial(cast.notice, payment, number=f"word{number}") for number in range(6)]
    at_once([*calls, *[partial(cast.notice, other, number=f"other{number}") for number in range(2)]])
    while cast.send_money():
        pass
    assert cast.statuses([first, order]) == ["confirmed", "confirmed"]
    assert Voucher.objects.count() == 2
    assert Member.objects.count() == 2
    assert Event.objects.filter(content__contains="order.paid").count() == 2
    (out,) = MoneyOut.objects.all()
    assert (out.purpose, out.amount_minor) == ("return", 20_000)


def test_workers_that_meet_at_a_group_refund_everybody_once() -> None:
    cast = Cast()
    tea = cast.product(group_size=4)
    orders = [cast.buy("ann", tea, kind="open")]
    group = cast.group_of(orders[0])
    orders += [cast.buy(name, tea, kind="join", group=group) for name in ("bob", "cai")]
    cast.later(hours=24)
    at_once([partial(fail_due_groups, cast.now)] * 6)
    while cast.send_money():
        pass
    assert cast.statuses(orders) == ["refunded"] * 3
    assert MoneyOut.objects.count() == 3
    assert Change.objects.filter(subject="group", after="failed").count() == 1


def test_w017_w021_at_the_last_moment_the_deal_is_made_for_two_or_for_nobody() -> None:
    """Four pay for the last seat in the last second, the leader leaves, and workers find the time over."""
    cast = Cast()
    tea = cast.product(group_size=2, price=3_000)
    leader = cast.buy("ann", tea, kind="open")
    group = cast.group_of(leader)
    cast.later(hours=23, minutes=59, seconds=59)
    orders = [cast.place(f"late{number}", tea, kind="join", group=group) for number in range(4)]
    payments = [cast.start_paying(order) for order in orders]
    over = cast.now + timedelta(seconds=1)
    leaving = partial(leave_group, public_id(leader.pk), acting=cast.actor("ann"), now=cast.now)
    at_once(
        [
            *[partial(cast.notice, payment) for payment in payments],
            *[partial(fail_due_groups, over)] * 2,
            leaving,
        ]
    )
    fail_due_groups(over)
    while cast.send_money():
        pass
    statuses = cast.statuses([leader, *orders])
    seated = 2 if Group.objects.get().status == "complete" else 0
    assert sorted(statuses) == [*["confirmed"] * seated, *["refunded"] * (5 - seated)]
    assert Member.objects.filter(left_at=None).count() == seated
    assert [out.amount_minor for out in MoneyOut.objects.filter(status="confirmed")] == [3_000] * (5 - seated)
    assert cast.stock(tea) == 100 - seated
