"""A lost connection is made anew where that is safe, and what a lost commit did is found out, not guessed."""

import threading
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connections, transaction

from pinback.kit.patience import Patience
from pinback.rules.decisions import Decision
from pinback.rules.records import Policy
from pinback.settlement.actions import Incoming, settle, settle_within
from pinback.settlement.audit import audit
from pinback.settlement.policy import fix_policy
from pinback.settlement.reconnecting import Tries
from tests.races.market import as_batch, placed
from tests.support.interleaving import between_reading_and_writing
from tests.support.rows import run_sql
from tests.support.settling import fold_stream, incoming, settle_stream
from tests.support.steady import steady_stream

pytestmark = pytest.mark.postgres

STREAM = steady_stream(3, 120)


def end(alias: str) -> None:
    """End the server's side of the connection, from another one."""
    pid = connections[alias].connection.info.backend_pid
    other = connections.create_connection(alias)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Act at the first call only."""
    first = iter([True])
    return lambda: act() if next(first, False) else None


def types(decisions: list[list[Decision]]) -> set[str]:
    """What became of the events."""
    return {made[0].type for made in decisions}


class LostAnswer:
    """The commit happens, but its answer is lost with the connection; at the first time only."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.commit = psycopg.Connection.commit
        self.told = False

    def __call__(self, wire: Any) -> None:
        self.commit(wire)
        if not self.told:
            self.told = True
            end(self.alias)
            wire.execute("SELECT 1")


def losing_the_answer(alias: str) -> Any:
    """Within this the first commit's answer is lost."""
    lose = LostAnswer(alias)
    return mock.patch.object(psycopg.Connection, "commit", autospec=True, side_effect=lose)


def test_a_connection_that_ends_before_the_policy_is_fixed(postgres_database: str) -> None:
    """At the first use of a database, between the transaction that found no policy and the next one."""
    ending = once(lambda: end(postgres_database))

    def fixing(policy: Policy | None, *, using: str) -> Policy:
        ending()
        return fix_policy(policy, using=using)

    with mock.patch("pinback.settlement.actions.fix_policy", fixing):
        assert types(settle(incoming(STREAM)[:10], using=postgres_database)) == {"event.applied"}


def test_a_connection_that_ended_between_two_batches(postgres_database: str) -> None:
    settle(incoming(STREAM)[:10], using=postgres_database)
    end(postgres_database)
    assert types(settle(incoming(STREAM)[10:], using=postgres_database)) == {"event.applied"}
    assert list(audit(using=postgres_database)) == []


def test_a_connection_that_ends_in_the_middle(postgres_database: str) -> None:
    with between_reading_and_writing(once(lambda: end(postgres_database))):
        found = settle_stream(STREAM, using=postgres_database, batch=30)
    assert found == fold_stream(STREAM)
    assert list(audit(using=postgres_database)) == []


def test_a_commit_that_happened_though_nobody_said_so(postgres_database: str) -> None:
    settle(incoming(STREAM)[:1], using=postgres_database)
    with losing_the_answer(postgres_database):
        made = settle(incoming(STREAM), using=postgres_database)
    # The events before it were duplicates the first time, too.
    assert [one[0].type for one in made] == ["event.duplicate"] + ["event.applied"] * (len(made) - 1)
    assert list(audit(using=postgres_database)) == []


def test_without_looking_it_up_what_was_applied_would_be_told_as_a_duplicate(postgres_database: str) -> None:
    settle(incoming(STREAM)[:1], using=postgres_database)
    blind = mock.patch.object(Tries, "committed", return_value=None)
    with losing_the_answer(postgres_database), blind:
        assert types(settle(incoming(STREAM), using=postgres_database)) == {"event.duplicate"}


def test_a_transaction_of_the_caller_is_the_caller_s(postgres_database: str) -> None:
    settle(incoming(STREAM)[:1], using=postgres_database)

    def settle_and_lose() -> None:
        with transaction.atomic(using=postgres_database):
            end(postgres_database)
            settle_within(incoming(STREAM), using=postgres_database)

    with pytest.raises(DatabaseError):
        settle_and_lose()
    assert run_sql(postgres_database, "SELECT count(*) FROM settlement_event") == [(1,)]


def test_patience_ends(postgres_database: str, settings_patience: None) -> None:
    with pytest.raises(OperationalError), between_reading_and_writing(lambda: end(postgres_database)):
        settle(incoming(STREAM), using=postgres_database)
    assert run_sql(postgres_database, "SELECT count(*) FROM settlement_event") == [(0,)]


@pytest.fixture
def settings_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No patience at all."""
    from django.conf import settings

    monkeypatch.setattr(settings, "PINBACK_RECONNECT_SECONDS", 0)


def test_patience_waits_a_little_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "PINBACK_RECONNECT_SECONDS", 10)
    now, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    waiting = Patience()
    while waiting.wait():
        pass
    assert slept[:-1] == sorted(slept[:-1])
    assert slept[:3] == [0.05, 0.1, 0.2]
    assert sum(slept) == pytest.approx(10)


def test_what_is_wrong_with_the_question_is_no_lost_connection(postgres_database: str) -> None:
    with pytest.raises(DatabaseError) as raised:
        run_sql(postgres_database, "SELECT 1 / 0")
    tries = Tries(postgres_database)
    tries.begin()
    assert not tries.may_go_again(raised.value)


def test_many_callers_survive_that_all_connections_end(postgres_database: str) -> None:
    calls = [[as_batch([placed(f"s{n}", f"o{m}", "b")]) for m in range(60)] for n in range(4)]
    answers: list[set[str]] = []

    def call(batches: list[list[Incoming]]) -> None:
        try:
            answers.extend(types(settle(batch, using=postgres_database)) for batch in batches)
        finally:
            connections[postgres_database].close()

    threads = [threading.Thread(target=call, args=(batches,)) for batches in calls]
    for thread in threads:
        thread.start()
    others = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    ended = 0
    while any(thread.is_alive() for thread in threads) and ended < 40:
        ended += run_sql(postgres_database, others)[0][0]
    for thread in threads:
        thread.join(60)
    assert ended
    assert len(answers) == 4 * 60
    assert {kind for answer in answers for kind in answer} == {"event.applied"}
    assert list(audit(using=postgres_database)) == []
