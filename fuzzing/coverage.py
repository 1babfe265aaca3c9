"""The same targets under a coverage-guided fuzzer, `atheris`, which is not among the project's requirements.

`python -m fuzzing.coverage parser CORPUS -max_total_time=600`: what follows the target goes to libFuzzer. It
writes an input that breaks something as `crash-…`; `python -m fuzzing --input FILE` tells of it.
"""

import importlib
import sys

from fuzzing.decoding import IDS, INSTANTS, NUMBERS, ZONES


def dictionary() -> str:
    """Words for libFuzzer to put into inputs."""
    words = [*IDS[:6], *NUMBERS[:16], *INSTANTS, *ZONES, '"type":', '"lines":[{', '"at":"20', "\\u", "+08:00"]
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words if word.isascii())
    return "".join(f'"{word}"\n' for word in escaped)


def main() -> None:
    """Fuzz until stopped, or as long as the arguments say."""
    atheris = importlib.import_module("atheris")

    if len(sys.argv) < 2 or sys.argv[1] not in ("parser", "settle"):
        sys.exit("python -m fuzzing.coverage parser|settle [CORPUS…] [-max_total_time=SECONDS …]")
    with atheris.instrument_imports(include=["pinback.rules"], enable_loader_override=False):
        from fuzzing.targets import TARGETS

    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
