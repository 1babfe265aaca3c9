"""`python -m simulation`: run a seed, replay a schedule, or run one seed after the other until stopped."""

import argparse
import itertools
import sys
import time
from pathlib import Path
from typing import get_args

from pinback.rules.records import Policy
from simulation.engines import BACKENDS, engine_for
from simulation.report import about, tell, tell_failure
from simulation.run import Run, Settings, Summary
from simulation.story import Broken, load, replay

FOLDER = Path("build/simulation")
# Most seeds on the rules, which are quick; some with real tables, some with workers that meet.
_ROTA = (*[("rules", 1)] * 6, ("sqlite", 1), ("postgres", 1), ("postgres", 3), ("sqlite", 2))


def main() -> int:
    """Run; 0 if all went well, 1 if something broke."""
    options = _arguments()
    if options.replay is not None:
        return _replay(options.replay, options.backend)
    if options.forever:
        return _run_until_stopped(options)
    settings = Settings(options.seed, options.days, options.workers, options.policy)
    return 0 if _run(settings, options.backend, options, brief=False) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="where the world comes from (default: 1)")
    parser.add_argument("--days", type=int, default=60, help="simulated days (default: 60)")
    parser.add_argument("--backend", choices=BACKENDS, default="rules", help="what settles (default: rules)")
    parser.add_argument("--workers", type=int, default=1, help="threads that settle at once, on a database")
    parser.add_argument(
        "--policy", choices=get_args(Policy), default="any", help="partial refunds (default: any)"
    )
    parser.add_argument(
        "--no-model", dest="model", action="store_false", help="leave out the independent model"
    )
    parser.add_argument("--output", type=Path, default=FOLDER, help=f"where failures go (default: {FOLDER})")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="settle a recorded schedule in its order")
    parser.add_argument("--forever", action="store_true", help="one seed after the other, from --seed on")
    options = parser.parse_args()
    if options.workers < 1 or (options.workers > 1 and options.backend == "rules"):
        parser.error("--workers needs a database: --backend sqlite or postgres")
    return options


def _run(settings: Settings, backend: str, options: argparse.Namespace, *, brief: bool) -> bool:
    policy: Policy = "threshold" if settings.policy == "threshold" else "any"
    started = time.monotonic()
    try:
        with engine_for(backend, policy) as engine:
            summary = Run(settings, engine).live(model=options.model)
    except Broken as broken:
        print(tell_failure(settings, backend, broken, options.output))
        return False
    seconds = time.monotonic() - started
    print(_line(settings, backend, summary, seconds) if brief else tell(settings, backend, summary, seconds))
    sys.stdout.flush()
    return True


def _line(settings: Settings, backend: str, summary: Summary, seconds: float) -> str:
    setting = f"seed {settings.seed:6} {backend:8} {settings.workers} {settings.policy:9}"
    return f"{setting} {summary.lines:6} lines {seconds:6.1f} s  {summary.digest}"


def _run_until_stopped(options: argparse.Namespace) -> int:
    done = 0
    try:
        for seed in itertools.count(options.seed):
            backend, workers = _ROTA[seed % len(_ROTA)]
            days = options.days if backend == "rules" else max(1, options.days // 3)
            settings = Settings(seed, days, workers, get_args(Policy)[seed % 2])
            if not _run(settings, backend, options, brief=True):
                return 1
            done += 1
    except KeyboardInterrupt:
        pass
    print(f"{done} worlds lived and were undone without a fault")
    return 0


def _replay(path: Path, backend: str) -> int:
    header, entries = load(path)
    policy: Policy = "threshold" if header["policy"] == "threshold" else "any"
    with engine_for(backend, policy) as engine:
        try:
            lines = replay(entries, engine, policy, ended=bool(header.get("ended")))
        except Broken as broken:
            print(f"FAILED at line {len(broken.entries)} of {path} on {backend}\n  {broken.fault}")
            for entry in about(broken):
                print(f"    {entry.line.decode()}")
            return 1
    print(f"{lines} lines of {path} settled in their order on {backend}: no fault, every answer as recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
