"""Wounds of checkout, in the market: vouchers and stock of orders paid, not paid, or paid too late."""

from typing import Any

import pytest

from conftest import market  # noqa: F401 - the market's own, not the one of the rules
from pinback.checkout.actions import cancel, close_due, fail_due_groups
from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.groups.models import Group, Member
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.payments.models import MoneyOut
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Posting, Voucher
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def earned(cast: Cast, *, amount: int = 1_000, valid_days: int = 15) -> str:
    """A voucher that ann earned; its code."""
    cast.campaign(threshold=5_000, rebate=amount, valid_days=valid_days)
    cast.buy("ann", cast.product(title="Source"))
    return Voucher.objects.get().code


def test_w009_one_checkout_completed_twice_is_one_order() -> None:
    """The trap: the second call sees the voucher taken by the first, and refunds the money."""
    cast = Cast()
    code = earned(cast)
    tea = cast.product()
    ann = Caller(cast, "ann")
    body = {
        "product": public_id(tea.pk),
        "lines": [{"sku": public_id(cast.sku(tea).pk), "quantity": 1}],
        "kind": "solo",
        "voucher": code,
        "address": {"recipient": "Ann", "phone": "1", "region": "r", "street": "s"},
    }
    first, again = (ann.post("/orders", body, **{"Idempotency-Key": "tap"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["order"] == again.json()["order"]
    order = Order.objects.get(pk__gt=Order.objects.order_by("pk")[0].pk)
    payment = cast.start_paying(order)
    for number in ("notice", "return", "notice"):
        cast.notice(payment, number=number)
    assert cast.state(order).status == "confirmed"
    assert Voucher.objects.get(code=code).status == "used"
    assert MoneyOut.objects.count() == 0


def test_w010_one_voucher_is_one_order_s() -> None:
    """The trap: the use of a code counted over completed orders. (At one moment: `tests/races_market`.)"""
    cast = Cast()
    code = earned(cast)
    tea = cast.product()
    cast.place("ann", tea, voucher=code)
    for _ in range(4):
        with pytest.raises(Refused) as refused:
            cast.place("ann", tea, voucher=code)
        assert refused.value.refusal[::2] == ("voucher_unavailable", "voucher")
    with pytest.raises(Refused):
        cast.place("bob", tea, voucher=code)
    assert Order.objects.count() == 2


def test_w013_a_declined_payment_keeps_the_voucher_for_the_next_try() -> None:
    """The trap: the code is used up by the attempt; or free for others while the buyer tries again."""
    cast = Cast()
    code = earned(cast)
    order = cast.place("ann", cast.product(solo=5_000, price=4_000), voucher=code)
    payment = cast.start_paying(order)
    cast.notice(payment, word="failed")
    payment.refresh_from_db()
    assert payment.status == "failed"
    assert Voucher.objects.get().status == "locked"
    again = cast.pay(order)
    assert (again.amount_minor, again.status) == (4_000, "succeeded")
    assert Voucher.objects.get().status == "used"


def test_w015_a_voucher_is_judged_by_the_order_that_is_placed() -> None:
    """The trap: an earlier "applied" carried over. Its only minimum: 1 fen is paid in cash."""
    cast = Cast()
    code = earned(cast, amount=3_000)
    small = cast.product(solo=3_000, price=3_000)
    with pytest.raises(Refused) as refused:
        cast.place("ann", small, voucher=code)
    assert refused.value.refusal.code == "voucher_too_large"
    assert Voucher.objects.get().status == "available"
    assert cast.stock(small) == 100
    assert cast.state(cast.place("ann", small)).goods_minor == 3_000
    assert cast.place("ann", small, voucher="best").pk
    assert Voucher.objects.get().status == "available"


@pytest.mark.parametrize("days", [1, 20])
def test_w016_a_voucher_comes_back_in_its_own_terms_once(days: int) -> None:
    """The trap: not returned, returned as money, or returned twice."""
    cast = Cast()
    code = earned(cast, amount=1_500)
    tea = cast.product(group_size=3, price=8_000, solo=8_000)
    order = cast.buy("ann", tea, kind="open", voucher=code)
    assert cast.state(order).goods_minor == 6_500
    cast.later(days=days)
    assert fail_due_groups(cast.now) == 2
    cast.send_money()
    assert cast.state(order).payout_minor == 6_500
    assert Voucher.objects.get().status == ("available" if days == 1 else "expired")
    assert fail_due_groups(cast.now) == 0


def test_w016_a_cancelled_order_gives_the_voucher_back() -> None:
    cast = Cast()
    code = earned(cast)
    tea = cast.product(stock=3)
    order = cast.place("ann", tea, voucher=code)
    cancel(public_id(order.pk), acting=cast.actor("ann"), now=cast.now)
    assert (Voucher.objects.get().status, cast.stock(tea)) == ("available", 3)
    with pytest.raises(Conflict):
        cancel(public_id(order.pk), acting=cast.actor("ann"), now=cast.now)
    assert cast.stock(tea) == 3


@pytest.mark.parametrize("is_sold", [True, False])
def test_w020_w033_money_that_comes_late_goes_back(is_sold: bool) -> None:
    """The trap: the order revived, and the last unit two people's. Even a free one is not revived."""
    cast = Cast()
    tea = cast.product(stock=1, solo=9_900)
    late = cast.place("ann", tea)
    payment = cast.start_paying(late)
    cast.later(minutes=15)
    assert close_due(cast.now) == 1
    if is_sold:
        cast.later(seconds=5)
        assert cast.state(cast.buy("bob", tea)).status == "confirmed"
    cast.later(seconds=55)
    for number in ("first", "second"):
        cast.notice(payment, number=number)
    cast.send_money()
    payment.refresh_from_db()
    assert payment.status == "late"
    assert cast.state(late).status == "cancelled"
    (out,) = MoneyOut.objects.all()
    assert (out.purpose, out.amount_minor, out.status) == ("return", 9_900, "confirmed")
    assert cast.stock(tea) == (0 if is_sold else 1)
    shown = Caller(cast, "ann").get(f"/orders/{public_id(late.pk)}").json()
    assert (shown["step"], shown["closed_why"]) == ("closed", "not_paid_in_time")


def test_w037_return_and_notice_are_one_payment() -> None:
    """The trap: the completion runs twice. (At one moment: `tests/races_market`.)"""
    cast = Cast()
    cast.campaign(threshold=20_000, rebate=3_000)
    tea = cast.product(solo=20_000, price=20_000)
    first = cast.buy("ann", tea, kind="open")
    order = cast.place("bob", tea, kind="join", group=cast.group_of(first))
    payments = [cast.start_paying(order, method=method) for method in ("wechat", "debit_card")]
    for number in ("return", "notice"):
        cast.notice(payments[0], number=number)
    cast.notice(payments[1])
    cast.send_money()
    assert cast.statuses([first, order]) == ["confirmed", "confirmed"]
    assert Voucher.objects.count() == 2
    assert Member.objects.count() == Group.objects.get().seats_taken == 2
    payments[1].refresh_from_db()
    assert payments[1].status == "unneeded"
    assert [out.amount_minor for out in MoneyOut.objects.all()] == [20_000]


@pytest.mark.parametrize(
    "extra",
    [
        {"paid": True},
        {"status": "paid"},
        {"paid_at": "2026-11-10T00:00:00Z"},
        {"due_minor": 1},
        {"voucher_minor": 19_900},
        {"shop": "silk"},
        {"campaign": "c"},
        {"buyer": "somebody"},
        {"unit_price_minor": 1},
    ],
)
def test_w071_an_order_says_nothing_of_its_price(extra: dict[str, Any]) -> None:
    """The trap: extra fields of the form written into the order."""
    cast = Cast()
    tea = cast.product(solo=19_900)
    line: dict[str, Any] = {"sku": public_id(cast.sku(tea).pk), "quantity": 1}
    body: dict[str, Any] = {
        "product": public_id(tea.pk),
        "lines": [line],
        "kind": "solo",
        "address": {"recipient": "Ann", "phone": "1", "region": "r", "street": "s"},
    }
    ann = Caller(cast, "ann")
    assert ann.post("/orders", {**body, **extra}).status_code == 422
    assert ann.post("/orders", {**body, "lines": [{**line, **extra}]}).status_code == 422
    assert not SettledOrder.objects.exists()
    placed = ann.post("/orders", body).json()
    assert (placed["status"], placed["due_minor"], placed["shop"]) == ("placed", 19_900, "tea")


def test_w073_a_voucher_is_paid_by_the_shop_that_funded_it() -> None:
    """The trap: one vendor's coupon at another's cost. The specification lets it be used at any shop; the
    money is the funding shop's alone.
    """
    cast = Cast()
    cast.open_shop("silk", {"sun": "owner"})
    code = earned(cast, amount=2_000)
    scarf = cast.product("silk", staff="sun", solo=8_000)
    order = cast.buy("ann", scarf, voucher=code)
    moved = Posting.objects.filter(source=f"voucher:{code}").values_list("target", "amount_minor")
    assert list(moved) == [(f"order:{order.key}", 2_000)]
    assert (cast.state(order).goods_minor, cast.state(order).balance_minor) == (6_000, 8_000)
    durable(start_refund_within)(order, public_id(new_id()), EVERYTHING, now=cast.now)
    cast.send_money()
    back = Posting.objects.filter(source=f"order:{order.key}").values_list("target", "amount_minor")
    assert sorted(back) == [("external", 6_000), ("shop:tea:marketing", 2_000)]
