"""`pinback settle`: every option, every form of input and output, sent once and again, on both databases."""

import gzip
from pathlib import Path

import pytest

from pinback.rules.records import Policy
from tests.model.oracle import run
from tests.model.streams import generate
from tests.support.pinback import call_pinback, run_pinback
from tests.support.settling import fold_stream, without_details
from tests.support.steady import steady_stream

pytestmark = pytest.mark.slow

POLICIES: tuple[Policy, ...] = ("any", "threshold")


def decided(path: Path) -> list[bytes]:
    """The decisions in a file, without what is free text."""
    return without_details(path.read_bytes().splitlines(keepends=True))


@pytest.mark.parametrize("policy", POLICIES)
def test_decisions_and_state_are_those_of_the_model(address: str, policy: Policy, tmp_path: Path) -> None:
    stream = generate(5, 300, policy=policy)
    events, decisions, state = (tmp_path / name for name in ("events", "decisions", "state"))
    events.write_bytes(stream)
    options = ("--partial-refund", policy, "--batch", "37", "--database", address)
    ran = run_pinback("settle", events, "--decisions", decisions, "--state", state, *options)
    expected_decisions, expected_state = run(stream, policy)
    assert (ran.code, ran.out) == (0, b"")
    assert decided(decisions) == expected_decisions
    assert state.read_bytes() == expected_state
    audited = call_pinback("audit", database=address)
    assert (audited.code, audited.err) == (0, "")
    assert audited.out.startswith(b"clean: ")


def test_run_again_it_finds_duplicates_only_and_ends_in_the_same_state(
    address: str, events: Path, tmp_path: Path
) -> None:
    number = events.read_bytes().count(b"\n")
    first = call_pinback("settle", events, "--state", tmp_path / "first", database=address)
    again = call_pinback("settle", events, "--state", tmp_path / "again", "--batch", "7", database=address)
    assert first.err.splitlines()[0] == f"{number} applied, 0 duplicates, 0 refused"
    assert again.err.splitlines()[0] == f"0 applied, {number} duplicates, 0 refused"
    assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()
    assert (tmp_path / "first").read_bytes() == fold_stream(events.read_bytes())[1]


@pytest.mark.parametrize("batch", ["1", "5000"])
def test_the_size_of_the_batches_does_not_matter(
    sqlite: str, events: Path, tmp_path: Path, batch: str
) -> None:
    settled = ("--decisions", tmp_path / "d", "--state", tmp_path / "s", "--batch", batch)
    assert call_pinback("settle", events, *settled, database=sqlite).code == 0
    decisions, state = fold_stream(events.read_bytes())
    assert (tmp_path / "d").read_bytes() == b"".join(decisions)
    assert (tmp_path / "s").read_bytes() == state


def test_standard_input_and_output(sqlite: str) -> None:
    stream = steady_stream(11, 400)
    decisions, state = fold_stream(stream)
    ran = call_pinback("settle", "-", "--decisions", "-", "--state", "-", database=sqlite, stdin=stream)
    assert ran.out == b"".join(decisions) + state


def test_through_pipes_in_memory() -> None:
    stream = steady_stream(11, 400)
    decisions, state = fold_stream(stream)
    options = ("--database", ":memory:", "--decisions", "-", "--state", "-")
    ran = run_pinback("settle", "-", *options, stdin=stream)
    assert (ran.code, ran.out) == (0, b"".join(decisions) + state)


def test_packed_files_in_and_out(sqlite: str, tmp_path: Path) -> None:
    stream = steady_stream(11, 400)
    decisions, state = fold_stream(stream)
    packed = tmp_path / "events.ndjson.gz"
    # Two members, as `cat a.gz b.gz` makes them, cut in the middle of a line.
    packed.write_bytes(gzip.compress(stream[:5000]) + gzip.compress(stream[5000:]))
    outputs = ("--decisions", tmp_path / "d.gz", "--state", tmp_path / "s.gz")
    assert call_pinback("settle", packed, *outputs, database=sqlite).code == 0
    assert gzip.decompress((tmp_path / "d.gz").read_bytes()) == b"".join(decisions)
    assert gzip.decompress((tmp_path / "s.gz").read_bytes()) == state


def test_the_database_of_the_environment_and_of_the_folder(events: Path, tmp_path: Path) -> None:
    options = ("--decisions", "/dev/null", "--state", "/dev/null")
    named = {"DATABASE_URL": f"sqlite:///{tmp_path}/named.sqlite3"}
    assert run_pinback("settle", events, *options, env=named, cwd=tmp_path).code == 0
    assert (tmp_path / "named.sqlite3").is_file()
    assert not (tmp_path / "pinback.sqlite3").exists()
    given = ("--database", f"sqlite:///{tmp_path}/given.sqlite3")
    assert run_pinback("settle", events, *given, env=named, cwd=tmp_path).code == 0
    assert (tmp_path / "given.sqlite3").is_file()
    assert run_pinback("settle", events, cwd=tmp_path).code == 0
    assert (tmp_path / "pinback.sqlite3").is_file()


def test_the_policy_is_fixed_at_the_first_use(sqlite: str, events: Path) -> None:
    assert call_pinback("settle", events, "--partial-refund", "threshold", database=sqlite).code == 0
    other = call_pinback("settle", events, "--partial-refund", "any", database=sqlite)
    assert other.code == 2
    assert other.line == "--partial-refund: this database settles with threshold, fixed at its first use"
    assert call_pinback("settle", events, database=sqlite).code == 0
    assert call_pinback("settle", events, "--partial-refund", "threshold", database=sqlite).code == 0


def test_refused_events_are_reported_and_are_not_fatal(sqlite: str, tmp_path: Path) -> None:
    events = tmp_path / "events"
    events.write_bytes(b'{"id":"a"}\nnothing\n' * 10)
    ran = call_pinback("settle", events, database=sqlite)
    lines = ran.err.splitlines()
    assert ran.code == 0
    assert lines[:2] == ["0 applied, 0 duplicates, 20 refused", "  20 bad_event"]
    assert len(lines) == 7
    assert lines[2].startswith("  line 1: bad_event: ")
    assert lines[3].startswith("  line 2: bad_event: not JSON")


@pytest.mark.parametrize("batch", ["0", "-1", "5001", "1.0", "", "x", "１", "9" * 5000])
def test_a_batch_is_1_to_5000_events(sqlite: str, events: Path, batch: str) -> None:
    ran = call_pinback("settle", events, f"--batch={batch}", database=sqlite)
    assert ran.code == 2
    assert "pinback settle: error: argument --batch: " in ran.err
    assert "Traceback" not in ran.err


def test_chinese_is_spoken_where_it_is_asked_for(events: Path) -> None:
    ran = run_pinback(
        "settle", events, "--database", ":memory:", env={"LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN"}
    )
    assert ran.code == 0
    assert "applied" in ran.err or "已" in ran.err
