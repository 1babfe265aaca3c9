"""Each check of tidy finds what it is for, and nothing in code that is as it should be."""

import subprocess
from pathlib import Path

import pytest

from tools import tidy

DOC = '"""What this is."""\n'
RULES = "src/pinback/rules/money.py"
STORE = "src/pinback/settlement/models.py"
OTHER = "src/pinback/insight/report.py"


def texts(path: str, text: str) -> list[str]:
    return [str(finding) for finding in tidy.python_findings(path, text)]


def function_of(lines: int) -> str:
    return DOC + "def split():\n" + "    pass\n" * (lines - 1)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (OTHER, function_of(61), f"{OTHER}:2: function split has 61 lines, at most 60"),
        (OTHER, DOC + "#\n" * 500, f"{OTHER}:501: file has 501 lines, at most 500"),
        (
            "tests/law/test_a.py",
            DOC + "#\n" * 800,
            "tests/law/test_a.py:801: file has 801 lines, at most 800",
        ),
        (OTHER, "import os\n", f"{OTHER}:1: module has no docstring"),
        (OTHER, "", f"{OTHER}:1: module has no docstring"),
        (OTHER, DOC + "def broken(:\n", f"{OTHER}:2: not Python: invalid syntax"),
        ("src/pinback/utils.py", DOC, "src/pinback/utils.py:1: module name 'utils' says nothing"),
        (
            "src/pinback/utils/__init__.py",
            DOC,
            "src/pinback/utils/__init__.py:1: module name 'utils' says nothing",
        ),
        (RULES, DOC + "share = 0.05\n", f"{RULES}:2: float 0.05 where money is reckoned"),
        (STORE, DOC + "amount = float(text)\n", f"{STORE}:2: the name float where money is reckoned"),
        (STORE, DOC + "a = models.FloatField()\n", f"{STORE}:2: FloatField where money is stored"),
        (STORE, DOC + "a = models.DecimalField()\n", f"{STORE}:2: DecimalField where money is stored"),
        (RULES, DOC + "from django.db import models\n", f"{RULES}:2: rules are pure, and import django.db"),
        (RULES, DOC + "import os, random\n", f"{RULES}:2: rules are pure, and import random"),
        (RULES, DOC + "at = datetime.now(UTC)\n", f"{RULES}:2: rules are pure, and call datetime.now()"),
        (RULES, DOC + "text = open(path)\n", f"{RULES}:2: rules are pure, and call open()"),
    ],
)
def test_each_python_check_finds_its_own(path: str, text: str, expected: str) -> None:
    assert any(found.startswith(expected) for found in texts(path, text)), texts(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (OTHER, function_of(60)),
        (OTHER, DOC + "#\n" * 499),
        ("tests/law/test_a.py", DOC + "#\n" * 799),
        ("src/pinback/settlement/migrations/0001_initial.py", "x = 1\n" * 900),
        (OTHER, DOC + "share = 0.05\nimport time\nat = datetime.now(UTC)\n"),
        ("src/pinback/rules/tests/test_money.py", DOC + "import random\nx = 0.5\n"),
        (RULES, DOC + "from zoneinfo import ZoneInfo\nTHIRTY = 30\n"),
    ],
)
def test_code_as_it_should_be_passes(path: str, text: str) -> None:
    assert texts(path, text) == []


REGISTRY = "https://py" + "pi.org/simple"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"see {REGISTRY}", "address of a package registry"),
        ("--index-url https://example.invalid", "address of a package registry"),
        ('"resolved": "' + 'https://example.invalid/a.tgz"', "address of a package registry"),
        ("registry" + "=https://example.invalid", "address of a package registry"),
        ("cd /ho" + "me/mei/pinback", "path of somebody's machine"),
        ("in /wo" + "rk/main", "path of somebody's machine"),
    ],
)
def test_addresses_and_machine_paths_are_found_in_any_file(line: str, expected: str) -> None:
    found = [str(finding) for finding in tidy.text_findings("README.md", f"# Pinback\n{line}\n")]
    assert found == [f"README.md:2: {expected}"]


@pytest.mark.parametrize(
    "line", ["src/pinback/web/home/page.html", "https://shop.example/home/", "~/work/pinback"]
)
def test_ordinary_lines_are_left_alone(line: str) -> None:
    assert list(tidy.text_findings("README.md", line)) == []


def test_files_that_git_ignores_are_not_looked_at(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("built/\n")
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "a.py").write_text("")
    (tmp_path / "b.py").write_text("")
    assert tidy.files(tmp_path) == [".gitignore", "b.py"]


def test_binary_rubbish_is_named_not_fatal(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.png").write_bytes(b"\xff\xfe\x00")
    assert [str(found) for found in tidy.findings(tmp_path, ["a.csv", "b.png"])] == [
        "a.csv:1: not UTF-8 text"
    ]
