"""The disk under a PostgreSQL server fills up while a stream is settled: told in one line, nothing lost."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.aftermath import check_after, check_between
from tests.crashes.server import Server, folder_for_a_server, running
from tests.support.pinback import run_pinback

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

DISK_BYTES = 100 * 2**20


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on a disk of 100 MB."""
    with folder_for_a_server() as folder:
        words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(folder)]
        if os.getuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode != 0:
            pytest.skip("a small disk needs the right to mount one")
        try:
            with running(folder) as server:
                yield server
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(ballast: Path, free: int) -> None:
    """Fill the disk of a file up to so many bytes."""
    disk = os.statvfs(ballast.parent)
    ballast.write_bytes(b"x" * max(0, disk.f_bavail * disk.f_frsize - free))


def test_a_disk_that_fills_up_under_the_server(server: Server, events: Path) -> None:
    options = ("--database", server.address, "--batch", "20")
    patience = {"PINBACK_RECONNECT_SECONDS": "1"}
    assert run_pinback("migrate", "--database", server.address).code == 0
    ballast, settled, stopped = server.folder / "ballast", 0, 0
    for free in (0, 100_000, 200_000, 400_000):
        fill(ballast, free)
        ran = run_pinback("settle", events, *options, env=patience)
        ballast.unlink()
        if ran.code == 0:
            break
        stopped += 1
        assert ran.code == 2
        assert "database" in ran.line
        # Where it could not write its log it has stopped itself, as it must.
        if server.process is not None and server.process.poll() is not None:
            server.start()
        now = check_between(server.address)
        assert now >= settled, "what was committed is gone"
        settled = now
    assert stopped
    check_after(server.address, events)
