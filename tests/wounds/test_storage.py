"""Wounds of writing in two steps: what happened and what is known of it go to the database together, or not
at all.

Deliveries to other systems are another part's. What they will be made from is here: the log of events, the
postings and the changed records, which one transaction writes.
"""

import threading
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError, connections, transaction

from pinback.rules.decisions import EventApplied, EventDuplicate, RefundSettled, VoucherChanged
from pinback.settlement import actions
from pinback.settlement.actions import Incoming, settle, settle_within
from pinback.settlement.audit import audit
from pinback.settlement.writing import write_back
from tests.support.rows import run_sql
from tests.support.settling import incoming
from tests.support.story import Shop
from tests.wounds.conftest import KeptMarket


def last_event(market: KeptMarket) -> list[Incoming]:
    """The latest event, to be settled apart from those before it, which are stored."""
    return incoming(market.lines[-1])


def store_all_but_last(market: KeptMarket, alias: str) -> list[Incoming]:
    """Store the story but for its latest event; returns that."""
    settle(incoming(b"\n".join(market.lines[:-1])), using=alias)
    return last_event(market)


def counts(alias: str) -> tuple[Any, ...]:
    """How many events and postings there are."""
    ((events, postings),) = run_sql(
        alias, "SELECT (SELECT count(*) FROM settlement_event), (SELECT count(*) FROM settlement_posting)"
    )
    return events, postings


def failing_after_everything(*args: Any) -> None:
    """Write it all; then the database goes away."""
    write_back(*args)
    raise DatabaseError("gone")


@pytest.mark.parametrize("wound", ["w041", "w074"])
def test_w041_w074_an_event_is_known_only_if_its_effects_are(
    market: KeptMarket, tea: Shop, database: str, wound: str
) -> None:
    """The note that an event had come was kept although its effects were lost, so the redelivery did
    nothing; or news of it went out although it was rolled back.

    Here a failure after the last write leaves neither, and the event is applied when it comes again.
    """
    tea.campaign("spring", spend=50_00, get=10_00)
    order = tea.order("o1", "Li", "1 x coat @ 50.00")
    order.pay() if wound == "w041" else order.pay().confirm()
    last = store_all_but_last(market, database)
    before = counts(database)
    with mock.patch.object(actions, "write_back", failing_after_everything), pytest.raises(DatabaseError):
        settle(last, using=database)
    assert counts(database) == before
    (made,) = settle(last, using=database)
    assert isinstance(made[0], EventApplied)
    assert counts(database) == (before[0] + 1, before[1] + 1)
    ((again,),) = settle(last, using=database)
    assert isinstance(again, EventDuplicate)
    assert list(audit(using=database)) == []


def test_w075_what_is_told_is_what_is_stored(market: KeptMarket, tea: Shop, database: str) -> None:
    """News was put together outside the transaction, and told of the state before.

    Here the decisions are made of the very records that are written: who reads right after them finds the
    same.
    """
    order = tea.deal("o1", "Li", "9 x cup @ 10.00")
    order.refund("r1", amount=30_00)
    last = store_all_but_last(market, database)
    (decisions,) = settle(last, using=database)
    (settled,) = [decision for decision in decisions if isinstance(decision, RefundSettled)]
    ((goods, left, payout),) = run_sql(
        database, "SELECT goods_minor, goods_left_minor, payout_minor FROM settlement_order"
    )
    assert (settled.payout, goods - left, left, payout) == (30_00, 30_00, 60_00, 30_00)


def test_w076_a_change_and_its_event_are_one_commit(market: KeptMarket, tea: Shop, database: str) -> None:
    """State and news of it were written one after the other, and a crash in between lost the news for good.

    Here nobody sees one without the other: before the commit another connection sees neither, after it both.
    """
    tea.campaign("spring", spend=50_00, get=20_00)
    tea.deal("o1", "Li", "1 x coat @ 50.00").refund("r1")
    last = store_all_but_last(market, database)
    before = seen_by_another(database)
    assert before[0] == "available"
    with transaction.atomic(database):
        (decisions,) = settle_within(last, using=database)
        assert seen_by_another(database) == before
    assert [d.status for d in decisions if isinstance(d, VoucherChanged)] == ["reclaimed"]
    status, events, returned = seen_by_another(database)
    assert (status, events, returned) == ("reclaimed", before[1] + 1, 20_00)


def seen_by_another(alias: str) -> tuple[str, int, int]:
    """What another connection sees: the voucher's status, the number of events, what was returned."""
    seen: list[tuple[str, int, int]] = []

    def look() -> None:
        try:
            ((status,),) = run_sql(alias, "SELECT status FROM settlement_voucher")
            ((returned,),) = run_sql(alias, "SELECT marketing_minor FROM settlement_shop")
            seen.append((status, counts(alias)[0], returned))
        finally:
            connections[alias].close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join(60)
    (found,) = seen
    return found
