"""What the tests of the pages share: their cast, and a browser at an empty database."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from conftest import as_default, empty

if TYPE_CHECKING:
    from tests.support.cast import Cast


@pytest.fixture
def cast(market: str) -> "Cast":
    """Everybody, now."""
    # Models can be imported only when Django is set up.
    from pinback.kit import clock
    from tests.support.cast import Cast

    return Cast(now=clock.now())


@pytest.fixture
def client(sqlite_alias: str) -> Iterator[Client]:
    """A browser without scripts, at an empty database."""
    with as_default(sqlite_alias):
        empty("default")
        yield Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
