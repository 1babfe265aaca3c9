"""The one place where a transaction begins. An action is decorated with `durable`; the inner half of one,
which another action calls inside its own, is named `…_within` and begins with `assert_open()`.

`durable` inside an open transaction of the kit joins it, so that a request can be one transaction whole. The
outermost one is tried again when the database ended it for another's sake (a deadlock, a serialization
failure): nothing of it has happened then.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

P = ParamSpec("P")
R = TypeVar("R")

_MOST_TRIES = 8
_FOR_ANOTHERS_SAKE = ("40001", "40P01")

_LONGEST_WAIT_SECONDS = 30.0
_line = Lock()

_open: ContextVar[bool] = ContextVar("pinback_transaction", default=False)
_reading: ContextVar[bool] = ContextVar("pinback_snapshot", default=False)


def durable(action: Callable[P, R]) -> Callable[P, R]:
    """Run `action` in one transaction, committed when it returns; whatever it raises takes all of it back."""

    @wraps(action)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        if _open.get():
            return action(*args, **kwargs)
        try:
            return _outermost(lambda: action(*args, **kwargs))
        except OperationalError as error:
            if not _ended_for_another(error):
                raise
        return _again(lambda: action(*args, **kwargs))

    return inside


def snapshot(read: Callable[P, R]) -> Callable[P, R]:
    """Run `read`, which writes nothing, in a transaction that sees one moment and waits for nobody: SQLite's
    one writer goes on meanwhile. Inside an open transaction it sees what that one sees.
    """

    @wraps(read)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return read(*args, **kwargs)
        token = _reading.set(True)
        try:
            with _one_moment(connections[DEFAULT_DB_ALIAS]):
                return read(*args, **kwargs)
        finally:
            _reading.reset(token)

    return inside


def is_snapshot() -> bool:
    """Whether the open transaction only reads, and so needs no locks."""
    return _reading.get()


@contextmanager
def _one_moment(wrapper: Any) -> Iterator[None]:
    if wrapper.vendor == "postgresql":
        with transaction.atomic(durable=True):
            with wrapper.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Every other transaction of SQLite takes the write lock when it begins (`config.databases`).
    mode = wrapper.transaction_mode
    wrapper.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic(durable=True):
            written = wrapper.connection.total_changes
            yield
            # PRAGMA query_only would let go of all statements that the driver keeps compiled.
            assert wrapper.connection.total_changes == written, "a snapshot is for reading"
    finally:
        wrapper.transaction_mode = mode


def assert_open() -> None:
    """Assert that the caller is inside a transaction."""
    assert connection.in_atomic_block, "this needs an open transaction"


def after_commit(call: Callable[[], None]) -> None:
    """Call when the transaction is committed; never if it is taken back.

    What is called may open transactions of its own. Its failure is logged and not the caller's: what was
    committed stays, and must not be tried again.
    """

    def called() -> None:
        token = _open.set(False)
        try:
            call()
        finally:
            _open.reset(token)

    transaction.on_commit(called, robust=True)


def _ended_for_another(error: BaseException) -> bool:
    return (
        isinstance(error, OperationalError)
        and getattr(error.__cause__, "sqlstate", None) in _FOR_ANOTHERS_SAKE
    )


@retry(
    retry=retry_if_exception(_ended_for_another),
    stop=stop_after_attempt(_MOST_TRIES - 1),
    wait=wait_random_exponential(multiplier=0.01, max=0.5),
    reraise=True,
)
def _again(call: Callable[[], R]) -> R:
    return _outermost(call)


def _outermost(call: Callable[[], R]) -> R:
    token = _open.set(True)
    turn = _Turn(connection.vendor)
    try:
        with transaction.atomic(durable=True):
            # The first of what is done after the commit, some of which asks the world.
            transaction.on_commit(turn.end)
            return call()
    finally:
        turn.end()
        _open.reset(token)


class _Turn:
    """The turn of a transaction among those of this process, on SQLite, which has one writer.

    Who finds the file locked looks again after pauses of up to a tenth of a second, and others come first
    meanwhile; here the next one is woken. It orders, and guards nothing: the file's own lock does, and
    that is what remains to those who wait too long.
    """

    def __init__(self, vendor: str) -> None:
        self._is_held = vendor == "sqlite" and _line.acquire(timeout=_LONGEST_WAIT_SECONDS)

    def end(self) -> None:
        """Let the next one have it; doing it again does nothing."""
        if self._is_held:
            self._is_held = False
            _line.release()
