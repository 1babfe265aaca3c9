"""Database addresses become settings that keep what is decided in a transaction true."""

from pathlib import Path
from typing import Any

import pytest

from pinback.config.databases import database

HOME = Path("/shop")


def settings_for(url: str) -> dict[str, Any]:
    return database(url, home=HOME, statement_timeout_ms=5000, lock_timeout_ms=700)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", "/shop/pinback.sqlite3"),
        (":memory:", ":memory:"),
        ("sqlite://:memory:", ":memory:"),
        ("sqlite:////var/pinback.sqlite3", "/var/pinback.sqlite3"),
        ("sqlite:///pinback.sqlite3", "pinback.sqlite3"),
    ],
)
def test_sqlite_addresses_lock_at_the_start_of_a_transaction(url: str, name: str) -> None:
    settings = settings_for(url)
    assert settings["ENGINE"] == "django.db.backends.sqlite3"
    assert settings["NAME"] == name
    assert settings["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in settings["OPTIONS"]["init_command"]
    assert "synchronous=FULL" in settings["OPTIONS"]["init_command"]


def test_postgresql_gets_its_timeouts() -> None:
    settings = settings_for("postgresql://shop:word@db.example:5433/pinback")
    assert settings["ENGINE"] == "pinback.config.postgresql"
    assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("db.example", 5433, "pinback")
    assert settings["OPTIONS"]["options"].startswith(
        "-c statement_timeout=5000 -c lock_timeout=700 -c idle_in"
    )


def test_options_in_the_address_win() -> None:
    settings = settings_for("postgresql://shop@db.example/pinback?connect_timeout=3&sslmode=require")
    assert settings["OPTIONS"]["connect_timeout"] == 3
    assert settings["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://shop:secret@db.example/pinback",
        "pinback.sqlite3",
        "https://db.example",
        "postgresql://shop:secret@[db/pinback",
        "postgresql://shop:secret@db.example:port/pinback",
    ],
)
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ValueError, match=r"must be :memory:, sqlite:///path or postgresql://") as refused:
        settings_for(url)
    assert "secret" not in str(refused.value)
