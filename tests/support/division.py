"""How the tests are divided among the processes of `make test`: a file is one piece of work.

Its fixtures are then made once, and not in every process. The table below has the exceptions: files that
share what is dear to make, or would stand in each other's way, are one piece together; long files whose tests
share little fall into pieces. What takes longest is begun first, so that the processes come to their ends
together: what the table names, in its order, then everything else.

A plugin of pytest, for `--dist loadfile`. (Marks cannot do it: xdist 3.8 hands the groups of `--dist
loadgroup` from process to process in the names of tests, and pytest 9 does not let it change those.)
"""

from typing import Final, Literal

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

How = Literal["together", "by file", "by database", "by test"]

DIVISION: Final[dict[str, How]] = {
    # Each of these two has a market of its own, served for as long as the piece is.
    "tests/browser/stories/test_every_page.py": "by file",
    "tests/browser/stories/": "together",
    "src/pinback/demo/": "by test",
    "tests/crashes/test_killed_settling.py": "by test",
    "tests/crashes/": "by file",
    # On PostgreSQL one crowd waits until another one has gone.
    "tests/races": "together",
    "tests/clients/test_described.py": "by database",
    "src/pinback/settlement/tests/test_audit.py": "by database",
    "src/pinback/commands/": "by file",
    "tests/": "by file",
}
"""By what their paths start with; the first that fits counts."""


def piece_of(nodeid: str) -> str:
    """The name of the piece of work that a test belongs to."""
    start = _start_of(nodeid)
    how = DIVISION.get(start, "by file")
    file, _, name = nodeid.partition("::")
    if how == "together":
        return start
    if how == "by test":
        return nodeid
    if how == "by database":
        return f"{file} on {'postgres' if 'postgres' in name.partition('[')[2] else 'sqlite'}"
    return file


def _start_of(nodeid: str) -> str:
    return next((start for start in DIVISION if nodeid.startswith(start)), "")


class PieceByPiece(LoadScopeScheduling):  # type: ignore[misc]
    """Gives the next piece to a process that has little left to do."""

    def _split_scope(self, nodeid: str) -> str:
        return piece_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Other ways to divide the tests can still be asked for."""
    if config.getvalue("dist") != "loadfile":
        return None
    # In the order in which the processes have them, not by how many tests they are.
    config.option.loadscopereorder = False
    return PieceByPiece(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a process of xdist, what the table names comes first."""
    if hasattr(config, "workerinput"):
        places = {start: place for place, start in enumerate(DIVISION)}
        items.sort(key=lambda item: places.get(_start_of(item.nodeid), len(places)))
