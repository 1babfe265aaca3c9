"""`python -m fuzzing --minutes M`: let Hypothesis look for bytes that break the reader or the rules."""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from fuzzing.targets import TARGETS, Finding

FOLDER = Path("build/fuzzing")
LENGTHS = {"parser": (0, 200), "settle": (150, 700)}
"""The fewest and the most bytes of an input, by target."""


def search(
    target: str, seed: int, examples: int, note: Callable[[object], None] = lambda _: None
) -> bytes | None:
    """Try so many inputs; the smallest found that breaks something, or None."""
    latest = b""

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(min_size=LENGTHS[target][0], max_size=LENGTHS[target][1]))
    def attempt(data: bytes) -> None:
        nonlocal latest
        latest = data
        note(TARGETS[target](data))

    try:
        attempt()
    except Finding:
        return latest
    return None


def main() -> int:
    """Run; 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzzing", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to search (default: 1)")
    parser.add_argument(
        "--target", choices=[*TARGETS, "both"], default="both", help="what to fuzz (default: both)"
    )
    parser.add_argument("--seed", type=int, help="where the search starts (default: anywhere)")
    parser.add_argument(
        "--input", type=Path, metavar="FILE", help="try one input that was found, and tell of it"
    )
    options = parser.parse_args()
    targets = list(TARGETS) if options.target == "both" else [options.target]
    if options.input is not None:
        return max(_try_again(target, options.input.read_bytes()) for target in targets)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    return _search_until(time.monotonic() + options.minutes * 60, targets, seed)


def _search_until(end: float, targets: list[str], seed: int) -> int:
    counts: Counter[str] = Counter()
    while time.monotonic() < end:
        for target in targets:
            found = search(target, seed, 500, lambda _: counts.update([target]))  # noqa: B023  (called in this turn only)
            if found is not None:
                return _tell(target, found)
        seed += 1
    print(f"nothing found in {', '.join(f'{count} inputs of {name}' for name, count in counts.items())}")
    return 0


def _tell(target: str, data: bytes) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{target}-{int(time.time())}.bin"
    path.write_bytes(data)
    print(f"FOUND in {target}; again: python -m fuzzing --target {target} --input {path}")
    return _try_again(target, data)


def _try_again(target: str, data: bytes) -> int:
    try:
        TARGETS[target](data)
    except Finding as finding:
        print(f"{target}: {finding}")
        for line in finding.lines:
            print(f"  {line!r}")
        return 1
    print(f"{target}: nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
