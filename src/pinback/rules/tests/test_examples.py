"""The examples of the specification, byte for byte; only the text of `detail` is free."""

import pytest

from tests.support.examples import EXAMPLES, example
from tests.support.settling import fold_stream, without_details


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 14


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str) -> None:
    stream, decisions, state = example(name)
    told, shown = fold_stream(stream)
    assert without_details(told) == without_details(decisions)
    assert shown == state
