"""What the tests of the pages share: their cast, and a browser at an empty database in memory."""

from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.test import Client

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
def client() -> Client:
    """A browser without scripts, at an empty database."""
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    return Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
