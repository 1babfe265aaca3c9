"""The one place where a transaction begins. An action is decorated with `durable`; the inner half of one,
which another action calls inside its own, is named `…_within` and begins with `assert_open()`.

`durable` inside an open transaction of the kit joins it, so that a request can be one transaction whole. The
outermost one is tried again when the database ended it for another's sake (a deadlock, a serialization
failure): nothing of it has happened then.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

P = ParamSpec("P")
R = TypeVar("R")

_MOST_TRIES = 8
_FOR_ANOTHERS_SAKE = ("40001", "40P01")

_open: ContextVar[bool] = ContextVar("pinback_transaction", default=False)


def durable(action: Callable[P, R]) -> Callable[P, R]:
    """Run `action` in one transaction, committed when it returns; whatever it raises takes all of it back."""

    @wraps(action)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        if _open.get():
            return action(*args, **kwargs)
        return _outermost(lambda: action(*args, **kwargs))

    return inside


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
    stop=stop_after_attempt(_MOST_TRIES),
    wait=wait_random_exponential(multiplier=0.01, max=0.5),
    reraise=True,
)
def _outermost(call: Callable[[], R]) -> R:
    token = _open.set(True)
    try:
        with transaction.atomic(durable=True):
            return call()
    finally:
        _open.reset(token)
