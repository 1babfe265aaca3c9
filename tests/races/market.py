"""Events of a small market for the races, and how things stand in it afterwards."""

import itertools
import json
from typing import Any

from django.db import connections

from pinback.settlement.actions import Incoming, settle
from pinback.settlement.audit import audit
from pinback.settlement.document import state_document
from tests.support.rows import run_sql
from tests.support.settling import incoming

Event = dict[str, Any]

PRICE = 1000
REBATE = 50
NOON = "2026-11-10T12:00:00+08:00"
EXPIRY = "2026-11-26T00:00:00+08:00"
"""When vouchers issued at noon expire, 15 days later at midnight."""

_numbers = itertools.count(1)


def event(kind: str, shop: str, at: str = NOON, **fields: Any) -> Event:
    """An event with an id of its own."""
    return {"id": f"e{next(_numbers)}", "type": kind, "at": at, "shop": shop, **fields}


def campaign(shop: str, name: str = "c", *, quantity: int = 1000) -> list[Event]:
    """A campaign that is running at noon."""
    terms = {"campaign": name, "threshold": PRICE, "rebate": REBATE, "quantity": quantity}
    funded = {"campaign": name, "amount": REBATE * quantity, "method": "wechat"}
    day_before = "2026-11-09T12:00:00+08:00"
    return [
        event("campaign.created", shop, day_before, **terms),
        event("campaign.funded", shop, day_before, **funded),
    ]


def placed(
    shop: str, order: str, buyer: str, *, units: int = 1, voucher: str | None = None, at: str = NOON
) -> Event:
    """An order of some units."""
    lines = [{"product": "p", "quantity": units, "unit_price": PRICE}]
    used = {} if voucher is None else {"voucher": voucher}
    return event("order.placed", shop, at, order=order, buyer=buyer, lines=lines, **used)


def paid(shop: str, order: str, *, units: int = 1, voucher: bool = False) -> Event:
    """An order is paid."""
    return event("order.paid", shop, order=order, amount=units * PRICE - (REBATE if voucher else 0))


def confirmed(shop: str, order: str) -> Event:
    """A deal is made."""
    return event("order.confirmed", shop, order=order)


def deal(shop: str, order: str, buyer: str, *, units: int = 1) -> list[Event]:
    """An order up to the deal; it earns a voucher where a campaign has one left."""
    return [
        placed(shop, order, buyer, units=units),
        paid(shop, order, units=units),
        confirmed(shop, order),
    ]


def refunded(shop: str, order: str, refund: str, **fields: Any) -> Event:
    """A refund that succeeds; of everything, where nothing is named."""
    return event("refund.succeeded", shop, order=order, refund=refund, **fields)


def as_batch(events: list[Event]) -> list[Incoming]:
    """Events as settlement takes them."""
    return incoming(b"\n".join(json.dumps(one).encode() for one in events))


def outcome(decisions: Any) -> str:
    """What became of an event: applied, duplicate, or the code of its refusal."""
    first = decisions[0]
    return str(getattr(first, "code", first.type.removeprefix("event.")))


def tell(alias: str, events: list[Event]) -> None:
    """What happened before the race; all of it must be applied."""
    made = [outcome(decisions) for decisions in settle(as_batch(events), using=alias)]
    assert set(made) == {"applied"}, made


def state_of(alias: str) -> dict[str, dict[str, Any]]:
    """The state document."""
    found: dict[str, dict[str, Any]] = json.loads(b"".join(state_document(alias)))
    return found


def differences(alias: str) -> list[str]:
    """What the audit finds."""
    return [str(difference) for difference in audit(using=alias)]


def check_quiet(alias: str) -> None:
    """No transaction is open, no lock is held, nothing keeps the write-ahead log from being cleared."""
    connection = connections[alias]
    assert not connection.in_atomic_block
    if connection.vendor == "sqlite":
        busy, _, _ = run_sql(alias, "PRAGMA wal_checkpoint(TRUNCATE)")[0]
        assert busy == 0
        return
    others = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    assert (
        run_sql(alias, f"SELECT pid, state, query FROM pg_stat_activity WHERE {others} AND state <> 'idle'")
        == []
    )
    database = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    # Autovacuum reads and analyzes whenever it likes.
    modes = "('AccessShareLock', 'ShareUpdateExclusiveLock')"
    held = f"database = {database} AND pid <> pg_backend_pid() AND mode NOT IN {modes}"
    assert run_sql(alias, f"SELECT * FROM pg_locks WHERE {held}") == []
    assert run_sql(alias, "SELECT * FROM pg_prepared_xacts") == []


def check_sound(alias: str) -> None:
    """What must hold after every race."""
    assert differences(alias) == []
    check_quiet(alias)
