"""Compensation within its limits and never for a review; reviews by who received what they speak of."""

import pytest

from pinback.checkout.models import Order
from pinback.delivery.actions import receive, ship
from pinback.desk import actions as desk
from pinback.desk.models import Compensation
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.payments.models import MoneyOut, SandboxTrade
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def arrived(cast: Cast, order: Order) -> Order:
    """The order is shipped and received."""
    id_ = public_id(order.pk)
    ship("tea", id_, carrier="sandbox", tracking=f"T{id_}", acting=cast.actor("walt"), now=cast.now)
    receive("tea", id_, acting=cast.actor("ann"), now=cast.now)
    return order


def give(cast: Cast, order: Order, amount: int, apology: str = "Sorry") -> Compensation:
    """Sam gives compensation, and it arrives."""
    given = desk.compensate(
        public_id(order.pk),
        amount,
        reason="late",
        apology=apology,
        acting=cast.actor("sam"),
        now=cast.now,
    )
    cast.send_money()
    return given


def refused(cast: Cast, order: Order, amount: int, apology: str = "Sorry") -> str:
    """The code with which compensation is refused."""
    with pytest.raises(Refused) as raised:
        give(cast, order, amount, apology)
    return raised.value.refusal.code


def test_compensation_is_settled_when_it_arrived_and_no_refund() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    give(cast, order, 500)
    state = cast.state(order)
    assert (state.compensated_minor, state.payout_minor, state.status) == (500, 0, "confirmed")
    assert cast.send_money() == 0
    assert MoneyOut.objects.get().amount_minor == 500


def test_compensation_that_the_provider_refuses_is_not_settled() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    SandboxTrade.objects.update(refunds="declined")
    give(cast, order, 500)
    for _ in range(8):
        cast.later(hours=2)
        cast.send_money()
    assert cast.state(order).compensated_minor == 0
    (shown,) = Caller(cast, "ann").get(f"/orders/{public_id(order.pk)}/compensations").json()
    assert (shown["money"], shown["amount_minor"]) == ("failed", 500)


def test_limits_for_an_order_and_a_day() -> None:
    cast = Cast()
    tea = cast.product(solo=60_000, price=50_000)
    first, second = cast.buy("ann", tea), cast.buy("bob", tea)
    olive, sam = Caller(cast, "olive"), Caller(cast, "sam")
    limits = {"order_minor": 1_000, "day_minor": 1_500, "version": 1}
    path = "/shops/tea/compensation-limits"
    assert sam.put(path, limits).status_code == 403
    assert Caller(cast, "bob").put(path, limits).status_code == 404
    assert olive.put(path, limits).json() == {**limits, "version": 2}
    assert olive.put(path, limits).status_code == 409
    assert sam.get(path).json()["day_minor"] == 1_500
    give(cast, first, 600)
    assert refused(cast, first, 401) == "above_order_limit"
    give(cast, first, 400)
    assert refused(cast, second, 501) == "above_day_limit"
    cast.later(days=1)
    give(cast, second, 1_000)
    assert [cast.state(order).compensated_minor for order in (first, second)] == [1_000, 1_000]


def test_not_more_than_was_paid_and_not_for_a_review() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(solo=2_000, price=1_000))
    assert refused(cast, order, 2_001) == "over_refund"
    assert refused(cast, order, 100, "Give us five stars 好评") == "tied_to_review"
    assert Compensation.objects.count() == MoneyOut.objects.count() == 0


def test_who_may_give() -> None:
    cast = Cast()
    id_ = public_id(cast.buy("ann", cast.product()).pk)
    body = {"amount_minor": 100, "reason": "late", "apology": "Sorry"}
    answers = {
        name: Caller(cast, name).post(f"/orders/{id_}/compensations", body).status_code
        for name in ("ann", "bob", "walt", "faye", "opal", "sam")
    }
    assert answers == {"ann": 404, "bob": 404, "walt": 403, "faye": 403, "opal": 403, "sam": 201}


def test_reviews() -> None:
    cast = Cast()
    tea = cast.product()
    order = cast.buy("ann", tea)
    path, ann = f"/orders/{public_id(order.pk)}/reviews", Caller(cast, "ann")
    said = {"line": 1, "stars": 4, "text": "Fine."}
    assert ann.post(path, said).json()["code"] == "not_reviewable"
    arrived(cast, order)
    assert Caller(cast, "bob").post(path, said).status_code == 404
    assert Caller(cast, "sam").post(path, said).status_code == 404
    assert ann.post(path, {**said, "stars": 6}).status_code == 422
    assert ann.post(path, {**said, "line": 2}).json()["code"] == "unknown_line"
    assert ann.post(path, said).status_code == 201
    assert ann.post(path, said).json()["code"] == "already_reviewed"
    second = arrived(cast, cast.buy("ann", tea))
    ann.post(f"/orders/{public_id(second.pk)}/reviews", {**said, "stars": 5})
    shown = Caller(cast, None).get(f"/products/{public_id(tea.pk)}/reviews").json()
    assert (shown["count"], shown["average"]) == (2, 4.5)
    assert {row["name"] for row in shown["items"]} == {"A**"}


def test_what_was_refunded_in_full_is_not_reviewed() -> None:
    cast = Cast()
    order = arrived(cast, cast.buy("ann", cast.product()))
    id_ = public_id(order.pk)
    case = desk.open_case(id_, desk.Asked(), acting=cast.actor("ann"), now=cast.now)
    desk.agree(public_id(case.pk), acting=cast.actor("sam"), now=cast.now)
    cast.send_money()
    with pytest.raises(Refused) as raised:
        desk.review(id_, 1, 5, "", acting=cast.actor("ann"), now=cast.now)
    assert raised.value.refusal.code == "not_reviewable"
