"""`pinback operator`: makes the operator, makes keys with scopes, and ends them."""

import json
import sqlite3
from typing import Any

import pytest

from tests.support.pinback import call_pinback

OPAL = "opal@example.com"


def keys(address: str) -> list[Any]:
    """The scopes of each key, and whether it was ended."""
    with sqlite3.connect(address.removeprefix("sqlite:///")) as file:
        rows = file.execute("SELECT scopes, revoked_at FROM accounts_credential ORDER BY id").fetchall()
    file.close()
    return [(json.loads(scopes), revoked_at is not None) for scopes, revoked_at in rows]


def test_keys_are_made_with_scopes_and_ended(sqlite: str) -> None:
    engine = call_pinback("operator", OPAL, "--key", "engine", database=sqlite)
    assert (engine.code, engine.out[:4]) == (0, b"pbk_")
    scopes = ("--scope", "shops.admit", "--scope", "clock.set")
    deploy = call_pinback("operator", OPAL, "--key", "deploy", *scopes, database=sqlite)
    assert (deploy.code, deploy.out[:4]) == (0, b"pbk_")
    assert keys(sqlite) == [
        (["decisions.read", "events.write", "webhooks.write"], False),
        (["clock.set", "shops.admit"], False),
    ]
    ended = call_pinback("operator", OPAL, "--revoke", "deploy", database=sqlite)
    assert (ended.code, ended.out) == (0, b"1 keys ended\n")
    assert [was_ended for _scopes, was_ended in keys(sqlite)] == [False, True]
    assert call_pinback("operator", OPAL, "--revoke", "deploy", database=sqlite).code == 2


@pytest.mark.parametrize("scope", ["funds.pay_out", "staff.write", "everything"])
def test_a_scope_that_no_key_has_is_refused(sqlite: str, scope: str) -> None:
    ran = call_pinback("operator", OPAL, "--key", "x", "--scope", scope, database=sqlite)
    assert ran.code == 2
    assert "shops.admit" in ran.line
    assert keys(sqlite) == []
