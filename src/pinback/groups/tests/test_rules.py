"""What becomes of a group, in every pair of state and event."""

from itertools import product

import pytest

from pinback.groups.rules import GROUP, masked

STATES = ("forming", "complete", "failed")
EVENTS = ("last seat taken", "time over", "last member left")


@pytest.mark.parametrize(("state", "event"), list(product(STATES, EVENTS)))
def test_every_pair(state: str, event: str) -> None:
    if state != "forming":
        assert (state, event) not in GROUP
    else:
        assert GROUP[state, event] == ("complete" if event == "last seat taken" else "failed")


def test_nothing_else_is_in_the_table() -> None:
    assert len(GROUP) == 3


@pytest.mark.parametrize(("name", "shown"), [("Ann", "A**"), ("王芳", "王**"), ("  bob", "b**"), ("", "**")])
def test_a_name_as_strangers_see_it(name: str, shown: str) -> None:
    assert masked(name) == shown
