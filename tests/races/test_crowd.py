"""The crowd itself: a caller whom the database refuses holds nobody up."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from tests.races.crowd import Crowd, by_processes, by_threads
from tests.races.market import placed
from tests.support.databases import alias_of, when_admitted

pytestmark = pytest.mark.slow

CALLERS = 6
CALLS = [[placed("s", f"o{n}", "b")] for n in range(CALLERS)]
FULL = "FATAL:  sorry, too many clients already"


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[str]:
    """The alias of a database that cannot be opened."""
    with alias_of(f"sqlite:///{tmp_path}/missing/folder/x.sqlite3") as alias:
        yield alias


@pytest.mark.parametrize("crowd", [by_threads, by_processes], ids=["threads", "processes"])
def test_a_crowd_that_is_not_let_in_says_so_at_once(nowhere: str, crowd: Crowd) -> None:
    began = time.monotonic()
    answers = Counter(answer[0].partition(":")[0] for answer in crowd(nowhere, CALLS))
    assert set(answers) <= {"error OperationalError", "error BrokenBarrierError"}
    assert answers["error OperationalError"] >= 1
    assert time.monotonic() - began < 60


def test_one_who_is_not_let_in_breaks_the_line_for_all(
    sqlite_alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, refused = DatabaseWrapper.get_new_connection, iter([True])

    def refuse_one(self: DatabaseWrapper, parameters: dict[str, object]) -> object:
        if next(refused, False):
            raise OperationalError("no such server")
        return connect(self, parameters)

    monkeypatch.setattr(DatabaseWrapper, "get_new_connection", refuse_one)
    answers = Counter(answer[0].partition(":")[0] for answer in by_threads(sqlite_alias, CALLS))
    assert answers == {"error OperationalError": 1, "error BrokenBarrierError": CALLERS - 1}


@pytest.mark.parametrize("kind", [OperationalError, psycopg.OperationalError])
def test_who_comes_to_a_full_server_comes_again(kind: type[Exception]) -> None:
    answers: Iterator[Exception | str] = iter([kind(FULL), kind(FULL), "in"])

    def connect() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert when_admitted(connect) == "in"


@pytest.mark.parametrize(("words", "patience"), [(FULL, 0.0), ("no such role", 60.0)])
def test_who_is_refused_for_good_is_told(words: str, patience: float) -> None:
    def connect() -> None:
        raise OperationalError(words)

    with pytest.raises(OperationalError, match=words):
        when_admitted(connect, patience_seconds=patience)


def test_a_crowd_waits_for_a_full_server(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = type(connections[database])
    connect, refused = wrapper.get_new_connection, iter([True] * 2 * CALLERS)

    def refuse_some(self: object, parameters: dict[str, object]) -> object:
        if next(refused, False):
            raise OperationalError(FULL)
        return connect(self, parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(wrapper, "get_new_connection", refuse_some)
    assert by_threads(database, CALLS) == [["applied"]] * CALLERS
