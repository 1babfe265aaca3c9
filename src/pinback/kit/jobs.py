"""What must happen without anybody asking: jobs that each sweep some rows that are due, in small
transactions.

An app registers its jobs in its `registrations`; `pinback worker` runs them, any number of workers at once.
A job takes what is due by a guarded write, so two workers never do the same thing twice; it returns how much
it did.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from pinback.kit.registrations import register_all


class Job(NamedTuple):
    """A job: its name, how often it is due, and its sweep, which is given the present moment."""

    name: str
    every_seconds: int
    sweep: Callable[[datetime], int]


_jobs: dict[str, Job] = {}


def register_job(name: str, *, every_seconds: int, sweep: Callable[[datetime], int]) -> None:
    """Make a job known to the workers."""
    _jobs[name] = Job(name, every_seconds, sweep)


def jobs() -> Sequence[Job]:
    """All jobs, in the order in which their apps stand."""
    register_all()
    return tuple(_jobs.values())
