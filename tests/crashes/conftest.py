"""What the tests of crashes share: databases of their own, a stream, and how often the process is killed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import private_database
from tests.support.steady import steady_stream

KILLS = int(os.environ.get("PINBACK_CRASHES", "150"))
"""How often a settling process is killed on each database; PINBACK_CRASHES=3000 for a long night."""

DEATHS = max(4, KILLS // 30)
"""How often a whole server is."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; the test runs once on each."""
    # The alias skips, or fails, where no PostgreSQL answers.
    request.getfixturevalue(f"{request.param}_alias")
    return str(request.param)


@pytest.fixture
def address(kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database with its tables in place."""
    with private_database(kind, tmp_path, migrated=True) as url:
        yield url


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A file of a thousand events, all of which are applied."""
    path = tmp_path / "events.ndjson"
    path.write_bytes(steady_stream(41, 1300))
    return path
