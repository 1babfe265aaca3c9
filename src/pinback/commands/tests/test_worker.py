"""`pinback worker`: jobs fail alone, several workers share them, a signal ends it after the job at hand."""

import logging
import os
import signal
from datetime import datetime
from threading import Event, Thread

import pytest

from pinback.commands import worker
from pinback.kit import jobs
from tests.support.pinback import run_pinback, start_pinback


@pytest.fixture
def no_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the jobs of the test."""
    monkeypatch.setattr(jobs, "_jobs", {})


@pytest.mark.usefixtures("no_jobs", "open_market")
def test_a_job_that_fails_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done = []

    def failing(now: datetime) -> int:
        raise RuntimeError("this job is broken")

    def working(now: datetime) -> int:
        done.append(now)
        return 1

    jobs.register_job("broken", every_seconds=1, sweep=failing)
    jobs.register_job("whole", every_seconds=1, sweep=working)
    with caplog.at_level(logging.ERROR):
        worker.work_once()
    assert len(done) == 1
    assert "job failed: broken" in caplog.text


@pytest.mark.usefixtures("no_jobs", "open_market")
def test_it_ends_after_the_job_at_hand() -> None:
    stop, ended, later = Event(), [], []

    def slow(now: datetime) -> int:
        stop.set()
        ended.append(now)
        return 1

    def never(now: datetime) -> int:
        later.append(now)
        return 1

    jobs.register_job("slow", every_seconds=60, sweep=slow)
    jobs.register_job("later", every_seconds=60, sweep=never)
    thread = Thread(target=worker.work, args=(stop,))
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert (len(ended), len(later)) == (1, 0)


@pytest.mark.slow
def test_once_and_by_signal(address: str) -> None:
    assert run_pinback("worker", "--once", "--database", address).code == 0
    process = start_pinback("worker", "--database", address)
    assert process.stdout is not None
    assert b"at work" in process.stdout.readline()
    os.kill(process.pid, signal.SIGTERM)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
