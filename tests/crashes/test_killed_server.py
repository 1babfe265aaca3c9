"""A whole PostgreSQL server is killed while `pinback settle` commits: nothing is half, nothing is lost."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.crashes.aftermath import check_after, check_between, check_line, check_undisturbed
from tests.crashes.conftest import DEATHS
from tests.support.pinback import start_pinback

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

USER = "postgres"


def binaries() -> Path:
    """The folder of the programs of PostgreSQL, which is seldom in the PATH."""
    found = [Path(found).parent for name in ("initdb",) if (found := shutil.which(name))]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("no initdb and postgres here: a server of our own to kill is not to be had")


def as_postgres() -> list[str]:
    """Words before a command that make root somebody else: PostgreSQL does not start as root."""
    if os.getuid() != 0:
        return []
    if (
        shutil.which("setpriv") is None
        or subprocess.run(["id", USER], capture_output=True, check=False).returncode
    ):
        pytest.skip("root needs setpriv and a user postgres to start a server of its own")
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"]


class Server:
    """A PostgreSQL server that is reached by a socket in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = binaries()
        # A socket in its own folder: a port of this machine could be taken by somebody else meanwhile.
        self.address = f"postgresql://{USER}@{quote(str(folder), safe='')}/postgres"
        self.process: subprocess.Popen[bytes] | None = None
        if as_postgres():
            shutil.chown(folder, USER)
        # Every template is written and read once; what is durable is what the server itself syncs.
        words = ["initdb", "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        self._run([*words, "--no-sync"])

    def _run(self, words: list[str]) -> None:
        ran = subprocess.run(
            [*as_postgres(), self.programs / words[0], *words[1:]],
            capture_output=True,
            check=False,
            cwd=self.folder,
        )
        assert ran.returncode == 0, ran.stderr.decode()

    def start(self) -> None:
        """Start, after a crash with recovery, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *as_postgres(),
                    self.programs / "postgres",
                    *("-D", str(self.folder / "data"), "-c", "listen_addresses="),
                    *("-c", f"unix_socket_directories={self.folder}"),
                    *(
                        "-c",
                        "shared_buffers=16MB",
                        "-c",
                        "max_connections=10",
                        "-c",
                        "restart_after_crash=off",
                    ),
                ],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        for _ in range(600):
            try:
                psycopg.connect(self.address, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.05)
            else:
                return
        pytest.fail("the server does not answer")

    def kill(self) -> None:
        """Like a power cut for everything but the disk: the server and all its processes are gone at once."""
        assert self.process is not None
        family = [self.process.pid, *children(self.process.pid)]
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(30)
        for pid in family[1:]:
            while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
                time.sleep(0.01)

    def stop_at_once(self) -> None:
        """What `pg_ctl stop -m immediate` does: no checkpoint, recovery at the next start."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that the test may kill."""
    folder = Path(tempfile.mkdtemp(prefix="pinback-server-"))
    server = None
    try:
        server = Server(folder)
        server.start()
        yield server
    finally:
        if server is not None and server.process is not None and server.process.poll() is None:
            server.stop_at_once()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_server_that_is_killed_during_commits(server: Server, events: Path) -> None:
    dice, killed, settled = random.Random(99), 0, 0
    for number in range(DEATHS):
        process = start_pinback(
            *("settle", events, "--database", server.address, "--decisions", "-", "--batch", "2"),
            env={"PINBACK_RECONNECT_SECONDS": "0"},
        )
        assert process.stdout is not None
        process.stdout.read(1)
        time.sleep(dice.uniform(0, 0.3))
        if number % 2:
            server.stop_at_once()
        else:
            server.kill()
        killed += check_line(process)
        server.start()
        now = check_between(server.address)
        assert now >= settled, "what was committed is gone"
        settled = now
    assert killed
    check_after(server.address, events)


def test_a_run_waits_for_a_server_that_restarts(server: Server, events: Path, tmp_path: Path) -> None:
    """Killed or stopped, several times: the run goes on where it was, and nothing is told twice or lost."""
    dice, decisions, restarts = random.Random(5), tmp_path / "decisions", 0
    process = start_pinback(
        "settle", events, "--database", server.address, "--decisions", decisions, "--batch", "2"
    )
    while process.poll() is None and restarts < DEATHS:
        time.sleep(dice.uniform(0.3, 0.6))
        (server.kill if restarts % 2 else server.stop_at_once)()
        time.sleep(dice.uniform(0, 0.5))
        server.start()
        restarts += 1
    assert restarts
    check_undisturbed(process, decisions, events)
    check_after(server.address, events)
