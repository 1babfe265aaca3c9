"""Several `pinback settle` at once on a fresh database, and Ctrl-C: in the end it is as after a quiet run."""

import json
import random
import signal
import time
from functools import cache
from pathlib import Path

import pytest

from tests.model.oracle import Oracle
from tests.support.pinback import call_pinback, run_pinback, start_pinback
from tests.support.settling import fold_stream
from tests.support.steady import steady_stream

pytestmark = pytest.mark.slow


@cache
def halves() -> tuple[bytes, bytes]:
    """Two streams of different shops that do not touch each other: no clock ticks for all shops in them."""
    found = []
    for seed in (13, 14):
        oracle, kept = Oracle(), []
        for line in steady_stream(seed, 500).strip().split(b"\n"):
            event = json.loads(line)
            if event["type"] == "clock.ticked":
                continue
            event["shop"] += f".{seed}"
            if "voucher" in event:
                event["voucher"] = event["voucher"].replace("/", f".{seed}/", 1)
            spelled = json.dumps(event).encode()
            if oracle.feed(spelled, 2)[0]["type"] == "event.applied":
                kept.append(spelled + b"\n")
        found.append(b"".join(kept))
    return found[0], found[1]


def settled_at_once(address: str, *paths: Path) -> None:
    """Settle these files in a process each, at the same time."""
    processes = [start_pinback("settle", path, "--database", address, "--batch", "11") for path in paths]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert b" 0 refused" in err, err


def check(address: str, stream: bytes, events: Path) -> None:
    """The state is that of one quiet run of the stream, and the audit is clean."""
    events.write_bytes(stream)
    state = call_pinback("settle", events, "--state", "-", database=address)
    assert state.err.startswith("0 applied, ")
    assert state.out == fold_stream(stream)[1]
    assert call_pinback("audit", database=address).code == 0


def test_the_same_stream_twice_at_once(address: str, tmp_path: Path) -> None:
    stream, events = steady_stream(12, 700), tmp_path / "events"
    events.write_bytes(stream)
    settled_at_once(address, events, events, events)
    check(address, stream, events)


def test_two_halves_at_once(address: str, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(halves()[0])
    other.write_bytes(halves()[1])
    settled_at_once(address, one, other)
    check(address, b"".join(halves()), tmp_path / "both")


def test_ctrl_c_is_quiet_and_the_next_run_continues(address: str, tmp_path: Path) -> None:
    stream, events, dice = steady_stream(12, 700), tmp_path / "events", random.Random(5)
    events.write_bytes(stream)
    stopped = 0
    for _ in range(3):
        process = start_pinback("settle", events, "--database", address, "--decisions", "-", "--batch", "1")
        assert process.stdout is not None
        process.stdout.read(1)
        time.sleep(dice.uniform(0, 0.1))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        # It may have been at its end already.
        if b" applied, " not in err:
            assert (process.returncode, err) == (130, b"pinback: stopped\n"), err.decode()
            stopped += 1
    assert stopped
    assert run_pinback("settle", events, "--database", address).code == 0
    check(address, stream, events)
