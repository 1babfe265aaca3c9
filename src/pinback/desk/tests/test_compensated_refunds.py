"""A refund after a compensation: together they give back what was paid and not more, and the shop has back
what the buyer was given before (ADR 0047).
"""

import pytest
from django.db.models import Sum

from pinback.checkout.models import Deduction, Order
from pinback.checkout.refunds import EVERYTHING, RefundTerms, preview_refund, start_refund_within
from pinback.delivery.actions import receive, ship
from pinback.desk import actions as desk
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Refused
from pinback.kit.transactions import durable
from pinback.marketing import actions as marketing
from pinback.marketing.funds import statement
from pinback.marketing.funds.balances import below_zero, standing_of
from pinback.marketing.funds.statement import DEDUCTION, Filter
from pinback.payments.models import Anomaly, MoneyOut, Payment
from pinback.settlement.audit import audit
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.models import Voucher
from tests.support.calling import Caller
from tests.support.cast import Cast

PAID = 6_000

start = durable(start_refund_within)


@pytest.fixture(autouse=True)
def _clean(market: str) -> object:
    """Whatever a test did: the audit finds nothing, and no payment gave back more than came in."""
    yield
    assert list(audit(using="default")) == []
    assert not Anomaly.objects.exists()
    assert not MoneyOut.objects.exclude(status="confirmed").exists()


def give(cast: Cast, order: Order, amount: int) -> None:
    """The shop compensates, and the money arrives."""
    desk.compensate(
        public_id(order.pk), amount, reason="late", apology="Sorry", acting=cast.actor("sam"), now=cast.now
    )
    cast.send_money()


def refund(cast: Cast, order: Order, terms: RefundTerms = EVERYTHING) -> None:
    """A refund goes out and arrives."""
    start(order, public_id(new_id()), terms, now=cast.now)
    cast.send_money()


def went_out(order: Order) -> int:
    """All that was sent for an order, in parts or whole."""
    out = MoneyOut.objects.filter(terms__order=order.key)
    return sum(one.amount_minor + (one.parts.aggregate(n=Sum("amount_minor"))["n"] or 0) for one in out)


def sales(cast: Cast) -> int:
    """What the shop has of its sales."""
    return standing_of(cast.shops["tea"]).balances["sales"].balance_minor


@pytest.mark.parametrize("given", [1, 500, PAID - 1, PAID])
def test_everything_refunded_after_a_compensation_leaves_everybody_where_they_were(given: int) -> None:
    cast = Cast()
    _limits(cast)
    order = cast.buy("ann", cast.product(solo=PAID))
    give(cast, order, given)
    shown = preview_refund(order, EVERYTHING, now=cast.now)
    assert (shown.cash_minor, shown.deducted_minor, shown.payout_minor) == (PAID, given, PAID - given)
    refund(cast, order)
    assert cast.state(order).status == "refunded"
    assert went_out(order) == PAID
    assert sales(cast) == 0
    payment = Payment.objects.get()
    assert payment.received_minor == payment.returned_minor == PAID


@pytest.mark.parametrize(
    ("first", "deducted"),
    [(PAID - 500, 0), (PAID - 499, 1), (PAID - 1, 499)],
)
def test_a_part_is_reduced_only_by_what_would_be_too_much(first: int, deducted: int) -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(solo=PAID))
    give(cast, order, 500)
    shown = preview_refund(order, RefundTerms(amount_minor=first), now=cast.now)
    assert (shown.deducted_minor, shown.payout_minor) == (deducted, first - deducted)
    refund(cast, order, RefundTerms(amount_minor=first))
    assert went_out(order) == 500 + first - deducted
    refund(cast, order)
    # What was left, less what the first refund had not been reduced by yet.
    assert went_out(order) == PAID
    assert sum(Deduction.objects.values_list("amount_minor", flat=True)) == 500
    assert sales(cast) == 0


def test_a_refund_that_nothing_is_left_of_is_settled_at_once() -> None:
    cast = Cast()
    _limits(cast)
    order = cast.buy("ann", cast.product(solo=PAID))
    give(cast, order, PAID)
    started = start(order, public_id(new_id()), EVERYTHING, now=cast.now)
    assert (started.money_out, started.preview.payout_minor) == (None, 0)
    assert cast.state(order).status == "refunded"
    assert (went_out(order), sales(cast)) == (PAID, 0)


def test_the_other_way_round_the_same_bound_holds() -> None:
    cast = Cast()
    _limits(cast)
    order = cast.buy("ann", cast.product(solo=PAID))
    refund(cast, order, RefundTerms(amount_minor=PAID - 500))
    with pytest.raises(Refused) as raised:
        give(cast, order, 501)
    assert raised.value.refusal.code == "over_refund"
    give(cast, order, 500)
    assert preview_refund(order, EVERYTHING, now=cast.now).deducted_minor == 500
    refund(cast, order)
    assert (went_out(order), sales(cast)) == (PAID, 0)


def test_postage_is_reached_too() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(solo=PAID, postage=800))
    give(cast, order, 500)
    shown = preview_refund(order, EVERYTHING, now=cast.now)
    assert (shown.cash_minor, shown.payout_minor) == (PAID + 800, PAID + 300)
    refund(cast, order)
    assert (went_out(order), sales(cast)) == (PAID + 800, 0)


def test_what_is_withheld_is_not_deducted_again() -> None:
    cast = Cast()
    _limits(cast)
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product(solo=PAID)
    source = cast.buy("ann", tea)
    user = cast.buy("ann", tea, voucher="best")
    give(cast, source, PAID)
    shown = preview_refund(source, EVERYTHING, now=cast.now)
    # Of 6,000 withheld are 1,000; no more than the rest can be kept, and nothing goes out.
    assert (shown.withheld_minor, shown.deducted_minor, shown.payout_minor) == (1_000, 5_000, 0)
    refund(cast, source)
    assert went_out(source) == PAID
    assert Voucher.objects.get(source_key=source.key).left_minor == 0
    # What is left of the compensation comes off what the buyer bought back, when the other order is refunded.
    shown = preview_refund(user, EVERYTHING, now=cast.now)
    assert (shown.cash_minor, shown.bought_back_minor, shown.deducted_minor) == (5_000, 1_000, 1_000)
    refund(cast, user)
    assert went_out(source) + went_out(user) == 11_000
    assert sales(cast) == 0


def test_it_comes_off_at_another_shop_and_returns_to_the_one_that_gave_it() -> None:
    cast = Cast()
    cast.open_shop("oil", {"otto": "owner"})
    _limits(cast)
    cast.campaign(threshold=5_000, rebate=1_000)
    source = cast.buy("ann", cast.product(solo=PAID))
    user = cast.buy("ann", cast.product("oil", solo=PAID, staff="otto"), voucher="best")
    give(cast, source, PAID)
    refund(cast, source)
    refund(cast, user)
    assert went_out(source) + went_out(user) == 11_000
    balances = {name: standing_of(shop).balances["sales"].balance_minor for name, shop in cast.shops.items()}
    assert balances == {"tea": 0, "oil": 0}
    lines = statement.statement(cast.shops["tea"], Filter("sales"))[0]
    told = [(line.amount_minor, line.order, line.event) for line in lines if line.what == DEDUCTION]
    # Tea is not told of the order at the other shop.
    assert told[0] == (1_000, public_id(source.pk), "")
    assert told[1][:2] == (5_000, public_id(source.pk))


def test_what_was_bought_back_is_paid_in_full() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product(solo=PAID)
    source = cast.buy("ann", tea)
    user = cast.buy("ann", tea, voucher="best")
    refund(cast, source)
    give(cast, user, 300)
    shown = preview_refund(user, EVERYTHING, now=cast.now)
    assert (shown.cash_minor, shown.bought_back_minor, shown.deducted_minor) == (5_000, 1_000, 300)
    assert shown.payout_minor == 5_700
    refund(cast, user)
    # Both orders together: all that was paid for them.
    assert went_out(source) + went_out(user) == 11_000
    assert sales(cast) == 0


def test_it_is_noted_when_the_refund_is_settled_and_once() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(solo=PAID))
    give(cast, order, 500)
    start(order, public_id(new_id()), EVERYTHING, now=cast.now)
    assert not Deduction.objects.exists()
    assert sales(cast) == -500
    cast.send_money()
    assert Deduction.objects.get().amount_minor == 500
    cast.send_money()
    assert Deduction.objects.count() == 1


def test_the_statement_and_the_pages_show_it() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(solo=PAID))
    give(cast, order, 500)
    ann = Caller(cast, "ann")
    id_ = public_id(order.pk)
    asked = {"scope": "whole"}
    quoted = ann.post(f"/orders/{id_}/refund-quote", asked).json()
    assert (quoted["deducted_minor"], quoted["payout_minor"]) == (500, 5_500)
    refund(cast, order)
    (line,) = [
        line for line in statement.statement(cast.shops["tea"], Filter("sales"))[0] if line.what == DEDUCTION
    ]
    assert (line.amount_minor, line.balance_minor, line.order) == (500, 0, id_)
    assert [one.balance_minor for one in statement.all_lines(cast.shops["tea"], Filter("sales"))][-1] == 0
    assert statement.statement(cast.shops["tea"], Filter("marketing"))[0] == []
    shown = ann.get(f"/orders/{id_}").json()
    assert (shown["refunds"][0]["deducted_minor"], shown["paid_out_minor"]) == (500, 5_500)


def test_no_shop_owes_what_a_refund_went_out_less_by() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(solo=PAID))
    opal = Caller(cast, "opal")
    give(cast, order, 500)
    assert opal.get("/operator/overview").json()["shops_in_debt"] == 1
    refund(cast, order)
    assert SettledShop.objects.get(name="tea").sales_minor == -500
    assert opal.get("/operator/overview").json()["shops_in_debt"] == 0
    (shown,) = opal.get("/operator/shops").json()["items"]
    assert (shown["sales_minor"], shown["marketing_minor"]) == (0, 0)
    assert list(below_zero(SettledShop.objects.all())) == []


def test_a_shop_that_was_paid_what_was_refunded_later_owes_it() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(solo=PAID))
    id_ = public_id(order.pk)
    ship("tea", id_, carrier="sandbox", tracking="T1", acting=cast.actor("walt"), now=cast.now)
    receive("tea", id_, acting=cast.actor("ann"), now=cast.now)
    asked = marketing.request_payout("tea", "sales", PAID, acting=cast.actor("faye"), now=cast.now)
    marketing.mark_paid(public_id(asked.pk), note="bank", acting=cast.actor("opal"), now=cast.now)
    refund(cast, order)
    # Settlement knows of no payout: to it the shop has nothing and owes nothing.
    assert SettledShop.objects.get(name="tea").sales_minor == 0
    assert sales(cast) == -PAID
    opal = Caller(cast, "opal")
    assert opal.get("/operator/overview").json()["shops_in_debt"] == 1
    (shown,) = opal.get("/operator/shops").json()["items"]
    assert shown["sales_minor"] == -PAID


def _limits(cast: Cast) -> None:
    """The shop's staff may give more than usual."""
    desk.set_limits(
        "tea", order_minor=100_000, day_minor=100_000, version=1, acting=cast.actor("olive"), now=cast.now
    )
