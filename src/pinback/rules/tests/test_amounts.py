"""Section 9: how much a refund is, by units, by amount or all that is left; what is too much or little."""

import pytest

from tests.support.story import Campaign, Market, Order, Settled, Shop


@pytest.fixture
def order(tea: Shop) -> Order:
    """Three oolong for 10.00 in cash, two cups, a free sample, 8.00 postage; the deal is made."""
    return tea.deal(
        "o1", "Li", "3 x oolong @ 4.00, 2 x cup @ 1.00, 1 x sample @ 0.00", discount=2_00, postage=8_00
    )


def with_voucher(tea: Shop, goods: str, get: int) -> Order:
    """An order of these goods paid with a voucher of `get` fen; its deal is made."""
    tea.campaign("gift", spend=get, get=get)
    earned = tea.deal("o1", "Li", f"1 x oolong @ {get // 100}.{get % 100:02}").earned
    return tea.deal("o2", "Li", goods, voucher=earned)


def test_units_are_rounded_per_refund_and_the_last_takes_the_rest(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "3 x oolong @ 3.34", discount=2)  # 10.00 in cash
    for name, cash in (("r1", 3_33), ("r2", 3_33), ("r3", 3_34)):
        order.refund(name, units={1: 1})
        assert market.settled.cash == cash
    assert order.status == "refunded"


def test_units_are_rounded_by_what_is_left(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "4 x oolong @ 0.03", discount=1)  # 11 fen in cash
    order.refund("r1", units={1: 3})
    assert market.settled.cash == 8
    order.refund("r2", units={1: 1})
    assert market.settled.cash == 3


def test_the_voucher_part_goes_with_the_units(market: Market, tea: Shop) -> None:
    order = with_voucher(tea, "3 x oolong @ 2.00", get=1_00)  # 5.00 in cash, 1.00 by voucher
    order.refund("r1", units={1: 1})
    assert (market.settled.cash, market.settled.taken_back) == (1_66, 33)
    order.refund("r2", units={1: 2})
    assert (market.settled.cash, market.settled.taken_back) == (3_34, 67)


def test_units_of_several_lines(market: Market, tea: Shop, order: Order) -> None:
    # 12.00 and 2.00 of goods less 2.00: 10.29 and 1.71 in cash.
    assert order.lines == [(10_29, 0), (1_71, 0), (0, 0)]
    order.refund("r1", units={2: 1, 1: 2})
    assert market.settled.cash == 85 + 6_86
    assert order.lines == [(3_43, 0), (86, 0), (0, 0)]


@pytest.mark.parametrize("units", [{1: 4}, {1: 3, 2: 3}, {4: 1}, {3: 2}, {1: 1, 10**6: 1}])
def test_more_units_than_are_left(market: Market, order: Order, units: dict[int, int]) -> None:
    with market.refuses("over_refund"):
        order.refund("r1", units=units)


def test_units_that_are_gone(market: Market, order: Order) -> None:
    order.refund("r1", units={1: 2})
    with market.refuses("over_refund"):
        order.refund("r2", units={1: 2})
    order.refund("r2", units={1: 1})
    with market.refuses("over_refund"):
        order.refund("r3", units={1: 1})


def test_an_amount_follows_the_cash_left(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "1 x a @ 3.00, 1 x b @ 2.00, 1 x c @ 0.00, 1 x d @ 1.00")
    order.refund("r1", amount=5)
    # 2.5, 1.67, 0, 0.83: the missing two fen go to d, then to b.
    assert order.lines == [(2_98, 0), (1_98, 0), (0, 0), (99, 0)]
    order.refund("r2", units={1: 1})
    order.refund("r3", amount=99)
    assert order.lines == [(0, 0), (1_32, 0), (0, 0), (66, 0)]


def test_an_amount_takes_the_voucher_part_along(market: Market, tea: Shop) -> None:
    order = with_voucher(tea, "1 x a @ 4.00, 1 x b @ 2.00", get=1_00)
    assert order.lines == [(3_33, 67), (1_67, 33)]
    order.refund("r1", amount=2_50)
    # 166.5 and 83.5 fen: the tie goes to a. Of the voucher 67·167/333 = 33.6 and 33·83/167 = 16.4.
    assert market.settled == Settled(2_50, 0, 0, 2_50, 33 + 16, 0)
    assert order.lines == [(1_66, 34), (84, 17)]


def test_a_line_that_gives_all_its_cash_gives_all_its_voucher(market: Market, tea: Shop) -> None:
    order = with_voucher(tea, "1 x a @ 4.00, 100 x b @ 0.03", get=1_00)
    order.refund("r1", units={2: 99})
    _, (cash, part) = order.lines
    assert (cash, part) == (3, 1)
    order.refund("r2", amount=order.lines[0][0] + cash - 1)
    assert order.lines == [(1, 1), (0, 0)]


def test_units_stay_when_an_amount_is_refunded(market: Market, order: Order) -> None:
    order.refund("r1", amount=11_00)
    with market.refuses("over_refund"):
        order.refund("r2", amount=1_01)
    order.refund("r2", units={1: 3, 3: 1})
    assert order.status == "confirmed"
    order.refund("r3", units={2: 2})
    assert order.status == "refunded"


def test_a_line_without_cash_left_gives_nothing(market: Market, tea: Shop) -> None:
    order = tea.deal("o1", "Li", "2 x sample @ 0.00, 2 x oolong @ 5.00")
    order.refund("r1", amount=1)
    assert order.lines == [(0, 0), (9_99, 0)]


@pytest.mark.parametrize(("amount", "refused"), [(12_00, False), (12_01, True)])
def test_at_most_the_goods_cash_left(market: Market, order: Order, amount: int, refused: bool) -> None:
    if refused:
        with market.refuses("over_refund"):
            order.refund("r1", amount=amount)
    else:
        order.refund("r1", amount=amount)
        assert order.status == "refunded"


def test_postage_alone(market: Market, order: Order) -> None:
    with market.refuses("over_refund"):
        order.refund("r1", amount=0, postage=8_01)
    order.refund("r1", amount=0, postage=7_99)
    assert market.settled.cash == 7_99
    with market.refuses("over_refund"):
        order.refund("r2", amount=0, postage=2)
        order.refund("r2", postage=2)
        order.refund("r2", units={1: 1}, postage=2)
    order.refund("r2", amount=0, postage=1)
    assert (order.status, order.refunded) == ("confirmed", 8_00)
    with market.refuses("over_refund"):
        order.refund("r3", amount=0, postage=1)


def test_a_bare_refund_is_all_that_is_left(market: Market, tea: Shop, order: Order) -> None:
    order.refund("r1", units={1: 1}, postage=3_00)
    assert market.settled.cash == 3_43 + 3_00
    order.refund("r2")
    assert market.settled.cash == 8_57 + 5_00
    assert (order.status, order.refunded, order.payout, tea.sales) == ("refunded", 20_00, 20_00, 0)


@pytest.mark.parametrize(("postage", "cash"), [(0, 12_00), (1, 12_01), (8_00, 20_00)])
def test_a_bare_refund_with_postage_named(
    market: Market, tea: Shop, order: Order, postage: int, cash: int
) -> None:
    order.refund("r1", postage=postage)
    assert market.settled.cash == cash
    assert (order.status, tea.sales) == ("refunded", 8_00 - postage)


@pytest.mark.parametrize("stage", ["confirmed", "shipped", "received"])
def test_postage_not_named_with_units_or_amount_is_0(
    market: Market, tea: Shop, order: Order, stage: str
) -> None:
    if stage == "shipped":
        order.ship()
    if stage == "received":
        order.receive()
    order.refund("r1", units={1: 1})
    assert market.settled.cash == 3_43
    order.refund("r2", amount=1_00)
    assert market.settled.cash == 1_00


def test_a_refund_that_leaves_no_goods_cash_takes_all_units(market: Market, tea: Shop, order: Order) -> None:
    order.receive()
    order.refund("r1", units={1: 3, 2: 2})  # the free sample goes with it
    assert order.status == "refunded"
    assert tea.sold("sample") == {"total": 0, "months": {}}
    assert tea.sold("oolong") == {"total": 0, "months": {}}


def test_a_refund_that_leaves_no_goods_cash_takes_all_voucher_parts(market: Market, tea: Shop) -> None:
    tea.campaign("gift", spend=5_00, get=5_00)
    earned = tea.deal("o1", "Li", "1 x oolong @ 5.00").earned
    # Cup: 1 fen of goods, all of it paid by voucher; so it has no cash of its own.
    order = tea.deal("o2", "Li", "1 x oolong @ 5.01, 1 x cup @ 0.01", voucher=earned)
    assert order.lines == [(2, 4_99), (0, 1)]
    order.receive().refund("r1", units={1: 1})
    assert market.settled == Settled(2, 0, 0, 2, 5_00, 0)
    assert order.status == "refunded"
    assert tea.sold("cup")["total"] == 0


def test_a_line_without_cash_left_keeps_its_voucher_part(market: Market, tea: Shop) -> None:
    tea.campaign("gift", spend=5_00, get=5_00)
    earned = tea.deal("o1", "Li", "1 x oolong @ 5.00").earned
    order = tea.deal("o2", "Li", "1 x oolong @ 5.01, 1 x cup @ 0.01", voucher=earned)
    order.refund("r1", amount=1)
    assert market.settled.taken_back == 2_49
    assert order.lines == [(1, 2_50), (0, 1)]


def test_such_voucher_parts_are_bought_back_too(market: Market, tea: Shop) -> None:
    tea.campaign("gift", spend=5_00, get=5_00)
    source = tea.deal("o1", "Li", "1 x oolong @ 5.00")
    order = tea.deal("o2", "Li", "1 x oolong @ 5.01, 1 x cup @ 0.01", voucher=source.earned)
    source.refund("r1")
    order.refund("r2", amount=2)
    assert market.settled == Settled(2, 0, 5_00, 5_02, 0, 0)


def test_what_a_refund_came_to_is_kept(market: Market, tea: Shop) -> None:
    tea.campaign("spring", spend=100_00, get=20_00)
    source = tea.deal("o1", "Li", "1 x oolong @ 100.00")
    using = tea.deal("o2", "Li", "2 x oolong @ 25.00", voucher=source.earned)
    source.refund("r1", amount=15_00)
    using.ask_refund("r3").refund("r2", units={1: 1})
    kept = market.state.refunds
    one, other, asked = kept["tea/r1"], kept["tea/r2"], kept["tea/r3"]
    assert (one.cash, one.withheld, one.bought_back, one.taken_back) == (15_00, 15_00, 0, 0)
    assert (other.cash, other.withheld, other.bought_back, other.taken_back) == (15_00, 0, 5_00, 5_00)
    assert (asked.cash, asked.withheld, asked.bought_back, asked.taken_back) == (0, 0, 0, 0)


# --- before the deal is made --------------------------------------------------------------------


@pytest.fixture
def paid(tea: Shop) -> Order:
    """The same order, paid, its deal not made."""
    return tea.order("o1", "Li", "3 x oolong @ 4.00, 1 x cup @ 1.00, 1 x sample @ 0.00", postage=8_00).pay()


WHOLE_UNITS = {1: 3, 2: 1, 3: 1}


@pytest.mark.parametrize(
    ("units", "amount", "postage"),
    [
        (None, None, None),
        (None, None, 8_00),
        (WHOLE_UNITS, None, None),
        (WHOLE_UNITS, None, 8_00),
        (None, 13_00, None),
        (None, 13_00, 8_00),
    ],
)
def test_exactly_everything_in_whatever_way(
    market: Market,
    paid: Order,
    units: dict[int, int] | None,
    amount: int | None,
    postage: int | None,
) -> None:
    paid.refund("r1", units=units, amount=amount, postage=postage)
    assert (paid.status, paid.refunded, paid.payout) == ("refunded", 21_00, 21_00)


@pytest.mark.parametrize(
    ("units", "amount", "postage"),
    [
        (None, None, 7_99),
        (None, None, 0),
        ({1: 3, 2: 1}, None, None),  # the free sample is missing
        ({1: 2, 2: 1, 3: 1}, None, None),
        ({2: 1}, None, 8_00),
        (WHOLE_UNITS, None, 7_99),
        (None, 12_99, None),
        (None, 12_99, 8_00),
        (None, 13_00, 7_99),
        (None, 0, 8_00),
        # less than everything of one thing, too much of another
        ({1: 4, 2: 1}, None, None),
        ({1: 2, 2: 1, 3: 1, 4: 1}, None, None),
        ({1: 2, 2: 1, 3: 1}, None, 9_00),
        (WHOLE_UNITS | {4: 1}, None, 7_99),
        (None, 12_99, 8_01),
        (None, 13_01, 7_99),
    ],
)
def test_less_than_everything_is_whole_only(
    market: Market,
    paid: Order,
    units: dict[int, int] | None,
    amount: int | None,
    postage: int | None,
) -> None:
    with market.refuses("whole_only"):
        paid.refund("r1", units=units, amount=amount, postage=postage)


@pytest.mark.parametrize(
    ("units", "amount", "postage"),
    [
        (None, None, 8_01),
        (WHOLE_UNITS | {1: 4}, None, None),
        (WHOLE_UNITS | {3: 2}, None, None),
        (WHOLE_UNITS | {4: 1}, None, None),
        (WHOLE_UNITS, None, 8_01),
        (None, 13_01, None),
        (None, 13_00, 8_01),
    ],
)
def test_more_than_everything_is_over_refund(
    market: Market,
    paid: Order,
    units: dict[int, int] | None,
    amount: int | None,
    postage: int | None,
) -> None:
    with market.refuses("over_refund"):
        paid.refund("r1", units=units, amount=amount, postage=postage)


def test_a_refund_of_nothing_is_no_event(market: Market, order: Order) -> None:
    with market.refuses("bad_event"):
        order.refund("r1", amount=0)
        order.refund("r1", amount=0, postage=0)
        order.refund("r1", units={})
        order.refund("r1", units={1: 1}, amount=4_00)
        order.refund("r1", units={1: 0})
        order.refund("r1", units={0: 1})
        order.refund("r1", units={1: 1, 2: -1})
        order.refund("r1", amount=-1)
        order.refund("r1", postage=-1)
        order.step(
            "refund.succeeded", refund="r1", lines=[{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}]
        )


def test_the_same_refund_named_three_ways_is_the_same(tea: Shop, spring: Campaign) -> None:
    bare = tea.deal("o1", "Li", "1 x oolong @ 100.00").refund("r1")
    units = tea.deal("o2", "Li", "1 x oolong @ 100.00").refund("r2", units={1: 1})
    amount = tea.deal("o3", "Li", "1 x oolong @ 100.00").refund("r3", amount=100_00)
    for order in (bare, units, amount):
        assert (order.status, order.payout, order.earned.status) == ("refunded", 100_00, "reclaimed")
