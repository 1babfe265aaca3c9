"""What the tests of the commands share: the address of an empty database of either kind, a file of events."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import private_database
from tests.support.steady import steady_stream


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables; the test runs once on each kind."""
    # The alias skips, or fails, where no PostgreSQL answers.
    request.getfixturevalue(f"{request.param}_alias")
    with private_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[str]:
    """The address of a SQLite file with its tables in place."""
    with private_database("sqlite", tmp_path, migrated=True) as url:
        yield url


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A file of some hundred events, all of which are applied."""
    path = tmp_path / "events.ndjson"
    path.write_bytes(steady_stream(11, 400))
    return path
