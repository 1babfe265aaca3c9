"""Outputs that cannot be written, full disks, readers that go away: one clear line, and nothing is lost."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.pinback import call_pinback, run_pinback, start_pinback
from tests.support.settling import fold_stream
from tests.support.steady import steady_stream

pytestmark = pytest.mark.slow

FULL = "No space left on device"


def limited(most_bytes: int) -> Callable[[], None]:
    """What a process does before it starts so that no file of its may become larger."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))


def check_that_all_is_there(database: str, events: Path) -> None:
    """Settled once more, the state is that of an undisturbed run, and the audit is clean."""
    ran = call_pinback("settle", events, "--state", "-", database=database)
    assert ran.code == 0
    assert ran.out == fold_stream(events.read_bytes())[1]
    assert call_pinback("audit", database=database).code == 0


# --- outputs that cannot be written -----------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--decisions", "--state"])
@pytest.mark.parametrize("name", ["missing/out", "folder", "missing/out.gz", "folder.gz"])
def test_an_output_that_cannot_be_written(
    sqlite: str, events: Path, tmp_path: Path, option: str, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.gz").mkdir()
    ran = call_pinback("settle", events, option, tmp_path / name, database=sqlite)
    reason = "No such file or directory" if "missing" in name else "Is a directory"
    assert ran.code == 2
    assert ran.line == f"cannot write {tmp_path}/{name}: {reason}"
    check_that_all_is_there(sqlite, events)


@pytest.mark.parametrize("option", ["--decisions", "--state"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_disk_that_is_full(sqlite: str, events: Path, tmp_path: Path, option: str, packed: bool) -> None:
    full = tmp_path / ("full.gz" if packed else "full")
    full.symlink_to("/dev/full")
    ran = call_pinback("settle", events, option, full, database=sqlite)
    assert (ran.code, ran.line) == (2, f"cannot write {full}: {FULL}")
    check_that_all_is_there(sqlite, events)


@pytest.mark.parametrize(("option", "unbuffered"), [("--decisions", ""), ("--state", "1")])
def test_standard_output_that_is_full(events: Path, option: str, unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = run_pinback(
            *("settle", events, "--database", ":memory:", option, "-"),
            env={"PYTHONUNBUFFERED": unbuffered},
            stdout=full,
        )
    assert (ran.code, ran.line) == (2, f"cannot write -: {FULL}")


def test_standard_output_that_is_closed(events: Path) -> None:
    ran = run_pinback(
        "settle", events, "--database", ":memory:", "--state", "-", preexec_fn=lambda: os.close(1)
    )
    assert (ran.code, ran.line) == (2, "cannot write -: Bad file descriptor")


def test_a_file_of_decisions_that_may_not_grow(sqlite: str, events: Path, tmp_path: Path) -> None:
    decisions = tmp_path / "decisions"
    ran = run_pinback(
        *("settle", events, "--database", ":memory:", "--decisions", decisions, "--batch", "20"),
        preexec_fn=limited(10_000),
    )
    assert (ran.code, ran.line) == (2, f"cannot write {decisions}: File too large")


@pytest.mark.parametrize("way", ["same", "dotted", "hard", "soft", "soft.gz"])
@pytest.mark.parametrize("option", ["--decisions", "--state"])
def test_the_input_is_not_overwritten(
    sqlite: str, events: Path, tmp_path: Path, way: str, option: str
) -> None:
    before = events.read_bytes()
    output = tmp_path / way
    if way == "hard":
        output.hardlink_to(events)
    elif way.startswith("soft"):
        output.symlink_to(events)
    else:
        output = events if way == "same" else Path(f"{tmp_path}/./{events.name}")
    ran = call_pinback("settle", events, option, output, database=sqlite)
    assert (ran.code, ran.line) == (2, f"{events} and {output} are the same file")
    assert events.read_bytes() == before


def test_the_database_is_not_overwritten(sqlite: str, events: Path) -> None:
    assert call_pinback("settle", events, database=sqlite).code == 0
    file = Path(sqlite.removeprefix("sqlite:///"))
    ran = call_pinback("settle", events, "--state", file, database=sqlite)
    assert (ran.code, ran.line) == (2, f"{file} and {file} are the same file")
    check_that_all_is_there(sqlite, events)


def test_two_outputs_are_two_files(sqlite: str, events: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    ran = call_pinback("settle", events, "--decisions", output, "--state", output, database=sqlite)
    assert (ran.code, ran.line) == (2, f"{output} and {output} are the same file")
    both = ("--decisions", "/dev/null", "--state", "/dev/null")
    assert call_pinback("settle", events, *both, database=sqlite).code == 0


# --- a reader that goes away ------------------------------------------------------------------------------


def test_a_reader_that_has_had_enough(events: Path) -> None:
    words = ("settle", events, "--database", ":memory:", "--decisions", "-", "--state", "-")
    process = start_pinback(*words, "--batch", "10")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(60) == 141
    process.stderr.close()


def test_what_was_settled_before_the_reader_went_away_stays(sqlite: str, tmp_path: Path) -> None:
    events = tmp_path / "events"
    events.write_bytes(steady_stream(12, 700))
    with start_pinback("settle", events, "--database", sqlite, "--decisions", "-", "--batch", "5") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
    check_that_all_is_there(sqlite, events)


# --- a full disk under the database -----------------------------------------------------------------------


@pytest.mark.parametrize("most_bytes", [100_000, 450_000, 700_000])
def test_a_database_file_that_may_not_grow_loses_nothing(tmp_path: Path, most_bytes: int) -> None:
    events = tmp_path / "events"
    events.write_bytes(steady_stream(12, 700))
    database = f"sqlite:///{tmp_path}/small.sqlite3"
    options = ("--database", database, "--batch", "50")
    ran = run_pinback("settle", events, *options, preexec_fn=limited(most_bytes))
    assert ran.code == 2
    assert "database" in ran.line
    check_that_all_is_there(database, events)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if os.getuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_fills_up_under_the_database_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    events = tmp_path / "events"
    events.write_bytes(steady_stream(12, 700))
    options = ("--database", f"sqlite:///{small_disk}/small.sqlite3", "--batch", "50")
    ballast = small_disk / "ballast"
    # Full at once, then with a little more room each time.
    for free in (0, 200_000, 450_000):
        ballast.write_bytes(b"x" * (2**20 - free - sum(file.stat().st_size for file in small_disk.iterdir())))
        ran = run_pinback("settle", events, *options)
        assert ran.code == 2
        assert "database" in ran.line
        ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    check_that_all_is_there(options[1], events)
