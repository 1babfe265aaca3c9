"""What becomes of a group: pure decisions."""

from typing import Literal

GroupStatus = Literal["forming", "complete", "failed"]
GroupEvent = Literal["last seat taken", "time over", "last member left"]

GROUP: dict[tuple[str, str], str] = {
    ("forming", "last seat taken"): "complete",
    ("forming", "time over"): "failed",
    ("forming", "last member left"): "failed",
}
"""From status and event to the next status; what is not here cannot happen: nothing follows an end."""


def masked(name: str) -> str:
    """A person's name as strangers see it: the first character alone."""
    return f"{name.strip()[:1]}**"
