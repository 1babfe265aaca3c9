"""Turns a database address into Django's settings for it, with what correctness asks of each database."""

from pathlib import Path
from typing import Any

import dj_database_url

# FULL: a commit survives a power cut, as the ledger promises. The cache is 64 MiB; a negative number is KiB.
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
    "PRAGMA wal_autocheckpoint=8000;"
)
_SQLITE_TIMEOUT_SECONDS = 30
_CONNECTION_MAX_AGE_SECONDS = 60
# Who holds locks and does nothing, because it is stuck or its machine is gone, is put out. A dead connection
# is noticed after about as long, on both sides.
_IDLE_IN_TRANSACTION_MS = 60_000
_SILENCE_SECONDS = 60
_UNUSABLE = (
    "the database address must be :memory:, sqlite:///path or postgresql://user:password@host:port/name, "
    "with special characters percent-encoded"
)


def database(url: str, *, home: Path, statement_timeout_ms: int, lock_timeout_ms: int) -> dict[str, Any]:
    """Django's settings for the database at `url`, or for `pinback.sqlite3` in `home` when it is empty.

    Raises ValueError, with one line for people, for an address that cannot be read or is of another database.
    """
    if not url:
        return _sqlite({"ENGINE": "django.db.backends.sqlite3", "NAME": str(home / "pinback.sqlite3")})
    if url == ":memory:":
        return _sqlite({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"})
    settings = _parsed(url)
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(settings)
    if settings["ENGINE"] == "django.db.backends.postgresql":
        return _postgresql(settings, statement_timeout_ms, lock_timeout_ms)
    raise ValueError(_UNUSABLE)


def _parsed(url: str) -> dict[str, Any]:
    """What the address says. The address itself stays out of errors, as it may hold a password."""
    try:
        return {**dj_database_url.parse(url, conn_max_age=_CONNECTION_MAX_AGE_SECONDS)}
    except ValueError:
        raise ValueError(_UNUSABLE) from None


def _sqlite(settings: dict[str, Any]) -> dict[str, Any]:
    """SQLite takes the write lock when a transaction begins, so that what is decided in it stays true."""
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": _SQLITE_TIMEOUT_SECONDS,
        "init_command": _SQLITE_PRAGMAS,
    }
    return {**settings, "OPTIONS": {**options, **settings.get("OPTIONS", {})}}


def _postgresql(settings: dict[str, Any], statement_timeout_ms: int, lock_timeout_ms: int) -> dict[str, Any]:
    """PostgreSQL gives up on statements, locks and silent clients after a time; settings in the address
    itself win.
    """
    limits = {
        "statement_timeout": statement_timeout_ms,
        "lock_timeout": lock_timeout_ms,
        "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_MS,
        "tcp_keepalives_idle": _SILENCE_SECONDS // 2,
        "tcp_keepalives_interval": _SILENCE_SECONDS // 6,
        "tcp_keepalives_count": 3,
    }
    options = {
        "connect_timeout": 10,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        "keepalives_idle": _SILENCE_SECONDS // 2,
        "keepalives_interval": _SILENCE_SECONDS // 6,
        "keepalives_count": 3,
    }
    return {
        **settings,
        "ENGINE": "pinback.config.postgresql",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, **settings.get("OPTIONS", {})},
    }
