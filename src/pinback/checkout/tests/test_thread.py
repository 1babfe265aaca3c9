"""One thread through the market: a product, orders, payments, a group that is complete, the deal."""

import pytest

from pinback.groups.models import Group
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def test_from_product_to_deal() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    tea = cast.product(group_size=2, stock=5, postage=800)
    first = cast.buy("ann", tea, kind="open")
    assert cast.state(first).status == "paid"
    second = cast.buy("bob", tea, kind="join", group=cast.group_of(first))
    assert cast.statuses([first, second]) == ["confirmed", "confirmed"]
    assert Group.objects.get().status == "complete"
    assert cast.stock(tea) == 3
    assert {cast.state(order).rebate for order in (first, second)} == {"issued"}


def test_alone_the_deal_is_made_at_payment() -> None:
    cast = Cast()
    tea = cast.product(stock=1)
    order = cast.buy("ann", tea)
    assert cast.state(order).status == "confirmed"
    assert cast.state(order).goods_minor == 6_000
    assert cast.stock(tea) == 0
