"""The table of the wounds says where each is tested, and that is where it is."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
_ROW = re.compile(r"^\| (W\d{3}) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"^def test((?:_w\d{3})+)_", re.MULTILINE)


def table() -> dict[str, set[str]]:
    """The files that the table names for each wound."""
    rows = _ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    return {wound: set(re.findall(r"`(test_\w+\.py)`", where)) for wound, where in rows}


def carried() -> dict[str, set[str]]:
    """The files in which a test carries the id of a wound."""
    found: dict[str, set[str]] = {}
    for path in FOLDER.glob("test_*.py"):
        for ids in _TEST.findall(path.read_text(encoding="utf-8")):
            for wound in re.findall(r"w\d{3}", ids):
                found.setdefault(wound.upper(), set()).add(path.name)
    return found


def test_every_wound_is_in_the_table_once() -> None:
    assert len(table()) == 60
    assert len(_ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8"))) == 60


def test_the_table_names_the_tests_there_are() -> None:
    assert {wound: files for wound, files in table().items() if files} == carried()
