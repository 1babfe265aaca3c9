"""Large batches: what is sent while the rules still fold goes back with everything else, and every text
arrives as it was, whether it travels by COPY, in arrays, or alone.
"""

import json
from typing import Any
from unittest import mock

import pytest

from pinback.rules.reading import content_of
from pinback.rules.settle import settle as fold
from pinback.settlement import actions
from pinback.settlement.actions import Incoming, settle
from pinback.settlement.audit import audit
from pinback.settlement.document import state_document
from tests.support.rows import everything, run_sql
from tests.support.settling import fold_stream, incoming
from tests.support.steady import steady_stream


@pytest.mark.slow
def test_what_was_sent_while_folding_goes_back(database: str) -> None:
    """The rules fail after the log and the ledger were sent in parts."""
    stream = steady_stream(5, 1_800)
    events = incoming(stream)
    settle([], using=database)
    before = everything(database)
    folded = iter(range(len(events)))

    def failing(*given: Any) -> Any:
        if next(folded) == len(events) - 100:
            raise ZeroDivisionError("the test breaks the rules")
        return fold(*given)

    with mock.patch.object(actions, "fold", failing), pytest.raises(ZeroDivisionError):
        settle(events, using=database)
    assert everything(database) == before
    settle(events, using=database)
    assert b"".join(state_document(database)) == fold_stream(stream)[1]
    assert list(audit(using=database)) == []


TEXTS = (
    "",
    "null",
    "NULL",
    "\\N",
    "\\.",
    'a "quoted" word',
    "back\\slash, \\\\ and \\n",
    "tab\tline\nfeed\rreturn",
    "".join(map(chr, range(0x20))),
    "\x7f\x80\u2028",
    "],\n[1,",
    "{},{NULL}",
    "拼单返现 🎉",
)


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_every_text_arrives(database: str, batch: int) -> None:
    events = [
        _event("shop.opened", 0),
        *(
            _event("campaign.created", n, campaign=f"c{n}", name=text, **_TERMS)
            for n, text in enumerate(TEXTS * 8, start=1)
        ),
    ]
    for start in range(0, len(events), batch):
        made = settle(events[start : start + batch], using=database)
        assert {decisions[0].type for decisions in made} == {"event.applied"}
    expected = [(content_of(incoming.event),) for incoming in events]  # type: ignore[arg-type]
    assert run_sql(database, "SELECT content FROM settlement_event ORDER BY id") == expected
    assert list(audit(using=database)) == []


def test_ids_of_every_character_arrive(database: str) -> None:
    """Of all that an id may hold, also what separates, quotes and escapes in COPY and in arrays."""
    odd = "".join(map(chr, (*range(0x21, 0x2F), *range(0x30, 0x7F))))
    ids = [odd[:50], odd[50:], "\\", '"', "\\N", "\\.", "null", "NULL", "{}", ",", "'", '\\"']
    lines = [{"product": "\\", "quantity": 1, "unit_price": 100}]
    placed = [
        _event("order.placed", n, order=f"{id_[:60]}{n}", buyer=id_, lines=lines)
        for n, id_ in enumerate(ids * 5)
    ]
    settle(placed, using=database)
    for one in placed:
        order = one.event.order  # type: ignore[union-attr]
        settle([_event("order.paid", 1000 + one.line, order=order, amount=100)], using=database)
    buyers = run_sql(database, "SELECT buyer FROM settlement_order WHERE status = 'paid' ORDER BY id")
    assert buyers == [(id_,) for id_ in ids * 5]
    assert list(audit(using=database)) == []


_TERMS = {"threshold": 1000, "rebate": 100, "quantity": 10}


def _event(kind: str, number: int, **fields: Any) -> Incoming:
    line = {"id": f"e{number}", "type": kind, "at": "2026-11-11T16:00:00Z", "shop": "s", **fields}
    (one,) = incoming(json.dumps(line).encode())
    return Incoming(number, one.event)
