"""Audits that the operator asks for: run by a worker, with progress, and the last result kept (F2).

An audit reads one moment of the whole database over a connection of its own, as a reader: on SQLite it keeps
no writer waiting. What it says of its progress goes over the usual connection, so that it is seen meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Thread

from django.db import Error, IntegrityError, connections, transaction
from django.db.models import Q, QuerySet

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_operator
from pinback.catalog.queries import id_or_not_found
from pinback.insight.models import AuditRun
from pinback.kit import clock
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import NotFound
from pinback.kit.transactions import durable
from pinback.settlement.audit import audit
from pinback.settlement.models import Event

MOST_KEPT = 100
_GONE_AFTER = timedelta(minutes=10)
_ALIAS = "audit"
_OPEN = ("requested", "running")


@durable
def request_audit(*, acting: Actor, now: datetime) -> AuditRun:
    """Ask for an audit; one that waits already is the same one. Raises NotFound to all but the operator."""
    check_operator(acting, "audit.run")
    waiting = AuditRun.objects.filter(status="requested").first()
    if waiting is not None:
        return waiting
    run = AuditRun(id=new_id(), person_id=acting.person_id, requested_at=now)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        return AuditRun.objects.get(status="requested")
    note_change("audit", run.pk, before="", after="requested", now=now, person_id=acting.person_id)
    return run


def last_audit() -> AuditRun | None:
    """The last audit that is done, or failed."""
    return AuditRun.objects.exclude(status__in=_OPEN).order_by("-id").first()


def audits(actor: Actor) -> QuerySet[AuditRun]:
    """All audits. Raises NotFound to everybody but the operator, and keys with `audit.run`."""
    check_operator(actor, "audit.run")
    return AuditRun.objects.all()


def audit_named(actor: Actor, public: str) -> AuditRun:
    """One of them. Raises NotFound as `audits`, and for one that is not there."""
    found = audits(actor).filter(pk=id_or_not_found("audit", public)).first()
    if found is None:
        raise NotFound("audit", public)
    return found


def start_requested(now: datetime) -> int:
    """Run the audit that waits in a thread of its own, so that the other jobs go on; a job."""
    if not AuditRun.objects.filter(Q(status="requested") | _lost(now)).exists():
        return 0
    Thread(target=_run_and_close, args=(now,), name="audit", daemon=True).start()
    return 1


def _run_and_close(now: datetime) -> None:
    try:
        run_requested(now)
    finally:
        connections.close_all()


def run_requested(now: datetime) -> int:
    """Run the audit that waits, if one does and no other runs. Returns how many were run."""
    _give_up_lost(now=now)
    waiting = AuditRun.objects.filter(status="requested").first()
    if waiting is None or not _claim(waiting, now=now):
        return 0
    try:
        differences, kept = _read(waiting.pk)
    except Error as error:
        _finish(waiting.pk, status="failed", problem=str(error)[:500])
        return 1
    _finish(waiting.pk, status="done", differences=differences, first_differences=kept)
    return 1


@durable
def _claim(run: AuditRun, *, now: datetime) -> bool:
    """Make it this worker's; the database lets one run at a time."""
    mine = AuditRun.objects.filter(pk=run.pk, status="requested")
    try:
        with transaction.atomic():
            claimed = mine.update(status="running", started_at=now, seen_at=now, events=Event.objects.count())
    except IntegrityError:
        return False
    if claimed:
        note_change("audit", run.pk, before="requested", after="running", now=now)
    return bool(claimed)


@durable
def _give_up_lost(*, now: datetime) -> None:
    """An audit of which nothing was heard for long died with its worker."""
    lost = AuditRun.objects.filter(_lost(now))
    for run_id in list(lost.values_list("pk", flat=True)):
        if lost.filter(pk=run_id).update(status="failed", problem="interrupted", finished_at=now):
            note_change("audit", run_id, before="running", after="failed", now=now, note="interrupted")


def _lost(now: datetime) -> Q:
    return Q(status="running", seen_at__lt=now - _GONE_AFTER)


def _read(run_id: int) -> tuple[int, list[str]]:
    def progress(done: int) -> None:
        AuditRun.objects.filter(pk=run_id).update(events_done=done, seen_at=clock.now())

    differences = 0
    kept: list[str] = []
    with _reader() as alias:
        for difference in audit(using=alias, on_progress=progress):
            differences += 1
            if len(kept) < MOST_KEPT:
                kept.append(str(difference)[:500])
    return differences, kept


@contextmanager
def _reader() -> Iterator[str]:
    """A connection to the same database that begins its transactions as a reader."""
    settings = connections.settings["default"]
    options = dict(settings.get("OPTIONS", {}))
    if "sqlite3" in settings["ENGINE"]:
        options["transaction_mode"] = "DEFERRED"
    connections.settings[_ALIAS] = {**settings, "OPTIONS": options}
    try:
        yield _ALIAS
    finally:
        connections[_ALIAS].close()
        del connections[_ALIAS]
        connections.settings.pop(_ALIAS, None)


@durable
def _finish(
    run_id: int,
    *,
    status: str,
    problem: str = "",
    differences: int = 0,
    first_differences: list[str] | None = None,
) -> None:
    now = clock.now()
    run = AuditRun.objects.get(pk=run_id)
    finished = AuditRun.objects.filter(pk=run_id, status="running").update(
        status=status,
        problem=problem,
        differences=differences,
        first_differences=first_differences or [],
        events_done=run.events if status == "done" else run.events_done,
        finished_at=now,
        seen_at=now,
    )
    if finished:
        note_change("audit", run_id, before="running", after=status, now=now, note=problem)
