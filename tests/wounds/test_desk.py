"""Wounds of refunds, in the market: what the buyer is shown, what goes out, and what is settled, through
cases.
"""

import pytest

from conftest import market  # noqa: F401 - the market's own, not the one of the rules
from pinback.checkout.models import Order
from pinback.delivery.actions import receive, ship
from pinback.desk import actions as desk
from pinback.desk.actions import Asked
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.payments.actions import take_notice
from pinback.payments.models import MoneyOut, SandboxTrade
from pinback.payments.providers.sandbox.provider import notice_of, out_word
from pinback.settlement.models import ProductSales, Refund, Voucher
from pinback.settlement.models import Shop as SettledShop
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def arrived(cast: Cast, order: Order) -> Order:
    """The order is shipped and received."""
    id_ = public_id(order.pk)
    ship("tea", id_, carrier="sandbox", tracking=f"T{id_}", acting=cast.actor("walt"), now=cast.now)
    receive("tea", id_, acting=cast.actor("ann"), now=cast.now)
    return order


def ask(cast: Cast, order: Order, **asked: object) -> str:
    """Ann asks for a refund; the case."""
    terms = Asked(**asked)  # type: ignore[arg-type]  # each test names fields of it
    return public_id(desk.open_case(public_id(order.pk), terms, acting=cast.actor("ann"), now=cast.now).pk)


def refund(cast: Cast, order: Order, **asked: object) -> str:
    """Ann asks, the shop agrees, the money arrives; the case."""
    case = ask(cast, order, **asked)
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    cast.send_money()
    desk.settle_arrived(cast.now)
    return case


def test_w001_an_item_refunded_takes_its_rebate_back() -> None:
    """The trap: only a refund of the whole order takes the voucher back.

    The value returns to the shop's marketing balance, not into the campaign (section 2.3).
    """
    cast = Cast()
    cast.campaign(threshold=20_000, rebate=3_000)
    order = cast.buy("ann", cast.product(solo=20_000, price=19_000))
    assert SettledShop.objects.get(name="tea").marketing_minor == 0
    refund(cast, order, scope="units", lines=((1, 1),))
    assert Voucher.objects.get().status == "reclaimed"
    assert SettledShop.objects.get(name="tea").marketing_minor == 3_000
    assert cast.state(order).payout_minor == 20_000


def test_w005_a_spent_voucher_is_withheld_and_shown_before() -> None:
    """The trap: the source refunded in full although its voucher is spent, or the buyer not told."""
    cast = Cast()
    cast.campaign(threshold=20_000, rebate=3_000)
    source = cast.buy("ann", cast.product(solo=20_000, price=19_000))
    using = arrived(cast, cast.buy("ann", cast.product(solo=8_000, price=7_000), voucher="best"))
    path = f"/orders/{public_id(source.pk)}/refund-quote"
    shown = Caller(cast, "ann").post(path, {"scope": "whole"}).json()
    assert (shown["cash_minor"], shown["withheld_minor"], shown["payout_minor"]) == (20_000, 3_000, 17_000)
    refund(cast, source)
    assert cast.state(source).payout_minor == 17_000
    assert MoneyOut.objects.get().amount_minor == 17_000
    assert (cast.state(using).status, cast.state(using).goods_left_minor) == ("received", 5_000)


def test_w007_a_part_is_a_part() -> None:
    """The trap: any refund makes the order `refunded`, and takes its units out of the sales."""
    cast = Cast()
    order = arrived(cast, cast.buy("ann", cast.product(solo=20_000, price=19_000)))
    before = ProductSales.objects.get()
    refund(cast, order, scope="amount", amount_minor=1_000)
    state = cast.state(order)
    assert (state.status, state.goods_left_minor, state.payout_minor) == ("received", 19_000, 1_000)
    after = ProductSales.objects.get()
    assert after.units == before.units


def test_w024_agreeing_twice_sends_once() -> None:
    """The trap: two clicks, and one more after a time-out, are three refunds."""
    cast = Cast()
    order = cast.buy("ann", cast.product(solo=10_000, price=9_000))
    case = ask(cast, order, scope="amount", amount_minor=392)
    sam = Caller(cast, "sam")
    first, second = (sam.post(f"/cases/{case}/agree") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    cast.send_money()
    assert sam.post(f"/cases/{case}/agree").json()["state"] == "refunded"
    cast.send_money()
    assert MoneyOut.objects.get().amount_minor == 392
    assert SandboxTrade.objects.filter(is_refund=True).count() == 1
    assert cast.state(order).payout_minor == 392


def test_w025_a_refund_that_the_provider_refuses_is_none() -> None:
    """The trap: the order looks refunded, and its voucher is gone, although no money went back."""
    cast = Cast()
    cast.campaign(threshold=12_000, rebate=1_500)
    order = cast.buy("ann", cast.product(solo=12_000, price=11_000))
    SandboxTrade.objects.update(refunds="declined")
    case = refund(cast, order)
    for _ in range(8):
        cast.later(hours=2)
        cast.send_money()
    desk.settle_arrived(cast.now)
    state = cast.state(order)
    assert (state.status, state.payout_minor, state.goods_left_minor) == ("confirmed", 0, 12_000)
    assert Voucher.objects.get().status == "frozen"
    assert Refund.objects.get().status == "open"
    for name in ("ann", "sam"):
        shown = Caller(cast, name).get(f"/cases/{case}").json()
        assert (shown["state"], shown["money"], shown["settled"]) == ("refunding", "failed", None)
        assert shown["problem"]


def test_w028_each_item_with_its_share_of_the_discount() -> None:
    """The trap: one unit goes back at its full price, without its share of the voucher."""
    cast = Cast()
    cast.campaign(threshold=10_000, rebate=1_000)
    tea = cast.product(solo=5_000, price=4_500)
    cast.buy("ann", tea, quantity=2)
    order = cast.buy("ann", tea, quantity=2, voucher="best")
    assert cast.state(order).goods_minor == 9_000
    refund(cast, order, scope="units", lines=((1, 1),))
    assert cast.state(order).payout_minor == 4_500
    refund(cast, order, scope="units", lines=((1, 1),))
    assert cast.state(order).payout_minor == 9_000


def test_w029_postage_is_not_added_twice() -> None:
    """The trap: postage on top of a figure that contains it; or paid back twice."""
    cast = Cast()
    tea = cast.product(solo=3_999, price=3_500, postage=750)
    whole, parts = cast.buy("ann", tea), arrived(cast, cast.buy("ann", tea))
    refund(cast, whole)
    assert cast.state(whole).payout_minor == 4_749
    refund(cast, parts, scope="amount", amount_minor=3_000)
    refund(cast, parts, scope="amount", amount_minor=99, postage_minor=750)
    assert cast.state(parts).payout_minor == 3_849
    with pytest.raises(Refused) as refused:
        ask(cast, parts, scope="amount", amount_minor=100, postage_minor=750)
    assert refused.value.refusal.code == "over_refund"
    refund(cast, parts)
    assert cast.state(parts).payout_minor == 4_749


def test_w032_the_provider_s_notice_of_our_own_refund_is_no_second_one() -> None:
    """The trap: the notice of a refund we asked for is booked as another."""
    cast = Cast()
    order = arrived(cast, cast.buy("ann", cast.product(solo=20_000, price=19_000)))
    refund(cast, order, scope="amount", amount_minor=5_000)
    trade = SandboxTrade.objects.get(is_refund=True)
    for number in ("n-1", "n-2"):
        headers, body = notice_of(out_word(trade), number=number)
        take_notice("sandbox", headers, body, now=cast.now)
    cast.send_money()
    state = cast.state(order)
    assert (state.status, state.payout_minor, state.goods_left_minor) == ("received", 5_000, 15_000)
    assert MoneyOut.objects.count() == Refund.objects.count() == 1
