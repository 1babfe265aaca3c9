"""Gets between the reading and the writing of a batch: the moment in which a race is lost.

This is the only place of the tests that knows where in settlement that moment is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from pinback.settlement import actions
from pinback.settlement.writing import write_back


@contextmanager
def between_reading_and_writing(act: Callable[[], None]) -> Iterator[None]:
    """Within this every settling batch calls `act` when it has read and decided, before it writes."""

    def act_and_write(*arguments: Any) -> None:
        act()
        write_back(*arguments)

    with mock.patch.object(actions, "write_back", act_and_write):
        yield
