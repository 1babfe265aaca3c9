"""What only forced timing shows: a tick beside a release, a shop that comes to be, a clock that is behind."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from pinback.kit import ids
from pinback.rules.decisions import Decision
from pinback.rules.reading import parse_line
from pinback.settlement import actions, writing
from pinback.settlement.actions import Incoming, settle
from pinback.settlement.audit import audit
from pinback.settlement.dialects.postgres import Postgres

_PATIENCE_SECONDS = 10


def event(kind: str, id_: str, shop: str, at: str, **fields: Any) -> Incoming:
    """One event, read from its JSON."""
    return Incoming(
        1, parse_line(json.dumps({"id": id_, "type": kind, "shop": shop, "at": at, **fields}).encode())
    )


def placed(shop: str, order: str, at: str, **fields: Any) -> Incoming:
    lines = [{"product": "p", "quantity": 1, "unit_price": 1000}]
    return event("order.placed", f"placed-{order}", shop, at, order=order, buyer="b", lines=lines, **fields)


def issue_a_voucher(using: str) -> None:
    """Shop T issues T/c/1 to buyer b: it expires on 4 November at 16:00 UTC."""
    begin, later = "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"
    terms = {"threshold": 100, "rebate": 10, "quantity": 10, "valid_days": 1}
    settle(
        [
            event("shop.opened", "open", "S", begin),
            event("campaign.created", "create", "T", begin, campaign="c", **terms),
            event("campaign.funded", "fund", "T", begin, campaign="c", amount=100, method="wechat"),
            placed("T", "o", later),
            event("order.paid", "pay", "T", later, order="o", amount=1000),
            event("order.confirmed", "confirm", "T", later, order="o"),
        ],
        using=using,
    )


def in_thread(work: Callable[[], object], name: str) -> threading.Thread:
    """Start a thread with database connections of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, name=name)
    thread.start()
    return thread


@pytest.mark.slow
def test_a_tick_does_not_miss_a_voucher_that_is_being_released(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_a_voucher(database)
    settle([placed("S", "u", "2026-11-03T01:00:00Z", voucher="T/c/1")], using=database)
    reached, go_on = threading.Event(), threading.Event()
    write_back = writing.write_back

    def slow(*arguments: Any) -> None:
        if threading.current_thread().name == "releasing":
            reached.set()
            go_on.wait(_PATIENCE_SECONDS)
        write_back(*arguments)

    monkeypatch.setattr(actions, "write_back", slow)
    cancel = event("order.cancelled", "cancel", "S", "2026-11-04T15:59:59Z", order="u")
    tick = event("clock.ticked", "tick", "Z", "2026-11-04T16:00:00Z")
    releasing = in_thread(lambda: settle([cancel], using=database), "releasing")
    assert reached.wait(_PATIENCE_SECONDS)
    ticking = in_thread(lambda: settle([tick], using=database), "ticking")
    # The tick waits for its turn; unguarded it would be through long before.
    ticking.join(0.5)
    assert ticking.is_alive()
    go_on.set()
    releasing.join()
    ticking.join()
    assert list(audit(using=database)) == []


@pytest.mark.postgres
def test_a_shop_s_first_event_sent_twice_at_once_is_a_duplicate(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = event(
        "campaign.created",
        "e",
        "N",
        "2026-11-01T00:00:00Z",
        campaign="c",
        threshold=100,
        rebate=10,
        quantity=10,
    )
    fetch_all, between = Postgres.fetch_all, 5

    def interrupted(self: Postgres, *queries: Any) -> Any:
        """Let another transaction settle the event after the look at the log, before that at campaigns."""
        if len(queries) <= between or threading.current_thread().name != "slow":
            return fetch_all(self, *queries)
        threading.current_thread().name = "resumed"
        before = fetch_all(self, *queries[:between])
        in_thread(lambda: settle([first], using=postgres_database), "other").join()
        return [*before, *fetch_all(self, *queries[between:])]

    monkeypatch.setattr(Postgres, "fetch_all", interrupted)
    made: list[list[Decision]] = []
    in_thread(lambda: made.extend(settle([first], using=postgres_database)), "slow").join()
    assert [decision.type for decision in made[0]] == ["event.duplicate"]


def test_a_process_whose_clock_is_behind_does_not_go_before_what_it_saw(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_a_voucher(database)
    settle([placed("S", "u", "2026-11-03T01:00:00Z", voucher="T/c/1")], using=database)
    settle([event("order.cancelled", "cancel", "S", "2026-11-03T01:30:00Z", order="u")], using=database)
    an_hour_ago = time.time_ns() - 3_600 * 10**9

    class SlowClock:
        @staticmethod
        def time_ns() -> int:
            return an_hour_ago

    monkeypatch.setattr(ids, "time", SlowClock)
    monkeypatch.setattr(ids, "_maker", ids.IdMaker())
    request = event("refund.requested", "ask", "T", "2026-11-03T02:00:00Z", order="o", refund="r")
    assert settle([request], using=database)[0][0].type == "event.applied"
    assert list(audit(using=database)) == []
