"""Pages read the default database, which is in memory here, and empty at the start of each test."""

import pytest
from django.core.management import call_command
from django.test import Client


@pytest.fixture
def client() -> Client:
    """A browser without scripts, at an empty database."""
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    return Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
