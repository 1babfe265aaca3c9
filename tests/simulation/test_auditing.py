"""The auditor stands apart from what it audits, reads the feed strictly, and notices a database that lies."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from simulation import auditing
from simulation.auditing.feed import Feed
from simulation.auditing.records import Fault
from simulation.engines import Batch, DatabaseEngine, RulesEngine
from simulation.run import Run, Settings
from simulation.story import Broken

FOLDER = Path(auditing.__file__).parent
EVENT = {"id": "e1", "type": "clock.ticked", "at": "2026-11-10T10:00:00Z", "shop": "S"}
ABOUT = {"cause": "e1", "at": "2026-11-10T10:00:00Z", "shop": "S"}
APPLIED = {"type": "event.applied"} | ABOUT
DUPLICATE = {"type": "event.duplicate"} | ABOUT
REFUSED = {"type": "event.refused", "code": "wrong_state", "detail": "no", "line": 1} | ABOUT
CONFLICT = REFUSED | {"code": "event_conflict"}
EXPIRED = {"type": "voucher.changed", "status": "expired", "returned": 1} | ABOUT


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_auditor_reads_no_code_that_it_audits(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.partition(".")[0] not in ("pinback", "tests", "django"), f"{path.name} imports {name}"


@pytest.mark.parametrize(
    ("answers", "clause"),
    [
        ([[]], "feed"),
        ([[EXPIRED | {"voucher": "S/c/1"}]], "feed"),
        ([[APPLIED, APPLIED]], "feed"),
        ([[APPLIED | {"shop": "T"}]], "feed"),
        ([[APPLIED | {"at": "2026-11-10T10:00:01Z"}]], "feed"),
        ([[REFUSED, EXPIRED | {"voucher": "S/c/1"}]], "feed"),
        ([[REFUSED | {"code": "no_code"}]], "feed"),
        ([[REFUSED | {"code": "bad_event"}]], "feed"),
        ([[APPLIED, EXPIRED | {"voucher": "S/c/10"}, EXPIRED | {"voucher": "S/c/9"}]], "feed"),
        ([[APPLIED], [APPLIED]], "settled once"),
        ([[APPLIED], [REFUSED]], "settled once"),
        ([[APPLIED], [CONFLICT]], "settled once"),
        ([[DUPLICATE]], "settled once"),
        ([[CONFLICT]], "settled once"),
    ],
)
def test_a_feed_that_is_not_in_order(answers: list[list[dict[str, Any]]], clause: str) -> None:
    feed = Feed()
    for answer in answers[:-1]:
        feed.read(EVENT, answer)
    with pytest.raises(Fault) as fault:
        feed.read(EVENT, answers[-1])
    assert fault.value.clause == clause


def test_a_feed_that_is_in_order() -> None:
    feed = Feed()
    told: list[list[dict[str, Any]]] = [
        [REFUSED],
        [APPLIED, EXPIRED | {"voucher": "S/c/9"}, EXPIRED | {"voucher": "S/c/10"}],
        [DUPLICATE],
    ]
    assert [feed.read(EVENT, answer) for answer in told] == ["wrong_state", "applied", "duplicate"]
    assert (
        feed.read(EVENT | {"at": "2026-11-10T10:00:00Z", "type": "shop.opened"}, [CONFLICT])
        == "event_conflict"
    )
    assert feed.read(EVENT, [REFUSED], placed=False) == "wrong_state"


class LyingEngine(DatabaseEngine):
    """A database in which something is changed by hand after some batches."""

    def __init__(self, alias: str, statement: str) -> None:
        super().__init__(alias)
        self._connection, self._statement = connections[alias], statement
        self._batches = 0

    def settle(self, batch: Batch) -> list[list[dict[str, Any]]]:
        """As ever, until the fiftieth batch."""
        self._batches += 1
        if self._batches == 50:
            with self._connection.cursor() as cursor:
                cursor.execute(self._statement)
        return super().settle(batch)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "clauses"),
    [
        ("UPDATE settlement_shop SET marketing_minor = marketing_minor + 1", ("state",)),
        (
            "UPDATE settlement_campaign SET issued = issued - 1 WHERE issued > 0",
            ("engine", "prepaid", "state"),
        ),
        ("DELETE FROM settlement_posting WHERE number = 1", ("audit",)),
    ],
)
def test_a_database_that_lies_is_noticed(database: str, statement: str, clauses: tuple[str, ...]) -> None:
    with pytest.raises(Broken) as broken:
        Run(Settings(2, 10), LyingEngine(database, statement)).live(model=False)
    assert broken.value.fault.clause in clauses


def silent(batch: Batch) -> list[list[dict[str, Any]]]:
    """Settle nothing, and say so."""
    return [[] for _ in batch]


def failing(batch: Batch) -> list[list[dict[str, Any]]]:
    """Fail."""
    raise ZeroDivisionError


@pytest.mark.parametrize(("settle", "clause"), [(silent, "feed"), (failing, "engine")])
def test_an_engine_that_does_not_answer_is_noticed(
    settle: Callable[[Batch], Any], clause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = RulesEngine()
    monkeypatch.setattr(engine, "settle", settle)
    with pytest.raises(Broken) as broken:
        Run(Settings(2, 3), engine).live(model=False)
    assert broken.value.fault.clause == clause
