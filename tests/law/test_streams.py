"""Whole streams: duplicates anywhere change nothing, refused events leave no trace, and a stream cut anywhere
into batches gives the same result; through the rules, and through both databases.
"""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from conftest import empty
from pinback.rules import events as e
from pinback.rules import settle as heart
from pinback.rules.decisions import Decision, EventDuplicate, EventRefused
from pinback.rules.document import state_document
from pinback.rules.records import Policy
from pinback.rules.state import State
from pinback.settlement import actions
from pinback.settlement.actions import Incoming
from pinback.settlement.document import state_document as stored_document
from tests.law.budget import budget
from tests.law.moves import MOVES, open_campaign, pick
from tests.law.stored import check_stored, settle_part
from tests.law.story import DAY, Story

IN_MEMORY = budget(200)
STORED = budget(30)
_POSITION = st.integers(0, 2**16)


@st.composite
def stories(draw: DrawFn) -> Story:
    """A story under either policy, of up to forty moves."""
    policy: Policy = draw(st.sampled_from(("any", "threshold")))
    story = Story(policy, ())
    for _ in range(2):
        open_campaign(story, draw)
    for _ in range(draw(st.integers(5, 40))):
        pick(draw, MOVES)(story, draw)
    return story


@st.composite
def repeated(draw: DrawFn, story: Story) -> list[Incoming]:
    """The stream of a story, in which applied events come again at later places, under their old numbers."""
    incoming = [Incoming(line, event) for line, (event, _) in enumerate(story.told, start=1)]
    applied = [place for place, told in enumerate(story.told) if told[1][0].type == "event.applied"]
    again = []
    for _ in range(draw(st.integers(1, 12))):
        first = pick(draw, applied)
        again.append((first + draw(_POSITION) % (len(incoming) - first), incoming[first]))
    for place, one in sorted(again, key=lambda found: -found[0]):
        incoming.insert(place + 1, one)
    return incoming


def without_duplicates(decisions: Sequence[Sequence[Decision]]) -> list[Decision]:
    """All decisions but `event.duplicate`."""
    return [one for made in decisions for one in made if not isinstance(one, EventDuplicate)]


def fold(policy: Policy, incoming: Sequence[Incoming]) -> tuple[list[list[Decision]], bytes]:
    """Decisions and state document, by the rules alone."""
    state = State(policy)
    decisions = [heart.settle(state, event, line) for line, event in incoming]
    return decisions, state_document(state)


@pytest.mark.slow
@given(data=st.data(), story=stories())
@IN_MEMORY
def test_duplicates_anywhere_change_nothing(data: st.DataObject, story: Story) -> None:
    decisions, document = fold(story.state.policy, data.draw(repeated(story)))
    assert without_duplicates(decisions) == without_duplicates([made for _, made in story.told])
    assert document == state_document(story.state)


@pytest.mark.slow
@given(story=stories())
@IN_MEMORY
def test_without_its_refused_events_a_stream_is_the_same(story: Story) -> None:
    kept = [
        (Incoming(line, event), made)
        for line, (event, made) in enumerate(story.told, start=1)
        if not isinstance(made[0], EventRefused)
    ]
    decisions, document = fold(story.state.policy, [incoming for incoming, _ in kept])
    assert decisions == [made for _, made in kept]
    assert document == state_document(story.state)


@pytest.mark.slow
def test_cut_anywhere_with_duplicates_anywhere_it_is_the_same(database: str) -> None:
    @given(data=st.data(), story=stories())
    @STORED
    def check(data: st.DataObject, story: Story) -> None:
        empty(database)
        rest = data.draw(repeated(story))
        expected, _ = fold(story.state.policy, rest)
        found: list[list[Decision]] = []
        while rest:
            size = data.draw(st.integers(1, len(rest)) if data.draw(st.booleans()) else st.integers(1, 9))
            found += actions.settle(rest[:size], policy=story.state.policy, using=database)
            rest = rest[size:]
        assert found == expected
        assert b"".join(stored_document(database)) == state_document(story.state)

    check()


def test_a_debt_of_an_earlier_batch_counts_for_a_deal_that_comes_in_one(database: str) -> None:
    """Nothing in the second batch names the buyer's earlier orders, only the buyer (section 6.2)."""
    story = Story("any")
    story.tell(e.CampaignCreated, "S", campaign="c", threshold=100, rebate=50, quantity=10)
    story.tell(e.CampaignFunded, "S", campaign="c", amount=500, method="wechat")
    story.now += DAY
    deal(story, "o1", 100)
    deal(story, "o2", 90, voucher="S/c/1")
    story.tell(e.RefundSucceeded, "S", order="o1", refund="r1", amount=10)
    cut = len(story.told)
    deal(story, "o3", 100)
    assert story.state.orders["S/o3"].reason == "buyer_in_debt"
    settle_part(database, "any", story.told[:cut], 1)
    settle_part(database, "any", story.told[cut:], cut + 1)
    check_stored(database, story)


def deal(story: Story, name: str, price: int, **fields: str) -> None:
    """Ann buys one thing, with a voucher of 50 fen or without."""
    line = e.OrderLine("pear", 1, price)
    story.tell(e.OrderPlaced, "S", order=name, buyer="ann", lines=(line,), **fields)
    story.tell(e.OrderPaid, "S", order=name, amount=price - (50 if fields else 0))
    story.tell(e.OrderConfirmed, "S", order=name)
