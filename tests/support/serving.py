"""A real server for tests: `pinback serve` in a process of its own, at a port that was free."""

import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support.pinback import start_pinback


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(
    database: str, env: Mapping[str, str] | None = None, *, is_public: bool = False
) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """A server that has said that it is there: its address, and its process. It is stopped at the end.
    `is_public`: it knows its own address.
    """
    process, line = _started(database, env, is_public)
    try:
        assert line.startswith("Pinback is at http://127.0.0.1:"), process.communicate()[1]
        yield line.split()[3], process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def _started(
    database: str, env: Mapping[str, str] | None, is_public: bool
) -> "tuple[subprocess.Popen[bytes], str]":
    """A server and its first line; another one where somebody else took the port in the meantime."""
    for attempt in range(5):
        port = str(free_port())
        known = {"PINBACK_PUBLIC_URL": f"http://127.0.0.1:{port}"} if is_public else {}
        process = start_pinback("serve", "--port", port, "--database", database, env={**(env or {}), **known})
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        if line:
            break
        _, err = process.communicate(timeout=30)
        assert b"Address already in use" in err, err
        assert attempt < 4, err
    return process, line
