"""One writer for all threads of a process: each caller gets its own answer, and only its own fault."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from pinback.rules.decisions import Decision
from pinback.rules.reading import parse_line
from pinback.settlement import writer as writer_module
from pinback.settlement.actions import Incoming, settle
from pinback.settlement.audit import audit
from pinback.settlement.writer import Writer

CALLERS = 32
PATIENCE_SECONDS = 30


def event(kind: str, id_: str, **fields: Any) -> Incoming:
    written = {"id": id_, "type": kind, "at": "2026-11-10T02:00:00Z", "shop": "S", **fields}
    return Incoming(1, parse_line(json.dumps(written).encode()))


@pytest.fixture
def writer(database: str) -> Iterator[Writer]:
    made = Writer(using=database)
    yield made
    made.close()


def together(writer: Writer, calls: list[list[Incoming]], using: str) -> list[Any]:
    """What each call gets, answer or exception, when all are made while the writer is held up."""
    answers: list[Any] = [None] * len(calls)

    def call(place: int) -> None:
        try:
            answers[place] = writer.settle(calls[place])
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            answers[place] = error
        finally:
            connections[using].close()

    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(calls))]
    with writer._turn:
        for thread in threads:
            thread.start()
        _wait_until_all_have_called(writer)
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return answers


def _wait_until_all_have_called(writer: Writer) -> None:
    """The writer takes the first calls and waits for its turn; the others line up behind them."""
    before, steady = -1, 0
    while steady < 10:
        threading.Event().wait(0.02)
        steady = steady + 1 if len(writer._calls) == before else 0
        before = len(writer._calls)


def types(answer: list[list[Decision]]) -> list[str]:
    return [decision.type for decisions in answer for decision in decisions]


def test_one_caller_is_settled_as_without_a_writer(database: str, writer: Writer) -> None:
    assert types(writer.settle([event("shop.opened", "e")])) == ["event.applied"]
    assert types(writer.settle([event("shop.opened", "e")])) == ["event.duplicate"]


def test_callers_that_come_together_share_transactions(
    database: str, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def counting(batch: list[Incoming], *, using: str) -> list[list[Decision]]:
        sizes.append(len(batch))
        return settle(batch, using=using)

    monkeypatch.setattr(writer_module, "settle", counting)
    answers = together(writer, [[event("clock.ticked", f"e{n}")] for n in range(CALLERS)], database)
    assert [types(answer) for answer in answers] == [["event.applied"]] * CALLERS
    assert sum(sizes) == CALLERS
    assert len(sizes) < CALLERS // 2


def test_each_caller_gets_the_decisions_of_its_own_events(database: str, writer: Writer) -> None:
    calls = [[event("clock.ticked", f"e{n}-{m}") for m in range(n % 3 + 1)] for n in range(CALLERS)]
    for call, answer in zip(calls, together(writer, calls, database), strict=True):
        causes = [decision.cause for decisions in answer for decision in decisions]
        assert causes == [incoming.event.id for incoming in call if not isinstance(incoming.event, tuple)]


def test_a_refused_call_does_not_hurt_its_neighbours(database: str, writer: Writer) -> None:
    calls = [[event("clock.ticked", f"e{n}")] for n in range(CALLERS)]
    calls[5] = [event("order.paid", "e5", order="none", amount=1)]
    answers = together(writer, calls, database)
    assert types(answers.pop(5)) == ["event.refused"]
    assert [types(answer) for answer in answers] == [["event.applied"]] * (CALLERS - 1)


def test_a_failing_call_fails_alone(database: str, writer: Writer) -> None:
    calls = [[event("clock.ticked", f"e{n}")] for n in range(CALLERS)]
    calls[5] = [event("clock.ticked", f"many{n}") for n in range(5_001)]
    answers = together(writer, calls, database)
    assert isinstance(answers.pop(5), ValueError)
    assert [types(answer) for answer in answers] == [["event.applied"]] * (CALLERS - 1)
    assert list(audit(using=database)) == []


def test_a_neighbour_s_fault_is_not_one_s_own(
    database: str, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(batch: list[Incoming], *, using: str) -> list[list[Decision]]:
        if any(incoming.event.id == "bad" for incoming in batch if not isinstance(incoming.event, tuple)):
            raise OSError("the disk is full")
        return settle(batch, using=using)

    monkeypatch.setattr(writer_module, "settle", failing)
    calls = [[event("clock.ticked", "bad" if n == 5 else f"e{n}")] for n in range(CALLERS)]
    answers = together(writer, calls, database)
    assert isinstance(answers.pop(5), OSError)
    assert [types(answer) for answer in answers] == [["event.applied"]] * (CALLERS - 1)


def test_a_closed_writer_takes_nothing_more(database: str) -> None:
    writer = Writer(using=database)
    writer.close()
    with writer._turn, pytest.raises(RuntimeError, match="closed"):
        writer.settle([event("clock.ticked", "e")])
