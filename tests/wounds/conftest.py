"""The cast of the wounds: a market with a tea house and a silk shop, told to the rules alone and, when the
story is over, to a database as well, which must come to the same.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from pinback.rules.document import state_document
from pinback.rules.records import Policy
from tests.support.story import Market, Shop

POLICIES: tuple[Policy, ...] = ("any", "threshold")


class KeptMarket(Market):
    """A market that keeps the lines it was told, so that they can be told to a database."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.lines: list[bytes] = []

    def tell(self, line: bytes) -> list[dict[str, Any]]:
        """One line of input."""
        self.lines.append(line)
        return super().tell(line)

    def store(self, alias: str) -> None:
        """Tell it all to a database, which must come to the same."""
        from tests.support.settling import settle_stream

        _, document = settle_stream(b"\n".join(self.lines), using=alias, policy=self.state.policy)
        assert document == state_document(self.state)


@pytest.fixture
def policy() -> Policy:
    """Any refund of goods ends the eligibility, unless a test asks for both policies."""
    return "any"


@pytest.fixture
def market(policy: Policy, sqlite_alias: str) -> Iterator[KeptMarket]:
    """An empty market on 10 November 2026; in the end the story is told to a database."""
    made = KeptMarket(policy)
    yield made
    if made.lines:
        from conftest import empty

        empty(sqlite_alias)
        made.store(sqlite_alias)


@pytest.fixture
def tea(market: KeptMarket) -> Shop:
    """The tea house; Chinese time, as every shop that says nothing else."""
    return market.shop("tea")


@pytest.fixture
def silk(market: KeptMarket) -> Shop:
    """Another shop of the market."""
    return market.shop("silk")
