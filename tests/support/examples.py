"""The examples of the specification: streams with the exact decisions and state that it gives for them."""

from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "examples"

EXAMPLES = sorted(path.name.removesuffix(".state.json") for path in _FOLDER.glob("*.state.json"))


def example(name: str) -> tuple[bytes, list[bytes], bytes]:
    """The events of an example, its decisions, a line each, and its state document."""
    stream, decisions, state = (
        (_FOLDER / f"{name}.{ending}").read_bytes() for ending in ("ndjson", "decisions.ndjson", "state.json")
    )
    return stream, decisions.splitlines(keepends=True), state
