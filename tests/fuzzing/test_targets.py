"""A little fuzzing each time; the bytes reach every corner; a broken reader or rule is noticed."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fuzzing import targets
from fuzzing.__main__ import main, search
from fuzzing.coverage import dictionary
from fuzzing.decoding import line_of
from fuzzing.targets import Finding, read_any, settle_any
from pinback.rules import rebate, voucher
from pinback.rules import settle as settling
from pinback.rules.events import DebtPaid
from pinback.rules.reading import BadEvent, parse_line
from tests.model.reading import REQUIRED


def kinds_of(target: Callable[[bytes], Any], inputs: int, length: int) -> Counter[str]:
    """What random bytes reach."""
    counts: Counter[str] = Counter()
    for seed in range(inputs):
        found = target(Random(seed).randbytes(length))
        counts.update([found] if isinstance(found, str) else found)
    return counts


@pytest.mark.slow
@pytest.mark.parametrize(("target", "examples"), [("parser", 4_000), ("settle", 300)])
def test_a_little_fuzzing_finds_nothing(target: str, examples: int) -> None:
    assert search(target, 20_261_111, examples) is None


def test_lines_of_bytes_are_of_every_type() -> None:
    counts = kinds_of(read_any, 6_000, 120)
    assert set(counts) == {"bad", *REQUIRED}


@pytest.mark.slow
def test_stories_of_bytes_reach_every_decision() -> None:
    counts = kinds_of(settle_any, 120, 500)
    wanted = [
        f"voucher.changed {status}"
        for status in ("available", "expired", "frozen", "locked", "reclaimed", "used")
    ]
    wanted += [f"rebate.decided {rebate}" for rebate in ("issued", "not_eligible", "pending")]
    wanted += ["refund.settled", "order.closed", "campaign.ended", "debt.changed", "event.duplicate"]
    wanted += [
        f"event.refused {code}" for code in ("event_conflict", "whole_only", "over_refund", "not_owed")
    ]
    assert [kind for kind in wanted if not counts[kind]] == []


def test_bytes_as_they_are() -> None:
    assert line_of(b"") == b""
    assert line_of(b"\x00{}\n") == b"{}"
    assert read_any(b"\x00\xff\xfe") == "bad"


def broken_reader(line: bytes) -> Any:
    """A reader that takes an id of any length."""
    found = parse_line(line)
    if isinstance(found, BadEvent) and b'"type":"clock.ticked"' in line:
        return parse_line(b'{"id":"e","at":"2026-11-10T10:00:00Z","shop":"S","type":"clock.ticked"}')
    return found


def raising_reader(line: bytes) -> Any:
    """A reader that raises on what is no UTF-8."""
    line.decode("utf-8")
    return parse_line(line)


@pytest.mark.parametrize("reader", [broken_reader, raising_reader])
def test_a_broken_reader_is_noticed(reader: Callable[[bytes], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "parse_line", reader)
    found = search("parser", 7, 3_000)
    assert found is not None
    with pytest.raises(Finding) as finding:
        read_any(found)
    assert len(finding.value.lines) == 1
    monkeypatch.undo()
    read_any(found)


def raises(*_: object) -> None:
    """A rule that fails."""
    raise ZeroDivisionError


RULES: list[Callable[[pytest.MonkeyPatch], None]] = [
    lambda patch: patch.setattr(rebate, "after_refund", lambda change, order, cash: 0),
    lambda patch: patch.setattr(voucher, "freeze", lambda change, order: None),
    lambda patch: patch.setattr(voucher, "_cancel_holder", lambda change, taken: None),
    lambda patch: patch.setitem(settling.HANDLERS, DebtPaid, raises),
]


@pytest.mark.slow
@pytest.mark.parametrize("breaks", RULES, ids=["withheld", "freeze", "holder", "raises"])
def test_a_broken_rule_is_noticed(
    breaks: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch)
    with pytest.raises(Finding) as finding:
        kinds_of(settle_any, 150, 500)
    assert all(json.loads(line) for line in finding.value.lines)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The command."""
    monkeypatch.setattr(sys, "argv", ["fuzzing", *arguments])
    return main()


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--minutes", "0.001", "--target", "parser", "--seed", "1") == 0
    assert "nothing found in 500 inputs of parser" in capsys.readouterr().out


def test_the_command_keeps_what_it_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(targets, "parse_line", raising_reader)
    assert run(monkeypatch, "--minutes", "1", "--target", "parser", "--seed", "1") == 1
    assert "FOUND in parser" in capsys.readouterr().out
    (path,) = tmp_path.glob("build/fuzzing/parser-*.bin")
    assert run(monkeypatch, "--target", "parser", "--input", str(path)) == 1
    monkeypatch.setattr(targets, "parse_line", parse_line)
    assert run(monkeypatch, "--target", "parser", "--input", str(path)) == 0
    assert "nothing wrong" in capsys.readouterr().out


def test_the_dictionary_is_what_the_coverage_guided_fuzzer_reads() -> None:
    lines = dictionary().splitlines()
    assert len(lines) > 30
    for line in lines:
        word = json.loads(line)
        assert isinstance(word, str)
        assert word
