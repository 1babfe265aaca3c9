"""Streams without refusals: sent again, whole or from anywhere, they end in the same state."""

from functools import cache

from pinback.rules.records import Policy
from tests.model.oracle import Oracle
from tests.model.reading import BOM
from tests.model.streams import generate


@cache
def steady_stream(seed: int, events: int, policy: Policy = "any") -> bytes:
    """A generated stream of about so many events, only those that the model applies, each line ended."""
    oracle = Oracle(policy)
    kept = []
    for line in generate(seed, events, policy=policy, hostile=0).removeprefix(BOM).split(b"\n"):
        found = oracle.feed(line, 2)
        if found and found[0]["type"] == "event.applied":
            kept.append(line + b"\n")
    return b"".join(kept)
