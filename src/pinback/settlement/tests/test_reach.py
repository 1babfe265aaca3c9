"""What a batch can touch is loaded, whatever of it the batch itself makes."""

import json
from typing import Any

from pinback.rules.reading import parse_line
from pinback.settlement.actions import Incoming, settle
from pinback.settlement.audit import audit


def event(kind: str, id_: str, at: str, **fields: Any) -> Incoming:
    written = json.dumps({"id": id_, "type": kind, "at": at, "shop": "S", **fields})
    return Incoming(1, parse_line(written.encode()))


def deal(order: str, at: str, amount: int, **fields: Any) -> list[Incoming]:
    """An order of one pear by buyer b, paid and confirmed."""
    lines = [{"product": "pear", "quantity": 1, "unit_price": 300}]
    return [
        event("order.placed", f"{order}-1", at, order=order, buyer="b", lines=lines, **fields),
        event("order.paid", f"{order}-2", at, order=order, amount=amount),
        event("order.confirmed", f"{order}-3", at, order=order),
    ]


def test_an_old_debt_stops_the_rebate_of_an_order_placed_and_confirmed_in_one_batch(database: str) -> None:
    begin, later = "2026-11-01T00:00:00Z", "2026-11-05T00:00:00Z"
    terms = {"threshold": 200, "rebate": 150, "quantity": 10}
    settle(
        [
            event("campaign.created", "c-1", begin, campaign="c", **terms),
            event("campaign.funded", "c-2", begin, campaign="c", amount=1500, method="wechat"),
            *deal("source", later, 300),
            *deal("using", later, 150, voucher="S/c/1"),
            event("refund.succeeded", "r-1", later, order="source", refund="r", amount=1),
        ],
        using=database,
    )
    (last,) = settle(deal("next", later, 300), using=database)[-1:]
    decided = [(d.rebate, d.reason) for d in last if d.type == "rebate.decided"]  # type: ignore[union-attr]
    assert decided == [("not_eligible", "buyer_in_debt")]
    assert list(audit(using=database)) == []
