"""The model gives the examples of the specification byte for byte; only the text of `detail` is free."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.model.oracle import run
from tests.model.showing import written

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = sorted(path.name.removesuffix(".state.json") for path in EXAMPLES.glob("*.state.json"))


def without_detail(line: bytes) -> bytes:
    """The same line with an empty `detail` where it has one; any other line stays as it is to the byte."""
    decision = json.loads(line.decode("utf-8"))
    return written(decision | {"detail": ""}) if "detail" in decision else line


def test_there_are_examples() -> None:
    assert len(NAMES) == 14


@pytest.mark.parametrize("name", NAMES)
def test_example(name: str) -> None:
    lines, state = run((EXAMPLES / f"{name}.ndjson").read_bytes())
    expected = (EXAMPLES / f"{name}.decisions.ndjson").read_bytes().splitlines(keepends=True)
    assert lines == [without_detail(line) for line in expected]
    assert state == (EXAMPLES / f"{name}.state.json").read_bytes()
