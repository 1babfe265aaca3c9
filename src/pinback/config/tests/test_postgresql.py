"""A connection that lay idle is looked at without asking the server, and a lost one is seen to be lost."""

import time
from typing import Any

import pytest
from django.db import connections

from pinback.config.postgresql.base import DatabaseWrapper

pytestmark = pytest.mark.postgres


def _asked(wrapper: Any, pid: int) -> Any:
    """When the server was last asked something by a connection."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT query_start FROM pg_stat_activity WHERE pid = %s", [pid])
        return cursor.fetchone()


def test_an_idle_connection_is_usable_until_the_server_ends_it(postgres_alias: str) -> None:
    idle: Any = connections[postgres_alias].copy()
    other = connections[postgres_alias].copy()
    assert isinstance(idle, DatabaseWrapper)
    try:
        idle.ensure_connection()
        pid = idle.connection.info.backend_pid
        before = _asked(other, pid)
        assert idle.is_usable()
        assert _asked(other, pid) == before, "the server was asked"
        idle.errors_occurred = True
        assert idle.is_usable()
        assert _asked(other, pid) != before, "after an error it is"
        idle.errors_occurred = False
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        until = time.monotonic() + 10
        while idle.is_usable() and time.monotonic() < until:
            time.sleep(0.01)
        assert not idle.is_usable()
    finally:
        idle.close()
        other.close()
