"""A till that takes all payments of a test. What needs Django is imported when it is set up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.payments.cast import Till


@pytest.fixture
def till() -> "Iterator[Till]":
    """A till, at a time that stands still."""
    from pinback.kit.clock import held_at
    from tests.payments.cast import NOW, till_open

    with till_open() as till, held_at(NOW):
        yield till
