"""One voucher on five orders at one moment; one checkout sent twice, one debt paid twice at one moment."""

from functools import partial
from typing import Any

import pytest

from pinback.checkout.actions import pay_debt
from pinback.checkout.models import Order
from pinback.checkout.refunds import RefundTerms, start_refund_within
from pinback.checkout.wallet import debt_to
from pinback.kit.ids import new_id, public_id
from pinback.kit.transactions import durable
from pinback.settlement.models import Campaign, Shop, Voucher
from pinback.settlement.models import Order as SettledOrder
from tests.races_market.crowd import at_once
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("open_market")]


def earned(cast: Cast) -> str:
    """A voucher that ann earned at tea; its code."""
    cast.campaign(threshold=5_000, rebate=2_000)
    cast.buy("ann", cast.product(title="Source"))
    return Voucher.objects.get().code


def test_w010_one_voucher_on_five_orders_of_two_shops() -> None:
    cast = Cast()
    cast.open_shop("silk", {"sun": "owner"})
    code = earned(cast)
    products = [cast.product(), cast.product("silk", staff="sun")]
    cast.actor("ann")
    answers = at_once([partial(cast.place, "ann", products[number % 2], voucher=code) for number in range(5)])
    placed = [answer for answer in answers if isinstance(answer, Order)]
    assert len(placed) == 1
    assert [answer for answer in answers if answer != placed[0]] == ["voucher_unavailable"] * 4
    assert SettledOrder.objects.exclude(voucher_code=None).count() == 1
    assert sorted(cast.stock(product) for product in products) == [99, 100]


def test_w009_one_checkout_sent_twice_is_one_order() -> None:
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

    def tap() -> Any:
        answer = ann.post("/orders", body, **{"Idempotency-Key": "tap"})
        return answer.status_code, answer.json()["order"]

    answers = at_once([tap] * 4)
    assert {status for status, _order in answers} == {201}
    assert len({order for _status, order in answers}) == 1
    assert cast.stock(tea) == 99


def test_w011_w054_the_last_vouchers_of_a_campaign() -> None:
    """A voucher that is taken back is not issued again (section 2.3), so a refund opens no further one."""
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000, quantity=10)
    tea = cast.product()
    orders = [cast.place(f"buyer{number}", tea) for number in range(13)]
    payments = [cast.start_paying(order) for order in orders]
    at_once([partial(cast.notice, payment) for payment in payments])
    states = [cast.state(order) for order in orders]
    assert [state.rebate for state in states].count("issued") == 10
    assert {state.reason for state in states if state.rebate != "issued"} == {"no_campaign"}
    assert Voucher.objects.count() == Campaign.objects.get().issued == 10
    assert Campaign.objects.get().balance_minor == 0


def test_a_debt_that_is_paid_twice_while_a_refund_lowers_it_is_recovered_once() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=5_000)
    source = cast.buy("ann", cast.product(solo=5_000, price=5_000))
    user = cast.buy("ann", cast.product(solo=9_000, price=9_000), voucher="best")
    refunded = durable(start_refund_within)
    refunded(source, public_id(new_id()), RefundTerms(amount_minor=1_000), now=cast.now)
    cast.send_money()
    ann, before = cast.actor("ann"), Shop.objects.get().marketing_minor
    payments = [pay_debt("tea", method, acting=ann, now=cast.now) for method in ("wechat", "debit_card")]
    assert [payment.amount_minor for payment in payments] == [4_000] * 2
    refund = partial(refunded, user, public_id(new_id()), RefundTerms(amount_minor=1_000), now=cast.now)
    at_once([*[partial(cast.notice, payment) for payment in payments], refund])
    while cast.send_money():
        pass
    assert debt_to("tea", ann.buyer) == 0
    assert Shop.objects.get().marketing_minor == before + 4_000
    for payment in payments:
        payment.refresh_from_db()
    assert sorted(payment.status for payment in payments) == ["succeeded", "unneeded"]
