"""A settling process is killed before every single statement of a batch, and right before its commit."""

import os
import signal
import warnings
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connections

from pinback.kit import driver
from pinback.settlement.actions import settle
from pinback.settlement.audit import audit
from pinback.settlement.document import state_document
from tests.races.market import check_quiet
from tests.support.databases import alias_of
from tests.support.rows import everything
from tests.support.settling import fold_stream, incoming
from tests.support.steady import steady_stream

pytestmark = pytest.mark.slow


class Death:
    """Kills this process at the n-th moment at which something is sent to the database; counts them."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.moments = 0

    def come(self, *_: Any) -> None:
        """One more moment."""
        self.moments += 1
        if self.moments == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method that is such a moment."""

        def call(*arguments: Any, **options: Any) -> Any:
            self.come()
            return method(*arguments, **options)

        return call

    def lie_in_wait(self, alias: str) -> None:
        """In a process that ends: nothing of this is taken back."""
        connections[alias].ensure_connection()
        if connections[alias].vendor == "sqlite":
            connections[alias].connection.set_trace_callback(self.come)
            return
        for owner, name in (
            (psycopg.Cursor, "execute"),
            (psycopg.Cursor, "copy"),
            (psycopg.Copy, "write"),
            (psycopg.Connection, "commit"),
            # What goes out at once: each statement before it is sent, and each answer before it is read.
            (driver, "_bound"),
            (driver, "_next_result"),
        ):
            setattr(owner, name, self.before(getattr(owner, name)))


def settle_and_die(alias: str, batch: list[Any], at: int) -> tuple[bool, int]:
    """In a fork, settle a batch and die at that moment; whether it died, and if not, how many there were."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Later Pythons warn of forks beside threads; none of those here holds what the child needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        death = Death(at)
        try:
            death.lie_in_wait(alias)
            settle(batch, using=alias)
            os.write(writing, str(death.moments).encode())
        finally:
            os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    said = os.read(reading, 100)
    os.close(reading)
    return os.WIFSIGNALED(status), int(said or b"0")


def test_killed_before_every_statement(address: str) -> None:
    stream = steady_stream(28, 700)
    events = incoming(stream)
    # Few events that write to every table: each row is a statement on SQLite.
    before, batch, after = events[:364], events[364:378], events[378:]
    with alias_of(address) as alias:
        settle(before, using=alias)
        untouched = everything(alias)
        moment, died = 0, True
        while died:
            moment += 1
            # A connection must not be shared with a fork.
            connections[alias].close()
            died, moments = settle_and_die(alias, batch, moment)
            if died:
                assert everything(alias) == untouched, f"half a batch, before statement {moment}"
        assert moments == moment - 1 > 20
        # The last one did not die: its commit was the last statement.
        assert everything(alias) != untouched
        settle(batch + after, using=alias)
        assert b"".join(state_document(alias)) == fold_stream(stream)[1]
        assert list(audit(using=alias)) == []
        check_quiet(alias)
