"""A recorded run is settled again in its order; one that this order does not explain is noticed."""

import json
import sys
from pathlib import Path

import pytest

from simulation.__main__ import main
from simulation.auditing.records import Fault
from simulation.engines import DatabaseEngine, RulesEngine
from simulation.report import tell_failure
from simulation.run import Run, Settings
from simulation.story import Broken, Entry, load, replay, save
from tests.simulation.test_controls import found, withheld_forgotten

Recorded = tuple[list[Entry], Path]


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """A short world, and its schedule in a file."""
    run = Run(Settings(2, 8), RulesEngine())
    run.live(model=False)
    path = tmp_path / "run.schedule.ndjson"
    save(path, {"policy": "any", "ended": True}, run.entries)
    return run.entries, path


def test_a_schedule_is_read_as_it_was_written(recorded: Recorded) -> None:
    entries, path = recorded
    header, read = load(path)
    assert header["policy"] == "any"
    assert read == entries


def test_a_right_recording_is_replayed(recorded: Recorded) -> None:
    entries, _ = recorded
    assert replay(entries, RulesEngine(), "any", ended=True) == len(entries)


def test_answers_given_in_another_order_are_noticed(recorded: Recorded) -> None:
    entries, _ = recorded
    paid = next(n for n, e in enumerate(entries) if e.event["type"] == "order.paid" and len(e.answer) > 1)
    with pytest.raises(Broken, match="schedule") as broken:
        replay([*entries[:paid], *entries[paid + 1 :]], RulesEngine(), "any")
    assert broken.value.fault.keys


@pytest.mark.slow
def test_what_workers_did_at_once_is_replayed_on_the_rules(database: str, tmp_path: Path) -> None:
    run = Run(Settings(6, 6, workers=3), DatabaseEngine(database))
    run.live(model=False)
    assert replay(run.entries, RulesEngine(), "any", ended=True) == len(run.entries)


def test_a_failure_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    withheld_forgotten(monkeypatch)
    broken = found()
    told = tell_failure(Settings(1, 40), "rules", broken, tmp_path)
    assert "FAILED: seed 1 on rules" in told
    assert "withholding: " in told
    assert "python -m simulation --seed 1 --days 40 --backend rules --policy any" in told
    short = (tmp_path / "seed-1-rules-1.short.ndjson").read_bytes().splitlines()
    assert json.loads(short[-1])["type"] == "refund.succeeded"
    header, entries = load(tmp_path / "seed-1-rules-1.schedule.ndjson")
    with pytest.raises(Broken) as again:
        replay(entries, RulesEngine(), str(header["policy"]))
    assert again.value.fault.clause == "withholding"


def test_a_failure_that_the_rules_do_not_have_shows_the_lines_about_it(
    recorded: Recorded, tmp_path: Path
) -> None:
    entries, _ = recorded
    placed = next(entry for entry in entries if entry.event["type"] == "order.placed")
    fault = Fault("audit", "a row differs", f"{placed.event['shop']}/{placed.event['order']}")
    told = tell_failure(Settings(2, 8, workers=3), "postgres", Broken(fault, entries, ended=True), tmp_path)
    assert placed.line.decode() in told
    assert "--workers 3" in told
    assert "--replay" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["--days", "4"], ["--days", "3", "--backend", "sqlite", "--workers", "2"]]
)
def test_the_command_line(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["simulation", "--seed", "3", *arguments])
    assert main() == 0
    assert "seed 3 on" in capsys.readouterr().out


def test_the_command_line_replays(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entries, path = recorded
    monkeypatch.setattr(sys, "argv", ["simulation", "--replay", str(path)])
    assert main() == 0
    assert "every answer as recorded" in capsys.readouterr().out
    save(path, {"policy": "any"}, entries[1:])
    assert main() == 1
    assert "FAILED" in capsys.readouterr().out


def test_workers_need_a_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["simulation", "--workers", "2"])
    with pytest.raises(SystemExit):
        main()
    assert "--workers needs a database" in capsys.readouterr().err
