"""Runs a stream of events through the rules in memory, or through a database, and gives decisions and state
as bytes.
"""

import re
from collections.abc import Sequence

from pinback.rules.decisions import written
from pinback.rules.document import state_document
from pinback.rules.reading import lines_of, parse_line
from pinback.rules.records import Policy
from pinback.rules.settle import settle as fold
from pinback.rules.state import State
from pinback.settlement.actions import Incoming, settle
from pinback.settlement.document import state_document as stored_document

_DETAIL = re.compile(rb'"detail":"(?:[^"\\]|\\.)*"')


def incoming(stream: bytes) -> list[Incoming]:
    """The numbered events of a stream."""
    return [Incoming(number, parse_line(line)) for number, line in lines_of(stream.split(b"\n"))]


def fold_stream(stream: bytes, policy: Policy = "any") -> tuple[list[bytes], bytes]:
    """Decisions, a line each, and the state document, by the rules alone."""
    state = State(policy)
    decisions = [
        written(decision) + b"\n" for line, event in incoming(stream) for decision in fold(state, event, line)
    ]
    return decisions, state_document(state)


def settle_stream(
    stream: bytes, *, using: str, policy: Policy | None = None, batch: int = 1000
) -> tuple[list[bytes], bytes]:
    """Decisions, a line each, and the state document, by a database, in batches of that many events."""
    events = incoming(stream)
    decisions: list[bytes] = []
    for start in range(0, len(events), batch):
        for made in settle(events[start : start + batch], policy=policy, using=using):
            decisions.extend(written(decision) + b"\n" for decision in made)
    return decisions, b"".join(stored_document(using))


def without_details(decisions: Sequence[bytes]) -> list[bytes]:
    """The decisions with `detail`, which is free text, left empty."""
    return [_DETAIL.sub(b'"detail":""', decision) for decision in decisions]
