"""What the tests of webhooks share: a receiver, and a market with three shops."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.webhooks.receiver import Receiver, receiving

if TYPE_CHECKING:
    from tests.webhooks.desk import Desk


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    with receiving() as found:
        yield found


@pytest.fixture
def desk(open_market: str) -> "Desk":
    """An open market with the shops "tea", "oil" and "rug", each with an owner of its own."""
    # Django is set up only after this file is read.
    from tests.webhooks.desk import Desk

    made = Desk()
    made.cast.open_shop("oil", {"owner-of-oil": "owner"})
    made.cast.open_shop("rug", {"owner-of-rug": "owner"})
    return made
