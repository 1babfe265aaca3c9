"""Cases from asking to the money: deadlines, access, the operator, money that is refused, clicks that come
twice.
"""

from io import BytesIO
from pathlib import Path

import pytest
from django.test import override_settings
from PIL import Image

from pinback.accounts.queries import Forbidden
from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.delivery.actions import receive, ship
from pinback.desk import actions as desk
from pinback.desk.models import Case
from pinback.desk.queries import history_of, money_of, state_of_case
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.kit.transactions import durable
from pinback.payments.models import MoneyOut, SandboxTrade
from pinback.settlement.models import Refund, Voucher
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

RETURN = desk.Asked(kind="return_and_refund")


def arrived(cast: Cast, order: Order) -> Order:
    """The order is shipped and received."""
    id_ = public_id(order.pk)
    ship("tea", id_, carrier="sandbox", tracking=f"T{id_}", acting=cast.actor("walt"), now=cast.now)
    receive("tea", id_, acting=cast.actor("ann"), now=cast.now)
    return order


def ask(cast: Cast, order: Order, asked: desk.Asked = desk.Asked()) -> str:  # noqa: B008 - it is frozen
    """Ann opens a case; its public id."""
    opened = desk.open_case(public_id(order.pk), asked, acting=cast.actor("ann"), now=cast.now)
    return public_id(opened.pk)


def state(case: str) -> str:
    """The state of a case now."""
    return state_of_case(found(case))


def found(case: str) -> Case:
    """The case now."""
    return next(one for one in Case.objects.select_related("shop") if public_id(one.pk) == case)


def settled(case: str) -> str:
    """The status of the refund in settlement."""
    return Refund.objects.get(key=f"tea/{case}").status


def test_opening_freezes_and_withdrawing_thaws() -> None:
    cast = Cast()
    cast.campaign()
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    assert (state(case), settled(case), Voucher.objects.get().status) == (
        "waiting_for_shop",
        "open",
        "frozen",
    )
    with pytest.raises(Conflict) as refused:
        ask(cast, order)
    assert refused.value.refusal.code == "case_open"
    for _ in range(2):
        desk.withdraw(case, acting=cast.actor("ann"), now=cast.now)
    assert (state(case), settled(case), Voucher.objects.get().status) == ("withdrawn", "closed", "available")
    assert [(change.before, change.after) for change in history_of(cast.actor("ann"), case)] == [
        ("", "waiting_for_shop"),
        ("waiting_for_shop", "withdrawn"),
    ]
    assert state(ask(cast, order)) == "waiting_for_shop"


def test_a_silent_shop_agrees_after_48_hours() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    cast.later(hours=47)
    assert desk.act_on_deadlines(cast.now) == 0
    cast.later(hours=1)
    assert desk.act_on_deadlines(cast.now) == 1
    assert desk.act_on_deadlines(cast.now) == 0
    assert (found(case).state, money_of(found(case))[0]) == ("refunding", "on_its_way")
    cast.send_money()
    assert state(case) == "refunded"
    assert desk.settle_arrived(cast.now) == 1
    assert desk.settle_arrived(cast.now) == 0
    assert found(case).closed_at == cast.now
    assert cast.state(order).payout_minor == 6_000


def test_what_is_settled_comes_to_nothing_more() -> None:
    cast = Cast()
    case = ask(cast, cast.buy("ann", cast.product()))
    ann = Caller(cast, "ann")
    assert ann.get(f"/cases/{case}/quote").json()["payout_minor"] == 6_000
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    cast.send_money()
    answer = ann.get(f"/cases/{case}/quote")
    assert (answer.status_code, answer.json()["code"]) == (409, "settled_already")


def test_a_silent_shop_agrees_to_a_return_and_a_silent_buyer_lapses() -> None:
    cast = Cast()
    case = ask(cast, arrived(cast, cast.buy("ann", cast.product())), RETURN)
    cast.later(hours=48)
    desk.act_on_deadlines(cast.now)
    assert state(case) == "waiting_for_return"
    cast.later(days=7)
    desk.act_on_deadlines(cast.now)
    assert (state(case), settled(case)) == ("lapsed", "closed")
    assert MoneyOut.objects.count() == 0


def test_a_returned_parcel_that_nobody_confirms_is_refunded() -> None:
    cast = Cast()
    order = arrived(cast, cast.buy("ann", cast.product()))
    case = ask(cast, order, RETURN)
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    cast.later(days=1)
    desk.send_back(case, "sf-express", "SF1", acting=cast.actor("ann"), now=cast.now)
    cast.later(days=6, hours=23)
    assert desk.act_on_deadlines(cast.now) == 0
    cast.later(hours=1)
    assert desk.act_on_deadlines(cast.now) == 1
    cast.send_money()
    assert state(case) == "refunded"
    assert cast.state(order).payout_minor == 6_000


def test_a_shop_that_refused_agrees_after_all() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    desk.refuse(case, "A slip of the key.", acting=cast.actor("sam"), now=cast.now)
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    cast.send_money()
    assert state(case) == "refunded"
    assert cast.state(order).payout_minor == 6_000


def test_who_refused_what_came_back_pays_without_another_return() -> None:
    cast = Cast()
    case = ask(cast, arrived(cast, cast.buy("ann", cast.product())), RETURN)
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    desk.send_back(case, "sf-express", "SF1", acting=cast.actor("ann"), now=cast.now)
    desk.refuse(case, "Worn.", acting=cast.actor("sam"), now=cast.now)
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    assert state(case) == "refunding"


def test_a_shop_that_refused_a_return_agrees_to_it_after_all() -> None:
    cast = Cast()
    case = ask(cast, arrived(cast, cast.buy("ann", cast.product())), RETURN)
    desk.refuse(case, "No.", acting=cast.actor("sam"), now=cast.now)
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    assert state(case) == "waiting_for_return"


def test_what_the_platform_decides_the_shop_cannot_agree_to_any_more() -> None:
    cast = Cast()
    case = ask(cast, cast.buy("ann", cast.product()))
    desk.refuse(case, "No.", acting=cast.actor("sam"), now=cast.now)
    desk.escalate(case, acting=cast.actor("ann"), now=cast.now)
    with pytest.raises(Conflict):
        desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    assert state(case) == "with_operator"


def test_a_refused_case_lapses_after_three_days() -> None:
    cast = Cast()
    case = ask(cast, cast.buy("ann", cast.product()))
    desk.refuse(case, "It is as described.", acting=cast.actor("sam"), now=cast.now)
    assert (state(case), settled(case)) == ("refused", "open")
    cast.later(days=3)
    assert desk.act_on_deadlines(cast.now) == 1
    assert (state(case), settled(case)) == ("lapsed", "closed")
    with pytest.raises(Conflict):
        desk.escalate(case, acting=cast.actor("ann"), now=cast.now)


@pytest.mark.parametrize(("amount", "paid"), [(None, 6_000), (2_500, 2_500)])
def test_the_operator_decides_for_the_buyer(amount: int | None, paid: int) -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    desk.refuse(case, "No.", acting=cast.actor("sam"), now=cast.now)
    desk.escalate(case, acting=cast.actor("ann"), now=cast.now)
    opal = cast.actor("opal")
    with pytest.raises(Refused) as refused:
        desk.decide(case, for_buyer=True, amount_minor=6_001, acting=opal, now=cast.now)
    assert refused.value.refusal.code == "above_asked"
    for _ in range(2):
        desk.decide(case, for_buyer=True, amount_minor=amount, acting=opal, now=cast.now)
        cast.send_money()
    assert state(case) == "refunded"
    assert cast.state(order).payout_minor == paid
    assert MoneyOut.objects.count() == 1


def test_the_operator_decides_for_the_shop() -> None:
    cast = Cast()
    case = ask(cast, cast.buy("ann", cast.product()))
    desk.refuse(case, "No.", acting=cast.actor("sam"), now=cast.now)
    desk.escalate(case, acting=cast.actor("ann"), now=cast.now)
    desk.decide(case, for_buyer=False, acting=cast.actor("opal"), now=cast.now)
    assert (state(case), settled(case)) == ("rejected", "closed")


def test_before_the_deal_only_all_of_it_and_it_means_leaving() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product(), kind="open", quantity=2)
    with pytest.raises(Refused) as refused:
        ask(cast, order, desk.Asked(scope="units", lines=((1, 1),)))
    assert refused.value.refusal.code == "whole_only"
    case = ask(cast, order)
    cast.send_money()
    assert state(case) == "refunded"
    assert (cast.state(order).status, cast.state(order).payout_minor) == ("refunded", 10_000)


def test_other_money_goes_first_and_the_case_is_tried_again() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    desk.compensate(
        public_id(order.pk), 500, reason="late", apology="Sorry", acting=cast.actor("sam"), now=cast.now
    )
    case = ask(cast, order, desk.Asked(scope="amount", amount_minor=5_000))
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    assert (state(case), money_of(found(case))[0]) == ("refunding", "waiting")
    cast.send_money()
    cast.later(minutes=5)
    assert desk.act_on_deadlines(cast.now) == 1
    cast.send_money()
    assert state(case) == "refunded"


def test_the_quote_is_what_is_settled_and_writes_nothing() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product()
    source = cast.buy("ann", tea)
    cast.buy("ann", tea, voucher="best")
    id_ = public_id(source.pk)
    quotes = [desk.quote(id_, desk.Asked(), acting=cast.actor(name), now=cast.now) for name in ("ann", "sam")]
    assert Refund.objects.count() == Case.objects.count() == 0
    assert quotes[0] == quotes[1]
    case = ask(cast, source)
    assert desk.quote_case(case, acting=cast.actor("sam"), now=cast.now) == quotes[0]
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    cast.send_money()
    refund = Refund.objects.get(key=f"tea/{case}")
    assert (refund.cash_minor, refund.withheld_minor) == (quotes[0].cash_minor, quotes[0].withheld_minor)
    assert cast.state(source).payout_minor == quotes[0].payout_minor == 5_000


def test_nothing_that_was_not_shipped_can_be_returned() -> None:
    cast = Cast()
    with pytest.raises(Refused) as refused:
        ask(cast, cast.buy("ann", cast.product()), RETURN)
    assert refused.value.refusal.code == "nothing_to_return"


@pytest.mark.parametrize(
    "asked",
    [
        desk.Asked(scope="units"),
        desk.Asked(scope="amount"),
        desk.Asked(scope="whole", amount_minor=5),
        desk.Asked(scope="amount", amount_minor=6_001),
        desk.Asked(reason="because"),
    ],
)
def test_what_cannot_be_asked_leaves_nothing(asked: desk.Asked) -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    with pytest.raises(Refused):
        ask(cast, order, asked)
    assert cast.state(order).open_refunds == 0


def test_who_may_do_what() -> None:
    cast = Cast()
    cast.open_shop("silk", {"sven": "owner"})
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    for name in ("bob", "sven"):
        with pytest.raises(NotFound):
            desk.agree(case, acting=cast.actor(name), now=cast.now)
    for name in ("walt", "mary", "faye", "opal"):
        with pytest.raises(Forbidden):
            desk.agree(case, acting=cast.actor(name), now=cast.now)
    with pytest.raises(NotFound):
        desk.withdraw(case, acting=cast.actor("sam"), now=cast.now)
    with pytest.raises(NotFound):
        desk.decide(case, for_buyer=True, acting=cast.actor("olive"), now=cast.now)
    with pytest.raises(NotFound):
        desk.open_case(public_id(order.pk), desk.Asked(), acting=cast.actor("olive"), now=cast.now)
    assert state(case) == "waiting_for_shop"


def test_over_the_api() -> None:
    cast = Cast()
    order = public_id(arrived(cast, cast.buy("ann", cast.product())).pk)
    ann, bob, sam, walt = (Caller(cast, name) for name in ("ann", "bob", "sam", "walt"))
    assert ann.post(f"/orders/{order}/refund-quote", {"scope": "whole"}).json()["payout_minor"] == 6_000
    assert walt.post(f"/orders/{order}/refund-quote", {"scope": "whole"}).status_code == 403
    opened = ann.post(
        f"/orders/{order}/cases",
        {"kind": "return_and_refund", "scope": "amount", "amount_minor": 1_000, "reason": "damaged"},
    )
    assert opened.status_code == 201, opened.content
    case = opened.json()["case"]
    for path in ("", "/history", "/quote"):
        assert bob.get(f"/cases/{case}{path}").status_code == 404
        assert ann.get(f"/cases/{case}{path}").status_code == 200
        assert sam.get(f"/cases/{case}{path}").status_code == 200
    for action, body in (("agree", {}), ("refuse", {"reason": "no"}), ("confirm-return", {})):
        assert bob.post(f"/cases/{case}/{action}", body).status_code == 404
        assert walt.post(f"/cases/{case}/{action}", body).status_code == 403
    decision = {"decision": "agree"}
    assert sam.post(f"/cases/{case}/decision", decision).status_code == 404
    assert [row["case"] for row in sam.get("/shops/tea/cases").json()["items"]] == [case]
    assert sam.get("/shops/tea/cases?kind=refund_only").json()["items"] == []
    assert bob.get("/shops/tea/cases").status_code == 404
    assert walt.get("/shops/tea/cases").status_code == 403
    assert sam.get("/operator/cases").status_code == 404
    assert sam.post(f"/cases/{case}/agree").json()["state"] == "waiting_for_return"
    sent = ann.post(f"/cases/{case}/return", {"carrier": "sf", "tracking": "1"})
    assert sent.json()["state"] == "returning"
    assert sam.post(f"/cases/{case}/confirm-return").json()["money"] == "on_its_way"
    cast.send_money()
    shown = ann.get(f"/cases/{case}").json()
    assert (shown["state"], shown["money"], shown["settled"]["cash_minor"]) == ("refunded", "arrived", 1_000)
    assert ann.get("/cases").json()["items"][0]["case"] == case
    assert ann.get(f"/orders/{order}/cases").json()[0]["case"] == case


def test_the_operators_queue_and_pages_by_deadline() -> None:
    cast = Cast()
    tea = cast.product()
    cases = []
    for _ in range(3):
        cases.append(ask(cast, cast.buy("ann", tea)))
        cast.later(hours=1)
    sam, opal = Caller(cast, "sam"), Caller(cast, "opal")
    desk.refuse(cases[0], "No.", acting=cast.actor("sam"), now=cast.now)
    seen, path = [], "/shops/tea/cases?limit=1"
    while path:
        page = sam.get(path).json()
        seen += [row["case"] for row in page["items"]]
        path = f"/shops/tea/cases?limit=1&cursor={page['next']}" if page["next"] else ""
    assert seen == [cases[1], cases[2], cases[0]]
    desk.escalate(cases[0], acting=cast.actor("ann"), now=cast.now)
    assert [row["case"] for row in opal.get("/operator/cases").json()["items"]] == [cases[0]]
    decided = opal.post(f"/cases/{cases[0]}/decision", {"decision": "reject", "note": "as described"})
    assert decided.json()["state"] == "rejected"


def test_six_photos_and_only_photos(tmp_path: Path) -> None:
    cast = Cast()
    case = ask(cast, cast.buy("ann", cast.product()))
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    ann = cast.actor("ann")
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        with pytest.raises(Refused) as refused:
            desk.add_photo(case, b"no picture", acting=ann, now=cast.now)
        assert refused.value.refusal.code == "not_a_picture"
        for _ in range(6):
            desk.add_photo(case, file.getvalue(), acting=ann, now=cast.now)
        with pytest.raises(Refused) as refused:
            desk.add_photo(case, file.getvalue(), acting=ann, now=cast.now)
        assert refused.value.refusal.code == "too_many"
        with pytest.raises(NotFound):
            desk.add_photo(case, file.getvalue(), acting=cast.actor("sam"), now=cast.now)
    assert len(Caller(cast, "sam").get(f"/cases/{case}").json()["photos"]) == 6


def test_money_that_fails_is_seen_on_the_case() -> None:
    cast = Cast()
    case = ask(cast, cast.buy("ann", cast.product()))
    SandboxTrade.objects.update(refunds="declined")
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    for _ in range(8):
        cast.later(hours=2)
        cast.send_money()
    shown = Caller(cast, "ann").get(f"/cases/{case}").json()
    assert (shown["state"], shown["money"]) == ("refunding", "failed")
    assert shown["problem"]
    with pytest.raises(Conflict):
        desk.withdraw(case, acting=cast.actor("ann"), now=cast.now)


def test_what_cannot_be_refunded_any_more_goes_to_the_operator() -> None:
    cast = Cast()
    order = cast.buy("ann", cast.product())
    case = ask(cast, order)
    durable(start_refund_within)(order, public_id(new_id()), EVERYTHING, now=cast.now)
    cast.send_money()
    cast.later(hours=48)
    assert desk.act_on_deadlines(cast.now) == 1
    assert (state(case), settled(case)) == ("with_operator", "open")
    assert desk.act_on_deadlines(cast.now) == 0
    desk.decide(case, for_buyer=False, acting=cast.actor("opal"), now=cast.now)
    assert (state(case), settled(case)) == ("rejected", "closed")
    assert cast.state(order).payout_minor == 6_000


def test_money_that_bounced_is_seen_on_the_case() -> None:
    cast = Cast()
    case = ask(cast, cast.buy("ann", cast.product()))
    desk.agree(case, acting=cast.actor("sam"), now=cast.now)
    cast.send_money()
    MoneyOut.objects.update(status="bounced", problem="account closed")
    shown = Caller(cast, "ann").get(f"/cases/{case}").json()
    assert (shown["state"], shown["money"], shown["problem"]) == ("refunded", "bounced", "account closed")
