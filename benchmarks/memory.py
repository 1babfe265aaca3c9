"""The memory of `pinback settle` and of `pinback audit` on a short and on a long stream.

The stream is the platform's day of the other benchmarks, made by a process of its own and read from a pipe.
A line for each length: the most memory that the command took, by the operating system's word.
`python -m benchmarks.memory [--full] [--events N ...]`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.databases import start_django

QUICK = (50_000, 200_000)
FULL = (1_000_000, 10_000_000)


def write_stream(count: int) -> None:
    """Write that many events to standard output."""
    start_django()
    from benchmarks.workload import Day

    day = Day(7)
    out = sys.stdout.buffer
    for line in day.opening():
        out.write(line + b"\n")
    for line in day.events(count):
        out.write(line + b"\n")
    out.flush()


def run(command: list[str], source: int | None = None) -> tuple[float, float]:
    """Run a command of Pinback to its end; (the most MiB it took, seconds)."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "pinback", *command], stdin=source)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"pinback {command[0]} ended with {status}")
    return used.ru_maxrss / 1024, time.perf_counter() - begun


def measure(count: int) -> None:
    """Print a row for a stream of that many events."""
    with tempfile.TemporaryDirectory(prefix="pinback-bench-") as folder:
        address = ["--database", f"sqlite:///{Path(folder) / 'bench.sqlite3'}"]
        stream = [sys.executable, "-m", "benchmarks.memory", "--stream", str(count)]
        with subprocess.Popen(stream, stdout=subprocess.PIPE) as making:
            assert making.stdout is not None
            settled, settle_seconds = run(["settle", "-", *address], making.stdout.fileno())
        audited, audit_seconds = run(["audit", *address])
    rates = f"{count / settle_seconds:,.0f} | {count / audit_seconds:,.0f}"
    print(f"| {count:,} | {settled:.0f} | {audited:.0f} | {rates} |", flush=True)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--events", type=int, nargs="+")
    parser.add_argument("--stream", type=int)
    chosen = parser.parse_args()
    if chosen.stream:
        write_stream(chosen.stream)
        return
    print(
        "| events | settle, MiB | audit, MiB | settle, events/s | audit, events/s |\n|--|--|--|--|--|",
        flush=True,
    )
    for count in chosen.events or (FULL if chosen.full else QUICK):
        measure(count)


if __name__ == "__main__":
    main()
