"""What the races share: on PostgreSQL only one crowd at a time comes to the server."""

from collections.abc import Iterator

import pytest

from tests.support.databases import the_only_crowd


@pytest.fixture(autouse=True)
def _one_crowd_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("postgres") is None:
        yield
        return
    # The alias skips, or fails, where no PostgreSQL answers.
    request.getfixturevalue("postgres_alias")
    with the_only_crowd():
        yield
