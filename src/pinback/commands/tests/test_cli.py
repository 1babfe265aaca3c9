"""`pinback` itself: help worth reading, quick to start, exit codes, progress on a terminal."""

import io
import os
import pkgutil
import pty
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from unittest import mock

import pytest

from pinback import __version__, commands
from pinback.commands import version
from pinback.commands.problem import CommandProblem
from tests.support.pinback import call_pinback, environment, run_pinback

SCRIPT = Path(sys.executable).parent / "pinback"
COMMANDS = [
    module.name.replace("_", "-")
    for module in pkgutil.iter_modules(commands.__path__)
    if hasattr(import_module(f"pinback.commands.{module.name}"), "DESCRIPTION")
]


def test_the_version() -> None:
    expected = (0, f"pinback {__version__}\n".encode(), "")
    assert run_pinback("version") == expected
    assert run_pinback("--version") == expected


@pytest.mark.skipif(not SCRIPT.exists(), reason="the package is not installed")
def test_the_installed_script_is_the_same() -> None:
    ran = subprocess.run([SCRIPT, "version"], env=environment(), capture_output=True, check=True)
    assert ran.stdout == f"pinback {__version__}\n".encode()


def test_the_help_names_every_command() -> None:
    ran = run_pinback("--help")
    assert ran.code == 0
    for name in COMMANDS:
        assert f"  {name}".encode() in ran.out
    assert b"everyone is back where they started" in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str, sqlite: str) -> None:
    ran = call_pinback(name, "--help", database=sqlite)
    assert ran.code == 0
    assert len(ran.out) > 200 or name == "version"


@pytest.mark.parametrize("words", [(), ("nothing",), ("settle",), ("settle", "a", "b"), ("audit", "--what")])
def test_wrong_words_end_with_2(words: tuple[str, ...], sqlite: str) -> None:
    ran = call_pinback(*words, database=sqlite)
    assert ran.code == 2
    assert ran.err.startswith("usage: pinback")


def test_nothing_heavy_is_imported_for_the_help() -> None:
    code = (
        "import sys; from pinback.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'django', 'msgspec', 'psycopg', 'duckdb', 'rich', 'granian', 'babel'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, check=False)
    assert ran.stderr == b""
    assert ran.returncode == 0


@pytest.mark.slow
def test_settling_does_without_what_the_market_needs() -> None:
    """Jobs, takers of money, the API and its schemas are imported by who uses them."""
    code = (
        "import sys; from pinback.commands.setup import open_database\n"
        "open_database(':memory:'); import pinback.settlement.actions\n"
        "heavy = {'ninja', 'pydantic', 'PIL', 'phonenumbers', 'stripe', 'granian'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.slow
def test_progress_is_shown_on_a_terminal_only(events: Path) -> None:
    terminal, inside = pty.openpty()
    ran = run_pinback("settle", events, "--database", ":memory:", env={"TERM": "xterm"}, stderr=inside)
    os.close(inside)
    shown = b""
    with io.FileIO(terminal) as screen:
        try:
            while piece := screen.read(65536):
                shown += piece
        except OSError:
            pass  # Linux says so when the other end is closed.
    assert ran.code == 0
    assert b"settling" in shown
    assert b"applied" in shown


def test_a_fault_of_our_own_is_one_line_and_a_traceback_for_developers(
    monkeypatch: pytest.MonkeyPatch, sqlite: str
) -> None:
    monkeypatch.delenv("PINBACK_DEBUG", raising=False)
    with mock.patch.object(version, "run", side_effect=RuntimeError("oh")):
        ran = call_pinback("version", database=sqlite)
        assert (ran.code, ran.err) == (70, "pinback: this is a fault of Pinback's own: RuntimeError: oh\n")
        monkeypatch.setenv("PINBACK_DEBUG", "1")
        with pytest.raises(RuntimeError, match="oh"):
            call_pinback("version", database=sqlite)


def test_ctrl_c_anywhere_is_130(sqlite: str) -> None:
    with mock.patch.object(version, "run", side_effect=KeyboardInterrupt):
        ran = call_pinback("version", database=sqlite)
    assert (ran.code, ran.err) == (130, "pinback: stopped\n")


def test_ctrl_c_behind_a_failing_database_is_130(sqlite: str) -> None:
    """Who is stopped in a transaction may be told by the driver that it cannot be taken back any more."""

    def stopped(_given: object) -> int:
        try:
            try:
                raise KeyboardInterrupt
            finally:
                raise OSError("can't change 'autocommit' now")
        except OSError as error:
            raise CommandProblem("the database failed") from error

    with mock.patch.object(version, "run", stopped):
        ran = call_pinback("version", database=sqlite)
    assert (ran.code, ran.err) == (130, "pinback: stopped\n")


def test_what_a_command_says_is_its_problem(sqlite: str) -> None:
    with mock.patch.object(version, "run", side_effect=CommandProblem("the database failed")):
        ran = call_pinback("version", database=sqlite)
    assert (ran.code, ran.err) == (2, "pinback: the database failed\n")
