"""The wallet, what is owed and paid, and what the worker does: ticks, orders that others closed."""

import pytest

from pinback.checkout.actions import close_settled_elsewhere, pay_debt, tick_if_due
from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, RefundTerms, start_refund_within
from pinback.checkout.wallet import debt_to, debts_of, vouchers_of
from pinback.kit.ids import new_id, public_id
from pinback.kit.jobs import jobs
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import durable
from pinback.payments.models import MoneyOut
from pinback.rules.events import OrderCancelled
from pinback.settlement.models import Event, Shop, Voucher
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def refund(cast: Cast, order: Order) -> None:
    """Refund an order whole."""
    durable(start_refund_within)(order, public_id(new_id()), EVERYTHING, now=cast.now)
    cast.send_money()


def in_debt(cast: Cast) -> Order:
    """ann used a voucher of 5,000, and got 1,000 of what had earned it back: all of that is withheld."""
    cast.campaign(threshold=5_000, rebate=5_000)
    tea = cast.product(solo=5_000, price=5_000)
    source = cast.buy("ann", tea)
    user = cast.buy("ann", cast.product(solo=9_000, price=9_000), voucher="best")
    durable(start_refund_within)(source, public_id(new_id()), RefundTerms(amount_minor=1_000), now=cast.now)
    cast.send_money()
    return user


def test_a_debt_is_shown_and_paid() -> None:
    cast = Cast()
    in_debt(cast)
    ann = cast.actor("ann")
    assert debts_of(ann) == [("tea", 4_000)]
    assert Caller(cast, "ann").get("/debts").json() == [{"shop": "tea", "amount_minor": 4_000}]
    (story,), _next = vouchers_of(ann, now=cast.now)
    assert (story.status, story.why, story.owed_minor) == ("used", "order_refunded", 4_000)
    before = Shop.objects.get(name="tea").marketing_minor
    payment = pay_debt("tea", "wechat", acting=ann, now=cast.now)
    assert payment.amount_minor == 4_000
    cast.notice(payment)
    assert debt_to("tea", ann.buyer) == 0
    assert Shop.objects.get(name="tea").marketing_minor == before + 4_000
    with pytest.raises(Conflict):
        pay_debt("tea", "wechat", acting=ann, now=cast.now)
    assert Caller(cast, "bob").get("/debts").json() == []


def test_what_is_too_much_for_a_debt_comes_back() -> None:
    cast = Cast()
    user = in_debt(cast)
    ann = cast.actor("ann")
    first = pay_debt("tea", "wechat", acting=ann, now=cast.now)
    second = pay_debt("tea", "debit_card", acting=ann, now=cast.now)
    # Meanwhile a refund of the order that used the voucher lowers the debt (section 6a.2).
    durable(start_refund_within)(user, public_id(new_id()), RefundTerms(amount_minor=1_000), now=cast.now)
    cast.send_money()
    owed = debt_to("tea", ann.buyer)
    assert 0 < owed < 4_000
    cast.notice(first)
    cast.notice(second)
    cast.send_money()
    assert debt_to("tea", ann.buyer) == 0
    back = {out.purpose: out.amount_minor for out in MoneyOut.objects.exclude(purpose="refund")}
    assert back == {"difference": 4_000 - owed, "return": 4_000}
    second.refresh_from_db()
    assert second.status == "unneeded"


def test_the_story_of_each_voucher() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000, valid_days=1)
    tea = cast.product()
    orders = [cast.buy("ann", tea) for _ in range(4)]
    user = cast.place("ann", tea, voucher="best")
    refund(cast, orders[3])
    ann = cast.actor("ann")
    stories, _next = vouchers_of(ann, now=cast.now)
    by_source = {story.earned_by[1]: story for story in stories}
    assert by_source[public_id(orders[3].pk)].why == "order_refunded"
    held = next(story for story in stories if story.held_by is not None)
    assert held.held_by == ("tea", public_id(user.pk))
    assert {story.status for story in stories} == {"available", "locked", "reclaimed"}
    cast.later(days=3)
    stories, _next = vouchers_of(ann, now=cast.now)
    assert [story.why for story in stories if story.status == "expired"] == ["time_over"] * 2
    page, cursor = vouchers_of(ann, now=cast.now, limit=3)
    rest, end = vouchers_of(ann, now=cast.now, limit=3, cursor=cursor)
    assert ([len(page), len(rest)], end) == ([3, 1], None)


def test_expired_vouchers_go_home_by_a_tick_only_where_one_is_due() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000, valid_days=1)
    cast.buy("ann", cast.product())
    before = Event.objects.count()
    assert tick_if_due(cast.now) == 0
    assert Event.objects.count() == before
    cast.later(days=3, seconds=7)
    assert tick_if_due(cast.now) == 1
    assert Voucher.objects.get().status == "expired"
    assert Shop.objects.get(name="tea").marketing_minor == 1_000
    assert tick_if_due(cast.now) == 0
    assert Event.objects.count() == before + 1


def test_an_order_that_others_cancelled_gives_back_what_it_holds() -> None:
    cast = Cast()
    tea = cast.product(stock=3)
    order = cast.place("ann", tea)
    payment = cast.start_paying(order)
    id_ = public_id(order.pk)
    event = OrderCancelled(id="from-outside", at=instant_of(cast.now), shop="tea", order=id_)
    durable(apply_within)(event, now=cast.now)
    assert cast.stock(tea) == 2
    assert close_settled_elsewhere(cast.now) == 1
    assert close_settled_elsewhere(cast.now) == 0
    assert cast.stock(tea) == 3
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, order.closed_why) == ("closed", "settled_elsewhere")


def test_the_worker_knows_the_jobs() -> None:
    names = {job.name for job in jobs()}
    assert {"close orders that were not paid", "fail groups that are over"} <= names
