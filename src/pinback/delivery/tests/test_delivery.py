"""Parcels: what ships an order, what does not, who receives it, and what carriers may say."""

import json
from datetime import timedelta
from typing import Any

import pytest

from pinback.accounts.queries import Forbidden
from pinback.delivery import actions, bulk, queries
from pinback.delivery.carriers.contract import CarrierWord, Forged
from pinback.delivery.carriers.sandbox import secret
from pinback.delivery.carriers.signed import signature_of
from pinback.delivery.models import CarrierEvent, Parcel
from pinback.delivery.rules import PARCEL, after_word
from pinback.kit.ids import public_id
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.settlement.models import ProductSales
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


@pytest.fixture
def cast(market: str) -> Cast:
    return Cast()


def ship(cast: Cast, order: Any, *, staff: str = "walt", tracking: str = "T1", shop: str = "tea") -> Parcel:
    return actions.ship(
        shop,
        public_id(order.pk),
        carrier="sandbox",
        tracking=tracking,
        acting=cast.actor(staff),
        now=cast.now,
    )


def test_the_first_parcel_ships_the_order_and_further_ones_go_with_it(cast: Cast) -> None:
    order = cast.buy("ann", cast.product())
    ship(cast, order)
    assert cast.state(order).status == "shipped"
    ship(cast, order, tracking="T2")
    assert [parcel.tracking for parcel in queries.parcels_of([order.key])[order.key]] == ["T1", "T2"]
    with pytest.raises(Refused, match="already_exists"):
        ship(cast, order, tracking="T2")


def test_an_order_in_a_forming_group_is_not_shipped(cast: Cast) -> None:
    order = cast.buy("ann", cast.product(), kind="open")
    with pytest.raises(Refused, match="wrong_state"):
        ship(cast, order)
    assert cast.state(order).status == "paid"
    assert not Parcel.objects.exists()


@pytest.mark.parametrize(("who", "error"), [("sam", Forbidden), ("faye", Forbidden), ("bob", NotFound)])
def test_who_may_not_ship(cast: Cast, who: str, error: type[Exception]) -> None:
    order = cast.buy("ann", cast.product())
    with pytest.raises(error):
        ship(cast, order, staff=who)
    assert cast.state(order).status == "confirmed"


def test_the_buyer_receives_once_and_only_what_was_shipped(cast: Cast) -> None:
    goods = cast.product()
    order = cast.buy("ann", goods)
    buyer, id_ = cast.actor("ann"), public_id(order.pk)
    with pytest.raises(Refused, match="wrong_state"):
        actions.receive("tea", id_, acting=buyer, now=cast.now)
    ship(cast, order)
    with pytest.raises(NotFound):
        actions.receive("tea", id_, acting=cast.actor("bob"), now=cast.now)
    actions.receive("tea", id_, acting=buyer, now=cast.now)
    actions.receive("tea", id_, acting=buyer, now=cast.now)
    assert cast.state(order).status == "received"
    assert ProductSales.objects.get(key=f"tea/{public_id(goods.pk)}").units == 1


def test_nobody_says_anything_for_ten_days(cast: Cast) -> None:
    order = cast.buy("ann", cast.product())
    ship(cast, order)
    assert actions.receive_due(cast.later(days=9, hours=23)) == 0
    assert actions.receive_due(cast.later(hours=1)) == 1
    assert cast.state(order).status == "received"
    assert actions.receive_due(cast.later(days=1)) == 0


def test_a_reissue_is_no_second_sale(cast: Cast) -> None:
    goods = cast.product()
    order = cast.buy("ann", goods)
    id_ = public_id(order.pk)
    terms = {"carrier": "sandbox", "what": "the lid", "acting": cast.actor("walt"), "now": cast.now}
    with pytest.raises(Refused, match="wrong_state"):
        actions.reissue("tea", id_, tracking="R1", **terms)  # type: ignore[arg-type]
    ship(cast, order)
    actions.receive("tea", id_, acting=cast.actor("ann"), now=cast.now)
    actions.reissue("tea", id_, tracking="R1", **terms)  # type: ignore[arg-type]
    assert ProductSales.objects.get(key=f"tea/{public_id(goods.pk)}").units == 1
    assert [parcel.kind for parcel in queries.parcels_of([order.key])[order.key]] == ["goods", "reissue"]


def test_the_sandbox_carrier_moves_by_the_clock(cast: Cast) -> None:
    parcel = ship(cast, cast.buy("ann", cast.product()))
    actions.look_due(cast.later(days=1))
    parcel.refresh_from_db()
    assert parcel.status == "moving"
    actions.look_due(cast.later(days=3))
    parcel.refresh_from_db()
    assert parcel.status == "delivered"
    assert parcel.delivered_at == parcel.shipped_at + timedelta(days=3)
    assert actions.look_due(cast.later(days=1)) == 1
    assert actions.look_due(cast.later(days=1)) == 0
    assert CarrierEvent.objects.count() == 2


def test_a_notice_counts_once_and_only_when_it_is_signed(cast: Cast) -> None:
    parcel = ship(cast, cast.buy("ann", cast.product()))
    event = {"tracking": "T1", "number": "7", "code": "delivered", "at": "2026-11-12T00:00:00Z"}
    body = json.dumps({"events": [event]}).encode()
    signed = {"Carrier-Signature": signature_of(secret(), body)}
    for headers in ({}, {"Carrier-Signature": ""}, {"Carrier-Signature": signature_of("other", body)}):
        with pytest.raises(Forged):
            actions.take_notice("sandbox", headers, body, now=cast.now)
    assert actions.take_notice("sandbox", signed, body, now=cast.now) == 1
    assert actions.take_notice("sandbox", signed, body, now=cast.now) == 0
    parcel.refresh_from_db()
    assert parcel.status == "delivered"


def test_late_words_change_nothing(cast: Cast) -> None:
    parcel = ship(cast, cast.buy("ann", cast.product()))
    for number, code in enumerate(("delivered", "moving", "stuck")):
        actions.report("sandbox", CarrierWord("T1", str(number), code, "", cast.now), now=cast.now)
    parcel.refresh_from_db()
    assert parcel.status == "delivered"
    assert CarrierEvent.objects.count() == 3


def test_every_pair_of_the_table() -> None:
    statuses = ("shipped", "moving", "delivered", "damaged", "refused", "stuck", "lost")
    for status in statuses:
        for code in statuses[1:]:
            after = after_word(status, code)
            assert after in (None, code)
            assert (after is None) == ((status, code) not in PARCEL)


def test_a_table_with_bad_lines(cast: Cast) -> None:
    goods = cast.product()
    good = [cast.buy("ann", goods), cast.buy("bob", goods)]
    forming = cast.buy("cai", cast.product(title="Cup"), kind="open")
    ids = [public_id(order.pk) for order in (*good, forming)]
    table = "\ufeff订单号,快递公司,运单号\n" + "\n".join(
        [
            f"{ids[0]},sf,1",
            f"{ids[1]},sf,2",
            f"{ids[0]},sf,3",
            f"{ids[2]},sf,4",
            "nobody,sf,5",
            f"{ids[1]},,6",
            "",
        ]
    )
    actor = cast.actor("walt")
    checked = bulk.check("tea", table, acting=actor)
    assert [line.line for line in checked.good] == [2, 3]
    assert [line.line for line in checked.bad] == [4, 5, 6, 7]
    assert all(line.reason for line in checked.bad)
    assert not Parcel.objects.exists()
    shipped, bad = bulk.ship_all("tea", table, acting=actor, now=cast.now)
    assert (shipped, len(bad)) == (2, 4)
    assert cast.statuses([*good, forming]) == ["shipped", "shipped", "paid"]
    again, _bad = bulk.ship_all("tea", table, acting=actor, now=cast.now)
    assert again == 0


def test_a_table_without_its_columns_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused, match="missing_column"):
        bulk.check("tea", "a,b\n1,2", acting=cast.actor("walt"))


def test_a_wrong_number_is_put_right_until_the_carrier_has_it(cast: Cast) -> None:
    parcel = ship(cast, cast.buy("ann", cast.product()))
    walt = cast.actor("walt")
    actions.correct_tracking(parcel.pk, carrier="sandbox", tracking="T9", acting=walt, now=cast.now)
    actions.report("sandbox", CarrierWord("T9", "1", "delivered", "", cast.now), now=cast.now)
    with pytest.raises(Conflict):
        actions.correct_tracking(parcel.pk, carrier="sandbox", tracking="T8", acting=walt, now=cast.now)
