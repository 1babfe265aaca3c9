"""A PostgreSQL server of our own, in a folder of its own, that a test may kill, stop and starve."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

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
        folder.chmod(0o700)
        # Every template is written and read once; what is durable is what the server itself syncs.
        words = ["initdb", "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        self._run([*words, "--wal-segsize=1", "--no-sync"])

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
                        "min_wal_size=2MB",
                        "-c",
                        "max_wal_size=8MB",
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

    def wait_for_client(self) -> None:
        """Wait until somebody else is connected."""
        seen = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with psycopg.connect(self.address, connect_timeout=2, autocommit=True) as connection:
            for _ in range(1200):
                if connection.execute(seen).fetchone() != (0,):
                    return
                time.sleep(0.05)
        pytest.fail("nobody connects")

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


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server that runs in a folder, and is stopped and gone afterwards."""
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop_at_once()


@contextmanager
def folder_for_a_server() -> Iterator[Path]:
    """A folder with a short name, as the name of a socket may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="pinback-server-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
