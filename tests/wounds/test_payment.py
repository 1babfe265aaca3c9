"""Wounds of payments, as far as settlement sees them: late, wrong, doubled, or not money at all."""

from typing import Any

import pytest
from msgspec import convert

from pinback.history.lines import read_number, to_minor
from pinback.history.mapping import Mapping
from tests.support.story import Market, Shop, as_line

PRICES = {"19.9": 19_90, "8.8": 8_80, "0.29": 29, "1.1": 1_10, "4.35": 4_35, "0.03": 3, "19.90": 19_90}


def test_w020_w033_a_payment_after_the_order_was_closed_revives_nothing(market: Market, tea: Shop) -> None:
    """Money came in after the order had been cancelled, and it was marked as paid, or its unit had been
    sold twice.

    The late money is the payments' to send back; here it is refused, and the order, the voucher and the
    sales stay as they were.
    """
    tea.campaign("spring", spend=50_00, get=12_00)
    voucher = tea.deal("source", "Li", "1 x coat @ 50.00").earned
    order = tea.order("o1", "Li", "1 x coat @ 100.00", voucher=voucher).cancel()
    with market.refuses("wrong_state"):
        order.pay()
    with market.refuses("wrong_state"):
        order.confirm()
    assert (order.status, order.cash, order.rebate) == ("cancelled", 0, "none")
    assert (voucher.status, market.account("order:tea/o1")) == ("available", 0)
    assert len(market.document["vouchers"]) == 1


@pytest.mark.parametrize("amount", [1_99, 198_99, 200_00, 0, -199_00])
def test_w036_only_the_amount_due_pays_an_order(market: Market, tea: Shop, amount: int) -> None:
    """A success notice was applied without comparing its amount to what was due.

    Here any other amount is refused, which is for the desk to see. There is one currency, so another one
    never comes this far.
    """
    order = tea.order("o1", "Li", "1 x coat @ 199.00")
    with market.refuses("amount_mismatch"):
        order.pay(amount)
    assert (order.status, order.cash, market.account("external")) == ("placed", 0, 0)
    assert order.pay(199_00).status == "paid"


@pytest.mark.parametrize(("text", "minor"), PRICES.items())
def test_w039_w040_yuan_become_fen_without_a_float(text: str, minor: int) -> None:
    """19.9 yuan were multiplied as a float and cut off, and 19.89 were charged; 0.03 became 0.02.

    Prices that come as text are read by the importer, as decimals. Statements of a channel belong to the
    payments.
    """
    columns = {"order": "a", "buyer": "b", "time": "c", "product": "d", "quantity": "e", "price": "f"}
    mapping = convert({"columns": columns, "time_zone": "Asia/Shanghai"}, Mapping)
    number = read_number(text, mapping)
    assert number is not None
    assert to_minor(number, mapping.minor_digits) == minor


@pytest.mark.parametrize("price", [b"19.9", b"1e3", b"1990.0", b"-1", b'"1990"', b"null", b"NaN"])
def test_w039_a_price_is_whole_fen(market: Market, tea: Shop, price: bytes) -> None:
    """19.9 yuan were multiplied as a float and cut off: an event takes whole fen, not below 0, and nothing
    else.
    """
    fields = {"id": "e1", "type": "order.placed", "at": "2026-11-10T10:00:00+08:00", "shop": "tea"}
    line = {"product": "cup", "quantity": 1, "unit_price": 1990}
    told = as_line({**fields, "order": "o1", "buyer": "Li", "lines": [line]})
    with market.refuses("bad_event"):
        market.tell(told.replace(b"1990", price))
    market.tell(told)
    with market.refuses("bad_event"):
        tea.event("order.paid", order="o1", amount=19.9)


@pytest.mark.parametrize(
    "extra",
    [
        {"paid": True},
        {"status": "paid"},
        {"paid_at": "2026-11-10T10:00:00Z"},
        {"amount_due": 1},
        {"voucher_amount": 199_00},
        {"merchant_id": "silk"},
        {"campaign": "spring"},
        {"group_leader": True},
    ],
)
def test_w071_what_an_event_may_not_say_is_refused(market: Market, tea: Shop, extra: dict[str, Any]) -> None:
    """Checkout took extra fields, and "paid" made an order a paid one.

    Here unknown fields are refused, and an order is paid by nothing but a payment of the amount due.
    """
    order: dict[str, Any] = {
        "order": "o1",
        "buyer": "Li",
        "lines": [{"product": "coat", "quantity": 1, "unit_price": 199_00}],
    }
    with market.refuses("bad_event"):
        tea.event("order.placed", **order, **extra)
    tea.event("order.placed", **order)
    assert market.document["orders"]["tea/o1"]["status"] == "placed"
    assert market.document["orders"]["tea/o1"]["cash"] == 0
