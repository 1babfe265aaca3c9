"""The controls: with its guard switched off, each race is lost, so the guard is what wins it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError, connections, transaction

from pinback.settlement.actions import settle_within
from tests.races.crowd import Answer, Batch, by_threads
from tests.races.guards import counting_lost_races, unguarded, without_constraints, without_locks
from tests.races.market import (
    REBATE,
    as_batch,
    campaign,
    check_quiet,
    check_sound,
    deal,
    differences,
    paid,
    placed,
    state_of,
    tell,
)
from tests.races.scenarios import (
    LastVoucher,
    OneVoucher,
    RefundAndPaying,
    RefundAndPlacing,
    SameEvent,
    SameLine,
    Scenario,
    StopDuringIssue,
    TickWhilePlacing,
    counted,
    statuses,
)
from tests.support.databases import alias_of, private_database
from tests.support.interleaving import between_reading_and_writing
from tests.support.rows import run_sql

pytestmark = pytest.mark.slow

CALLERS = 8


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The alias of a database that the test may take apart."""
    request.getfixturevalue(f"{request.param}_alias")
    with private_database(request.param, tmp_path, migrated=True) as url, alias_of(url) as alias:
        yield alias


def lost(alias: str, scenario: Scenario, callers: int = CALLERS) -> list[Answer]:
    """Run a race without guards; the check that it passes with them must fail."""
    race = scenario.race(callers)
    tell(alias, race.before)
    with unguarded(alias, callers):
        answers = by_threads(alias, race.calls)
    with pytest.raises(AssertionError):
        scenario.check(alias, answers)
    assert differences(alias)
    return answers


def stumbled(monkeypatch: pytest.MonkeyPatch) -> list[DatabaseError]:
    """Notes every error of the database, also those after which settlement goes again."""
    noted: list[DatabaseError] = []
    exit_of = transaction.Atomic.__exit__

    def note(self: transaction.Atomic, kind: object, error: object, trace: object) -> None:
        if isinstance(error, DatabaseError):
            noted.append(error)
        exit_of(self, kind, error, trace)  # type: ignore[arg-type]

    monkeypatch.setattr(transaction.Atomic, "__exit__", note)
    return noted


# --- all guards off: the wrong thing happens --------------------------------------------------------------


def test_one_voucher_is_placed_on_every_order(database: str) -> None:
    answers = lost(database, OneVoucher())
    assert counted(answers) == {"applied": CALLERS}
    assert statuses(state_of(database), "orders", "s/o") == {"placed": CALLERS}


def test_the_last_voucher_is_issued_to_everybody(own: str) -> None:
    without_constraints(own, "settlement_voucher")
    answers = lost(own, LastVoucher())
    assert counted(answers) == {"applied": CALLERS}
    assert run_sql(own, "SELECT count(*) FROM settlement_voucher WHERE code = 's/c/10'") == [(CALLERS,)]


def test_the_same_event_is_applied_each_time(own: str) -> None:
    without_constraints(own, "settlement_event")
    answers = lost(own, SameEvent())
    assert counted(answers) == {"applied": CALLERS}
    assert state_of(own)["shops"]["s"]["sales"] == 1000 - 7 * CALLERS


def test_a_voucher_is_given_back_to_the_shop_and_kept_by_an_order(database: str) -> None:
    answers = lost(database, RefundAndPlacing(), callers=2)
    assert counted(answers) == {"applied": 2}
    state = state_of(database)
    assert state["orders"]["other/o0"]["status"] == "placed"
    assert state["orders"]["s/source0"]["status"] == "refunded"
    assert state["shops"]["s"]["marketing"] == REBATE


def test_a_voucher_is_given_back_to_the_shop_and_paid_with(database: str) -> None:
    answers = lost(database, RefundAndPaying(), callers=2)
    assert counted(answers) == {"applied": 2}
    state = state_of(database)
    # The shop has its fen back, and the buyer has both the whole refund and the advantage.
    assert state["shops"]["s"]["marketing"] == REBATE
    assert state["orders"]["s/source0"]["payout"] == 1000
    moved = run_sql(database, "SELECT count(*) FROM settlement_posting WHERE source = 'voucher:s/c/1'")
    assert moved == [(2,)]


def test_one_line_is_refunded_more_often_than_it_has_units(database: str) -> None:
    answers = lost(database, SameLine(received=False))
    assert counted(answers) == {"applied": CALLERS}
    out = run_sql(database, "SELECT sum(amount_minor) FROM settlement_posting WHERE target = 'external'")
    assert out == [(1000 * CALLERS,)]
    assert state_of(database)["orders"]["s/o"]["cash"] == 2000


def test_a_stopped_campaign_gives_back_what_it_issues(database: str) -> None:
    answers = lost(database, StopDuringIssue(), callers=2)
    assert counted(answers) == {"applied": 2}
    state = state_of(database)
    assert len(state["vouchers"]) == 1
    assert state["shops"]["s"]["marketing"] == REBATE * 1000


def test_a_voucher_is_expired_and_locked(database: str) -> None:
    answers = lost(database, TickWhilePlacing())
    assert counted(answers) == {"applied": CALLERS}
    state = state_of(database)
    assert statuses(state, "orders", "s/o") == {"placed": CALLERS - 1}
    assert state["shops"]["s"]["marketing"] == REBATE * (CALLERS - 1)


# --- some guards off: the next one notices, and settlement goes again -------------------------------------

NOTICED_BY_GUARDS = (
    OneVoucher(),
    LastVoucher(),
    RefundAndPlacing(),
    RefundAndPaying(),
    SameLine(received=True),
    TickWhilePlacing(),
)


def name_of(scenario: Scenario) -> str:
    """What pytest calls it."""
    return type(scenario).__name__


@pytest.mark.parametrize("scenario", NOTICED_BY_GUARDS, ids=name_of)
def test_without_locks_a_write_notices_that_it_lost(
    database: str, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome is right. (The log need not be in order: for that there is the lock alone.)"""
    race = scenario.race(CALLERS)
    tell(database, race.before)
    errors = stumbled(monkeypatch)
    with counting_lost_races() as races, without_locks(database, CALLERS):
        answers = by_threads(database, race.calls)
    # Usually the update; where rows are written together, PostgreSQL may come to a unique key first.
    assert races or (isinstance(scenario, LastVoucher) and errors)
    scenario.check(database, answers)
    check_quiet(database)


@pytest.mark.parametrize("scenario", [LastVoucher(), SameEvent()], ids=name_of)
def test_without_all_that_a_unique_key_notices(
    database: str, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = scenario.race(CALLERS)
    tell(database, race.before)
    errors = stumbled(monkeypatch)
    with unguarded(database, CALLERS):
        answers = by_threads(database, race.calls)
    assert any("unique" in str(error).lower() for error in errors)
    scenario.check(database, answers)
    check_quiet(database)


def test_without_all_that_a_check_notices(database: str) -> None:
    """Units of which fewer are sold than are taken back."""
    race = SameLine(received=True).race(3)
    tell(database, race.before)
    with unguarded(database, 3):
        answers = by_threads(database, race.calls)
    assert any("product_sales_not_negative" in one for one in counted(answers))


# --- the guards on: that moment does not come -------------------------------------------------------------


def test_with_locks_nobody_reads_before_the_other_has_written(database: str) -> None:
    race = OneVoucher().race(2)
    tell(database, race.before)
    line = threading.Barrier(2)
    met: list[int] = []

    def wait_in_vain() -> None:
        with suppress(threading.BrokenBarrierError):
            met.append(line.wait(0.3))

    with between_reading_and_writing(wait_in_vain):
        answers = by_threads(database, race.calls)
    assert met == []
    OneVoucher().check(database, answers)


# --- the order of the locks -------------------------------------------------------------------------------


@pytest.mark.postgres
def test_shops_that_are_locked_in_any_order_deadlock(postgres_alias: str, own_postgres: str) -> None:
    """Two callers who hold a shop each already, and then settle what reaches into the other's."""
    tell(own_postgres, [*campaign("a"), *campaign("b"), *deal("a", "source", "x"), *deal("b", "source", "y")])
    batches: Sequence[Batch] = [
        [placed("a", "o", "y", voucher="b/c/1"), paid("a", "o", voucher=True)],
        [placed("b", "o", "x", voucher="a/c/1"), paid("b", "o", voucher=True)],
    ]
    line = threading.Barrier(2)
    errors: list[str | None] = []

    def call(shop: str, batch: Batch) -> None:
        try:
            with transaction.atomic(using=own_postgres):
                run_sql(own_postgres, "SELECT 1 FROM settlement_shop WHERE name = %s FOR UPDATE", [shop])
                line.wait(20)
                settle_within(as_batch(batch), using=own_postgres)
        except OperationalError as error:
            errors.append(getattr(error.__cause__, "sqlstate", None))
        finally:
            connections[own_postgres].close()

    threads = [threading.Thread(target=call, args=pair) for pair in zip("ab", batches, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == ["40P01"]
    # Left to itself, settlement locks them in one order, and both get through.
    assert by_threads(own_postgres, batches).count(["applied", "applied"]) >= 1
    check_sound(own_postgres)


@pytest.fixture
def own_postgres(postgres_alias: str, tmp_path: Path) -> Iterator[str]:
    """The alias of a PostgreSQL database that the test may take apart."""
    with private_database("postgres", tmp_path, migrated=True) as url, alias_of(url) as alias:
        yield alias
