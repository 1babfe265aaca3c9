"""The tests are divided as the table says, also by real processes: nothing else tells if they are not."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.division import DIVISION, piece_of

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("number", range(6))
def test_it(kind, number):
    pass
"""
TESTS_OF_X = ["a/test_x.py::test_it[1-postgres]", "a/test_x.py::test_it[1-sqlite]"]


@pytest.mark.parametrize("start", DIVISION)
def test_the_table_names_what_is_there(start: str) -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for top in ("src", "tests")
        for path in (ROOT / top).rglob("test_*.py")
    ]
    assert [path for path in found if path.startswith(start)]


@pytest.mark.parametrize(
    ("rules", "pieces"),
    [
        ({}, ["a/test_x.py"]),
        ({"b": "together"}, ["a/test_x.py"]),
        ({"a/t": "by test", "a": "together"}, TESTS_OF_X),
        ({"a/": "by file", "a": "together"}, ["a/test_x.py"]),
        ({"a": "together", "a/": "by file"}, ["a"]),
        ({"a": "by database"}, ["a/test_x.py on postgres", "a/test_x.py on sqlite"]),
    ],
)
def test_the_first_that_fits_counts(
    monkeypatch: pytest.MonkeyPatch, rules: dict[str, str], pieces: list[str]
) -> None:
    monkeypatch.setattr("tests.support.division.DIVISION", rules)
    assert sorted({piece_of(test) for test in TESTS_OF_X}) == pieces


@pytest.mark.slow
def test_a_piece_is_done_by_one_process_and_the_table_is_first(tmp_path: Path) -> None:
    for name in ("alone/test_a.py", "alone/test_b.py", "pair/test_c.py", "pair/test_d.py", "parts/test_e.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(TESTS)
    (tmp_path / "plugin.py").write_text(
        "from tests.support import division\n"
        'division.DIVISION = {"parts/": "by test", "pair/": "together"}\n'
        "from tests.support.division import *\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "plugin", "-n2", "--dist=loadfile", "--rootdir=."],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": ""},
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    done = re.findall(r"^\[(gw\d)\].*PASSED (\S+)::", ran.stdout, re.MULTILINE)
    assert len(done) == 60
    by: dict[str, set[str]] = defaultdict(set)
    for process, file in done:
        by[file].add(process)
    assert len(by["alone/test_a.py"]) == len(by["alone/test_b.py"]) == 1
    assert by["pair/test_c.py"] == by["pair/test_d.py"]
    assert len(by["pair/test_c.py"]) == 1
    assert by["parts/test_e.py"] == {"gw0", "gw1"}
    for process in ("gw0", "gw1"):
        kinds = [file.partition("/")[0] for name, file in done if name == process]
        assert kinds == sorted(kinds, key=["parts", "pair", "alone"].index)
