"""A tick stands in the log where it was applied, beside all shops, whatever the clocks of processes say."""

import time
from collections.abc import Callable

import pytest

from pinback.kit import ids
from pinback.settlement.actions import settle
from pinback.settlement.audit import audit
from tests.races.market import EXPIRY, Event, as_batch, campaign, deal, event, placed, tell

BEFORE = "2026-11-25T23:59:59+08:00"
Clock = Callable[[int], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """From now on settlement runs in another process, whose clock is so many seconds ahead."""
    now = time.time_ns

    def set_ahead(seconds: int) -> None:
        class Shifted:
            @staticmethod
            def time_ns() -> int:
                return now() + seconds * 10**9

        monkeypatch.setattr(ids, "time", Shifted)
        monkeypatch.setattr(ids, "_maker", ids.IdMaker())

    return set_ahead


def applied(alias: str, told: Event) -> bool:
    """Whether an event is applied."""
    ((first, *_),) = settle(as_batch([told]), using=alias)
    return first.type == "event.applied"


def check(alias: str) -> None:
    """The log, folded again, gives what is stored."""
    assert [str(difference) for difference in audit(using=alias)] == []


def a_voucher_of(shop: str) -> list[Event]:
    """The shop has issued its first voucher, to buyer b."""
    return [*campaign(shop), *deal(shop, "source", "b")]


def test_a_tick_comes_after_what_it_found(database: str, clock: Clock) -> None:
    """It found the voucher locked, and nothing else to expire: it touched no other shop."""
    tell(database, a_voucher_of("s"))
    clock(20)
    tell(database, [placed("s", "o", "b", voucher="s/c/1", at=BEFORE)])
    clock(10)
    assert applied(database, event("clock.ticked", "clock", EXPIRY))
    check(database)


def test_what_comes_after_a_tick_stays_after_it(database: str, clock: Clock) -> None:
    """A late cancellation releases the voucher after the tick: available, and no tick has reached it."""
    tell(database, [*a_voucher_of("s"), placed("s", "o", "b", voucher="s/c/1", at=BEFORE)])
    clock(10)
    assert applied(database, event("clock.ticked", "clock", EXPIRY))
    clock(0)
    assert applied(database, event("order.cancelled", "s", BEFORE, order="o"))
    check(database)


def test_a_shop_that_is_new_after_a_tick(database: str, clock: Clock) -> None:
    """Its first events are late: its voucher is past the tick from the start, and no tick has reached it."""
    clock(10)
    assert applied(database, event("clock.ticked", "clock", "2027-11-26T00:00:00+08:00"))
    clock(0)
    tell(database, a_voucher_of("s"))
    check(database)


def test_two_ticks_keep_their_order(database: str, clock: Clock) -> None:
    tell(database, a_voucher_of("s"))
    clock(10)
    assert applied(database, event("clock.ticked", "one", EXPIRY))
    clock(0)
    assert applied(database, event("clock.ticked", "other", EXPIRY))
    check(database)
