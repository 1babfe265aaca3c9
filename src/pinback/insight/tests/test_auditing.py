"""Audits as a job: progress, result, one at a time, and what becomes of one whose worker died."""

from datetime import timedelta
from threading import enumerate as enumerate_threads

import pytest

from pinback.insight import auditing
from pinback.insight.models import AuditRun
from pinback.kit import clock
from pinback.kit.clock import held_at
from pinback.kit.refusals import NotFound
from pinback.settlement.audit import replay
from pinback.settlement.models import Shop
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("open_market")


def test_an_audit_runs_and_keeps_its_result() -> None:
    cast = Cast()
    cast.buy("ann", cast.product())
    opal = Caller(cast, "opal")
    asked = opal.post("/operator/audits")
    assert (asked.status_code, asked.json()["status"]) == (202, "requested")
    assert opal.post("/operator/audits").json()["audit"] == asked.json()["audit"]
    assert auditing.run_requested(cast.now) == 1
    assert auditing.run_requested(cast.now) == 0
    done = opal.get(f"/operator/audits/{asked.json()['audit']}").json()
    assert (done["status"], done["differences"], done["first_differences"]) == ("done", 0, [])
    assert done["events"] == done["events_done"] > 0
    assert opal.get("/operator/overview").json()["last_audit"]["audit"] == done["audit"]


def test_an_audit_names_what_differs_and_shows_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_REPORT_EVERY", 1)
    cast = Cast()
    cast.buy("ann", cast.product())
    Shop.objects.filter(name="tea").update(marketing_minor=5)
    seen = []
    before = clock.now

    def look() -> object:
        seen.append(AuditRun.objects.get().events_done)
        return before()

    auditing.request_audit(acting=cast.actor("opal"), now=cast.now)
    monkeypatch.setattr(clock, "now", look)
    auditing.run_requested(cast.now)
    run = AuditRun.objects.get()
    assert run.status == "done"
    assert run.differences == len(run.first_differences) > 0
    assert "marketing_minor" in run.first_differences[0]
    # Written while the audit reads: over another connection, which on SQLite it does not lock out.
    assert seen[-1] == run.events


def test_one_at_a_time_and_a_lost_one_fails() -> None:
    cast = Cast()
    auditing.request_audit(acting=cast.actor("opal"), now=cast.now)
    AuditRun.objects.update(status="running", seen_at=cast.now, started_at=cast.now)
    auditing.request_audit(acting=cast.actor("opal"), now=cast.now)
    assert auditing.run_requested(cast.now) == 0
    later = cast.now + timedelta(minutes=11)
    with held_at(later):
        assert auditing.run_requested(later) == 1
    assert list(AuditRun.objects.order_by("id").values_list("status", "problem")) == [
        ("failed", "interrupted"),
        ("done", ""),
    ]


def test_the_operator_alone_asks() -> None:
    cast = Cast()
    with pytest.raises(NotFound):
        auditing.request_audit(acting=cast.actor("olive"), now=cast.now)


def test_the_job_runs_it_beside_the_others() -> None:
    cast = Cast()
    assert auditing.start_requested(cast.now) == 0
    auditing.request_audit(acting=cast.actor("opal"), now=cast.now)
    assert auditing.start_requested(cast.now) == 1
    for thread in enumerate_threads():
        if thread.name == "audit":
            thread.join(60)
    assert AuditRun.objects.get().status == "done"
