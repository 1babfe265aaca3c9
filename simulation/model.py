"""The tests' independent reference model, fed the same lines: it must give the same answers and state."""

from simulation.auditing.records import Fault, Fields
from tests.model.oracle import Oracle
from tests.model.showing import written


def without_free_parts(answer: list[Fields]) -> list[Fields]:
    """An answer without what is free text, or depends on the numbering of lines."""
    return [{name: value for name, value in d.items() if name not in ("detail", "line")} for d in answer]


class Model:
    """The reference model, as it goes along. Faults: `model`."""

    def __init__(self, policy: str) -> None:
        self._oracle = Oracle(policy)

    def compare(self, number: int, line: bytes, answer: list[Fields]) -> None:
        """The same line has the same answer."""
        expected = self._oracle.feed(line, number)
        if without_free_parts(expected) != without_free_parts(answer):
            raise Fault("model", f"the model answers {expected}, the engine {answer}")

    def compare_state(self, document: bytes) -> None:
        """The state document is the same to the byte."""
        if written(self._oracle.state()) != document:
            raise Fault("model", "the model ends in another state")
