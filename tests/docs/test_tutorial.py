"""The tutorial, run as it stands: each half of its commands in a shell, against a server of its own, with its
output compared.

`…` in the shown output stands for whatever is there: an id, a moment, a number.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from pinback.api.webhooks.messages import signed_headers
from tests.support.pinback import environment
from tests.support.serving import served

DOCS = Path(__file__).parents[2] / "docs"
SERVE = "pinback serve"
THEIR_ADDRESS = "http://127.0.0.1:8000"


class Step(NamedTuple):
    """A command, and what it shows."""

    command: str
    shown: str


def steps(text: str) -> list[Step]:
    """The commands of the console blocks: behind `$ `, with what follows up to the END of a here-document."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            until = lines.index("END") + 1 if lines[0].endswith("<<'END'") else 1
            found.append(Step("\n".join(lines[:until]), "\n".join(lines[until:])))
    return found


def halves(text: str) -> dict[str, list[Step]]:
    """The commands below each first heading, where there are any."""
    parts = re.split(r"^# (.*)\n", text, flags=re.MULTILINE)[1:]
    found = {title: steps(part) for title, part in zip(parts[::2], parts[1::2], strict=True)}
    return {title: there for title, there in found.items() if there}


def says(shown: str, wrote: str) -> bool:
    """Whether a command wrote what is shown of it."""
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, wrote.strip()) is not None


def run(found: list[Step], folder: Path, address: str) -> list[str]:
    """What the commands wrote, run by one shell, so that variables stay."""
    mark = "---- next ----"
    script = "".join(f"{step.command}\necho\necho '{mark}'\n" for step in found)
    words = environment({"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"})
    ran = subprocess.run(
        ["bash", "-eu", "-o", "pipefail"],
        input=script.replace(THEIR_ADDRESS, address),
        capture_output=True,
        text=True,
        env=words,
        cwd=folder,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout[-2000:]}\n{ran.stderr}"
    return ran.stdout.split(mark)[:-1]


@pytest.mark.slow
@pytest.mark.parametrize("half", ["The market", "The engine beside a shop that exists"])
def test_the_tutorial_says_what_happens(half: str, tmp_path: Path) -> None:
    there = halves((DOCS / "tutorial.md").read_text(encoding="utf-8"))
    assert list(there) == ["The market", "The engine beside a shop that exists"]
    found = there[half]
    assert len(found) > 8
    assert SERVE in [step.command for step in found]
    found = [step for step in found if step.command != SERVE]
    with served(f"sqlite:///{tmp_path}/pinback.sqlite3") as (address, _process):
        for step, wrote in zip(found, run(found, tmp_path, address), strict=True):
            assert says(step.shown, wrote), f"{step.command}\n{wrote.strip()}"


@pytest.mark.parametrize(
    ("shown", "wrote", "same"),
    [
        ("running", "running\n", True),
        ("running", "scheduled\n", False),
        ("", "refused\n", False),
        ("available tea/…/…", "available tea/0c1z/1", True),
        ("available tea/…/…", "reclaimed tea/0c1z/1", False),
        ("…", "2026-11-02T01:30:00Z", True),
        ("…", "two\nlines", False),
    ],
)
def test_the_comparison_can_fail(shown: str, wrote: str, same: bool) -> None:
    assert says(shown, wrote) is same


def test_the_example_in_the_guide_verifies_what_we_sign() -> None:
    (example,) = re.findall(
        r"```python\n(.*?)```", (DOCS / "engine.md").read_text(encoding="utf-8"), re.DOTALL
    )
    names: dict[str, object] = {}
    exec(example, names)
    is_genuine = names["is_genuine"]
    assert callable(is_genuine)
    secret, now = "whsec_c2VjcmV0IG9mIHRlYQ==", int(time.time())
    headers = signed_headers("m1", b"{}", secrets=["whsec_b2xk", secret], sent_at=now)
    assert is_genuine(headers, b"{}", secret)
    assert not is_genuine(headers, b"{ }", secret)
    assert not is_genuine(headers, b"{}", "whsec_b3RoZXI=")
    old = signed_headers("m1", b"{}", secrets=[secret], sent_at=now - 900)
    assert not is_genuine(old, b"{}", secret)
