"""Vouchers of two shops, each used in the other: whoever needs both shops takes them in one order.

Taken one after the other, each in an order of its own, two of them wait for each other. PostgreSQL ends one
after a second, and it goes again: nothing is wrong then, but the shops stand still as often as buyers cross.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from pinback.checkout.actions import paying
from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.kit.ids import new_id, public_id
from pinback.kit.transactions import durable
from pinback.payments.actions import byhand, locking, sending
from pinback.payments.actions.deciding import answer_refunds
from pinback.payments.actions.locking import lock_for_out_within
from pinback.payments.models import MoneyOut
from pinback.payments.providers.contract import OutWord
from pinback.rules.events import OrderConfirmed
from pinback.settlement import reach, recording
from pinback.settlement.models import Voucher
from tests.races_market.crowd import at_once
from tests.support.cast import Cast

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.xdist_group("races")]


@pytest.fixture
def crossed(open_market: str) -> Cast:
    """Ann has earned a voucher at tea, and bob one at silk."""
    cast = Cast()
    cast.open_shop("silk", {"sun": "owner"})
    cast.campaign(threshold=5_000, rebate=2_000)
    cast.campaign("silk", threshold=5_000, rebate=2_000)
    cast.buy("ann", cast.product())
    cast.buy("bob", cast.product("silk", staff="sun"))
    return cast


@contextmanager
def meeting(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Iterator[list[object]]:
    """Let two who have locked what they begin with wait for each other; a list grows with each try. Where
    the one cannot come as far as the other has come, that one goes on alone.
    """
    tries: list[object] = []
    both = Barrier(2)
    real = getattr(module, name)

    def met(*args: Any, **kwargs: Any) -> Any:
        tries.append(args)
        with suppress(BrokenBarrierError):
            both.wait(1.0)
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, met)
        yield tries


def solo(cast: Cast, codes: dict[str, str]) -> list[Order]:
    """Ann's order at silk with her voucher of tea, and bob's at tea with his of silk."""
    tea, silk = cast.product(title="Green"), cast.product("silk", staff="sun", title="Red")
    return [cast.place("ann", silk, voucher=codes["tea"]), cast.place("bob", tea, voucher=codes["silk"])]


def last_seats_elsewhere(cast: Cast, codes: dict[str, str]) -> list[Order]:
    """As `last_seats`, but the groups that were wanted are full by now: ann's and bob's are the others."""
    seats = last_seats(cast, codes)
    wished = []
    for order, others in zip(seats, (("wei", "lin"), ("kai", "mei")), strict=True):
        opened = cast.buy(others[0], order.product, kind="open")
        full = cast.group_of(opened)
        joining = order.buyer.login.partition("@")[0]
        wished.append(cast.place(joining, order.product, kind="join", group=full, if_full="other"))
        cast.buy(others[1], order.product, kind="join", group=full)
    return wished


def last_seats(cast: Cast, codes: dict[str, str]) -> list[Order]:
    """The last seats of groups: at silk ann has opened one with her voucher of tea, bob one the other way."""
    wished = []
    for buyer, joining, shop, staff, code in (
        ("ann", "zoe", "silk", "sun", codes["tea"]),
        ("bob", "yan", "tea", "olive", codes["silk"]),
    ):
        goods = cast.product(shop, staff=staff, title="Green", group_size=2)
        opened = cast.buy(buyer, goods, kind="open", voucher=code)
        wished.append(cast.place(joining, goods, kind="join", group=cast.group_of(opened)))
    return wished


PLACED = pytest.mark.parametrize("placed", [solo, last_seats, last_seats_elsewhere])
Placed = Callable[[Cast, dict[str, str]], list[Order]]


def paid_at_once(cast: Cast, placed: Placed, monkeypatch: pytest.MonkeyPatch) -> int:
    """Pay two orders that cross; how many tries that took."""
    codes = {code.partition("/")[0]: code for code in Voucher.objects.values_list("code", flat=True)}
    orders = placed(cast, codes)
    payments = [cast.start_paying(order) for order in orders]
    with meeting(monkeypatch, paying, "state_of") as tries:
        at_once([partial(cast.notice, payment) for payment in payments])
    assert cast.statuses(orders) == ["confirmed"] * 2
    assert [*Voucher.objects.filter(code__in=codes.values()).values_list("status", flat=True)] == ["used"] * 2
    return len(tries)


@PLACED
def test_who_pays_crosswise_does_not_wait_crosswise(
    crossed: Cast, placed: Placed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paid_at_once(crossed, placed, monkeypatch) == 2


def test_control_locking_the_shop_of_the_order_alone_they_do(
    crossed: Cast, open_market: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def own_shops(keys: Iterable[str]) -> None:
        recording.lock_shops_within(*{key.partition("/")[0] for key in list(keys)[:1]})

    monkeypatch.setattr(locking, "lock_orders_within", own_shops)
    assert paid_at_once(crossed, solo, monkeypatch) >= least_tries(open_market)


@pytest.mark.parametrize("placed", [last_seats, last_seats_elsewhere])
def test_control_if_making_the_deal_reached_the_vouchers_of_all_members_they_do(
    crossed: Cast, placed: Placed, open_market: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "_WITH_VOUCHERS", reach._WITH_VOUCHERS | {OrderConfirmed})
    assert paid_at_once(crossed, placed, monkeypatch) >= least_tries(open_market)


def least_tries(database: str) -> int:
    """So many tries two take who wait for each other. SQLite has one writer, who waits for nobody."""
    return 2 if database == "sqlite" else 3


def test_money_paid_by_hand_while_the_provider_says_yes_after_all_does_not_wait_crosswise(
    crossed: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = crossed.place("zoe", crossed.product(title="Green"))
    answer_refunds(crossed.pay(order).number, "declined")
    refund = durable(start_refund_within)(order, public_id(new_id()), EVERYTHING, now=crossed.now)
    assert refund.money_out is not None
    MoneyOut.objects.filter(pk=refund.money_out.pk).update(status="failed", next_try_at=None)
    out = MoneyOut.objects.get(pk=refund.money_out.pk)
    both, tries = Barrier(2), []

    def meet() -> None:
        tries.append(1)
        with suppress(BrokenBarrierError):
            both.wait(1.0)

    def lock_and_meet(out: MoneyOut) -> None:
        lock_for_out_within(out)
        meet()

    def meet_and_tell(out: MoneyOut, *, now: datetime) -> None:
        meet()
        sending.tell_confirmed_within(out, now=now)

    monkeypatch.setattr(sending, "lock_for_out_within", lock_and_meet)
    monkeypatch.setattr(byhand, "tell_confirmed_within", meet_and_tell)
    word = OutWord(out.number, "confirmed", out.amount_minor, out.currency)
    opal = crossed.actor("opal")
    at_once(
        [
            partial(byhand.pay_by_hand, out.pk, note="cash", acting=opal, now=crossed.now),
            partial(sending.learn_out, word, now=crossed.now),
        ]
    )
    assert len(tries) <= 2
    assert crossed.state(order).status == "refunded"
