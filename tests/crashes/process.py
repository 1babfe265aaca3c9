"""A process that is ready to run `pinback settle` in forks of itself: `python -m tests.crashes.process`.

A kill is to hit the settling, a few hundred times; starting Python each time would take a minute for each
ten of them. It reads the words of a command from each line of standard input, forks, and writes the child's
process id; then, when the child is gone, how it ended.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.pinback import environment


class Starter:
    """The other side of it: starts `pinback ARGUMENTS` and gives its process id."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, *arguments: str | Path) -> int:
        """Start a command; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        self._process.stdin.flush()
        return self._read()

    def ended(self) -> int:
        """Wait for the command; its exit code, below 0 for the signal that killed it."""
        return os.waitstatus_to_exitcode(self._read())

    def _read(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@contextmanager
def starter(address: str) -> Iterator[Starter]:
    """A starter of commands that use the database at an address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crashes.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment({"DATABASE_URL": address}),
        cwd=Path(__file__).parents[2],
        text=True,
    )
    try:
        yield Starter(process)
    finally:
        process.communicate(timeout=60)


def main() -> None:
    """Serve until standard input ends."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "pinback.config.settings"
    django.setup()
    from pinback import cli
    from pinback.settlement import actions, document  # noqa: F401 - read before the forks, not in each of them

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - the answers are the parent's
            code = 70
            try:
                code = cli.main(json.loads(line))
            finally:
                sys.stdout.flush()
                os._exit(code)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main()
