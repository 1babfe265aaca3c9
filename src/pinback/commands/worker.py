"""`pinback worker`: what must happen without anybody asking, by timers; any number of workers at once."""

import logging
import signal
import time
from argparse import ArgumentParser, Namespace
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

from pinback.commands.setup import add_database_argument, open_database
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from pinback.kit.jobs import Job

_LOOK_SECONDS = 0.2

log = logging.getLogger("pinback.worker")

HELP = _("do what is due: timers, refunds on their way, webhooks")
DESCRIPTION = _("""\
Does what must happen without anybody asking: closes orders that were not paid, fails groups that are over,
sends refunds, delivers webhooks. Runs until it is stopped with Ctrl-C or SIGTERM, after the job at hand.
Several workers at once share the work. `pinback serve` has one inside.

  pinback worker
  pinback worker --once --database postgresql://localhost/shop
""")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback worker`."""
    add_database_argument(parser)
    parser.add_argument("--once", action="store_true", help=_("do all that is due now, then end"))


def run(arguments: Namespace) -> int:
    """Run the command until it is told to stop."""
    open_database(arguments.database)
    stop = Event()

    def stopped(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - how signals come
        stop.set()

    before = {number: signal.signal(number, stopped) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        if arguments.once:
            work_once()
        else:
            print(_("The worker is at work (Ctrl-C stops it)"), flush=True)
            work(stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def work(stop: Event) -> None:
    """Run each job when it is due, until `stop` is set; then wait for deliveries that are on their way."""
    from django.db import connections

    from pinback.api.webhooks.delivering import finish

    due: dict[str, float] = {}
    try:
        while not stop.is_set():
            _run_due(due, stop)
            stop.wait(_LOOK_SECONDS)
        finish()
    finally:
        connections.close_all()


def _run_due(due: dict[str, float], stop: Event) -> None:
    from pinback.kit.jobs import jobs

    for job in jobs():
        if stop.is_set():
            return
        if time.monotonic() >= due.get(job.name, 0.0):
            run_job(job)
            due[job.name] = time.monotonic() + job.every_seconds


def work_once() -> None:
    """Run every job once, and wait for the deliveries that it began."""
    from pinback.api.webhooks.delivering import finish
    from pinback.kit.jobs import jobs

    for job in jobs():
        run_job(job)
    finish()


def run_job(job: "Job") -> int:
    """Run a job's sweep; its failure is logged and stops no other. Returns how much it did."""
    from django.db import close_old_connections

    from pinback.kit import clock

    close_old_connections()
    try:
        done = job.sweep(clock.now())
    except Exception:
        log.exception("job failed: %s", job.name)
        return 0
    finally:
        close_old_connections()
    if done:
        log.debug("%s: %s", job.name, done)
    return done
