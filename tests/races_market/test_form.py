"""One form of an order, sent by many at once: an impatient thumb, or a network that tries again."""

from functools import partial

import pytest

from pinback.checkout.actions import place, place_once
from pinback.checkout.models import Order
from pinback.checkout.wishes import Circumstances
from pinback.kit.ids import new_id, public_id
from tests.races_market.crowd import at_once
from tests.support.cast import HOME, Cast

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("open_market")]

TIMES = 16


def test_a_form_places_one_order_however_often_it_is_sent_at_once() -> None:
    cast = Cast()
    tea = cast.product(stock=TIMES)
    ann = cast.actor("ann")
    form = Circumstances(form=public_id(new_id()))
    placed = at_once([partial(place_once, cast.wish(tea), HOME, form, acting=ann, now=cast.now)] * TIMES)
    assert len({placing.order.pk for placing in placed}) == 1
    assert [placing.is_new for placing in placed].count(True) == 1
    assert (Order.objects.count(), cast.stock(tea)) == (1, TIMES - 1)


def test_control_without_a_name_each_is_an_order() -> None:
    cast = Cast()
    tea = cast.product(stock=TIMES)
    ann = cast.actor("ann")
    at_once([partial(place, cast.wish(tea), HOME, acting=ann, now=cast.now)] * TIMES)
    assert (Order.objects.count(), cast.stock(tea)) == (TIMES, 0)
