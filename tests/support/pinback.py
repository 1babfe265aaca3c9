"""Runs `pinback` as people do, in a process of its own, or quicker in this one; and gives what it said."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from pinback.cli import main
from tests.support.databases import default_is

SECONDS = 120


class Ran(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: bytes
    err: str

    @property
    def line(self) -> str:
        """The one line that a command that could not go on leaves on standard error."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("pinback: "), self.err
        assert "Traceback" not in self.err
        assert "fault of Pinback" not in self.err, self.err
        return lines[0].removeprefix("pinback: ")


def start_pinback(
    *arguments: str | Path, env: Mapping[str, str] | None = None, **options: Any
) -> "subprocess.Popen[bytes]":
    """A process with `pinback ARGUMENTS` that is running; the caller waits for it, or ends it."""
    given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(command(*arguments), env=environment(env), **given)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process: English, no database named, output buffered as usual."""
    left_out = ("DATABASE_URL", "PYTHONUNBUFFERED", "PINBACK_DEBUG", "LANGUAGE", "LC_ALL", "LANG")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"LC_ALL": "C.UTF-8"} | dict(more or {})


def command(*arguments: str | Path) -> list[str]:
    """The words that start `pinback` in a process."""
    return [sys.executable, "-m", "pinback", *map(str, arguments)]


def without_powers() -> list[str]:
    """Words before a command that take a power from root: to read and write what nobody may."""
    if os.getuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may do everything, and there is no setpriv to take that away")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def run_pinback(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    before: Sequence[str] = (),
    seconds: int = SECONDS,
    **options: Any,
) -> Ran:
    """`pinback ARGUMENTS` in a process of its own; further options are those of `subprocess.run`."""
    given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "input": stdin} | options
    words = [*before, *command(*arguments)]
    ran = subprocess.run(words, env=environment(env), timeout=seconds, check=False, **given)
    return Ran(ran.returncode, ran.stdout or b"", (ran.stderr or b"").decode())


def call_pinback(*arguments: str | Path, database: str, stdin: bytes = b"") -> Ran:
    """`pinback ARGUMENTS` in this process; the database at that address is the one of the environment."""
    given = io.TextIOWrapper(io.BytesIO(stdin))
    out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    with default_is(database), _streams(given, out, err), mock.patch.dict(os.environ, {"LC_ALL": "C.UTF-8"}):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as wanted:
            code = int(wanted.code or 0)
        out.flush()
        err.flush()
        return Ran(code, _bytes(out), _bytes(err).decode())


def _bytes(stream: io.TextIOWrapper) -> bytes:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue()


@contextmanager
def _streams(given: io.TextIOWrapper, out: io.TextIOWrapper, err: io.TextIOWrapper) -> Iterator[None]:
    with mock.patch.multiple(sys, stdin=given, stdout=out, stderr=err):
        yield
