"""The one clock: whole seconds in UTC, held by tests, set forward in a sandbox, and nowhere else."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest
from django.conf import settings

from pinback.kit import clock
from pinback.kit.models import SandboxClock
from pinback.kit.refusals import Refused

NOON = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox, whatever the environment says."""
    monkeypatch.setattr(settings, "PINBACK_SANDBOX", True)


@pytest.mark.usefixtures("market", "sandbox")
def test_it_tells_whole_seconds_in_utc() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    told = clock.now()
    assert told.tzinfo is UTC
    assert told.microsecond == 0
    assert before <= told <= datetime.now(UTC)


@pytest.mark.usefixtures("market", "sandbox")
def test_it_is_set_forward_again_and_again() -> None:
    clock.set_forward(3_600)
    clock.set_forward(60)
    assert SandboxClock.objects.get().offset_seconds == 3_660
    assert clock.now() - datetime.now(UTC) > timedelta(seconds=3_650)


@pytest.mark.usefixtures("market", "sandbox")
def test_it_is_never_set_back() -> None:
    with pytest.raises(ValueError, match="forward"):
        clock.set_forward(-1)
    assert not SandboxClock.objects.exists()


@pytest.mark.usefixtures("market", "sandbox")
def test_it_is_not_set_so_far_that_nothing_would_work_any_more() -> None:
    """There is no way back, and past the years that dates have every request would fail."""
    year = 366 * 24 * 3_600
    SandboxClock.objects.create(
        id=1, offset_seconds=int((clock.LATEST - datetime.now(UTC)).total_seconds()) - year
    )
    with pytest.raises(Refused):
        clock.set_forward(2 * year)
    assert clock.now() < clock.LATEST
    clock.set_forward(year - 3_600)
    with pytest.raises(Refused):
        clock.set_forward(7_200)
    assert clock.now() < clock.LATEST


@pytest.mark.usefixtures("market")
def test_outside_a_sandbox_it_cannot_be_set_and_what_was_set_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    SandboxClock.objects.create(id=1, offset_seconds=86_400)
    monkeypatch.setattr(settings, "PINBACK_SANDBOX", False)
    with pytest.raises(RuntimeError, match="sandbox"):
        clock.set_forward(1)
    assert clock.now() <= datetime.now(UTC)


def test_it_stands_still_where_it_is_held_and_goes_on_after_it() -> None:
    with clock.held_at(NOON):
        assert clock.now() == NOON
        with clock.held_at(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON


def test_a_held_moment_is_told_in_utc_and_without_its_fraction() -> None:
    shanghai = timezone(timedelta(hours=8))
    with clock.held_at(datetime(2026, 11, 10, 12, 0, 0, 999_999, tzinfo=shanghai)):
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC


def test_one_thread_does_not_hold_the_clock_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PINBACK_SANDBOX", False)
    seen: list[datetime] = []
    with clock.held_at(NOON):
        other = Thread(target=lambda: seen.append(clock.now()))
        other.start()
        other.join()
    assert seen[0] != NOON


@pytest.mark.usefixtures("market", "sandbox")
def test_a_block_reads_it_once_until_it_is_set() -> None:
    """Another process may set it meanwhile; the block goes on with what it knew, until it sets it itself."""
    with clock.read_once():
        before = clock.now()
        SandboxClock.objects.create(id=1, offset_seconds=86_400)
        assert clock.now() - before < timedelta(hours=1)
        clock.set_forward(60)
        assert clock.now() - before >= timedelta(days=1, seconds=60)
    assert clock.now() - before >= timedelta(days=1, seconds=60)
