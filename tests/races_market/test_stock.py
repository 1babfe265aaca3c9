"""Sixty-four buyers want the last units; orders that close give theirs back once."""

from functools import partial

import pytest

from pinback.catalog.models import Sku
from pinback.catalog.stock import Wanted, give_back_within, reserve_within
from pinback.checkout.actions import cancel, close_due
from pinback.checkout.models import Item, Order
from pinback.kit.ids import public_id
from pinback.kit.transactions import durable
from tests.races.crowd import size_for
from tests.races_market.crowd import at_once
from tests.support.cast import Cast

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("open_market")]

UNITS = 10


def test_the_last_units_are_sold_once() -> None:
    cast = Cast()
    tea = cast.product(stock=UNITS)
    buyers = size_for("default")
    for number in range(buyers):
        cast.person(f"buyer{number}")
    answers = at_once([partial(cast.place, f"buyer{number}", tea) for number in range(buyers)])
    placed = [answer for answer in answers if isinstance(answer, Order)]
    assert len(placed) == UNITS
    assert [answer for answer in answers if not isinstance(answer, Order)] == ["out_of_stock"] * (
        buyers - UNITS
    )
    assert (cast.stock(tea), Item.objects.count()) == (0, UNITS)


def test_stock_alone_is_guarded_without_the_shop_s_lock() -> None:
    cast = Cast()
    sku = cast.sku(cast.product(stock=UNITS))
    reserve = durable(reserve_within)
    answers = at_once([partial(reserve, [Wanted(sku, 1)]) for _ in range(size_for("default"))])
    assert answers.count(None) == UNITS
    assert Sku.objects.get().stock_left == 0


def test_control_looking_before_the_transaction_oversells() -> None:
    cast = Cast()
    sku = cast.sku(cast.product(stock=UNITS))

    @durable
    def take(seen: int) -> bool:
        Sku.objects.filter(pk=sku.pk).update(stock_left=seen - 1)
        return True

    def look_and_take() -> bool:
        # Everybody has looked before anybody takes: so it is when the look is no part of the transaction.
        return take(seen=sku.stock_left)

    sold = at_once([look_and_take] * 32)
    assert sold.count(True) > UNITS - Sku.objects.get().stock_left


def test_what_closes_gives_back_once() -> None:
    cast = Cast()
    tea = cast.product(stock=UNITS)
    orders = [cast.place("ann", tea) for _ in range(UNITS)]
    cast.later(minutes=15)
    ann = cast.actor("ann")
    cancels = [partial(cancel, public_id(order.pk), acting=ann, now=cast.now) for order in orders]
    at_once([*cancels, *[partial(close_due, cast.now)] * 4])
    assert cast.stock(tea) == UNITS
    assert {cast.state(order).status for order in orders} == {"cancelled"}


def test_control_giving_back_what_an_order_held_when_it_was_looked_at() -> None:
    cast = Cast()
    tea = cast.product(stock=UNITS)
    cast.place("ann", tea)
    item = Item.objects.get()
    at_once([partial(durable(give_back_within), {item.sku_id: item.units_held})] * 4)
    assert cast.stock(tea) > UNITS
