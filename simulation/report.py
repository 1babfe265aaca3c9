"""Tells what a run came to, or how it broke: the seed, the step, the lines that matter, the way back."""

from datetime import UTC, datetime
from pathlib import Path

from simulation.auditing.records import Fields
from simulation.run import Settings, Summary
from simulation.shrinking import shrink
from simulation.story import Broken, Entry, save
from simulation.tally import LIVELY

_CONTEXT_LINES = 20


def tell(settings: Settings, backend: str, summary: Summary, seconds: float) -> str:
    """What happened in a run that went well."""
    began, ended = (datetime.fromtimestamp(at, UTC).date() for at in (summary.began, summary.ended))
    counts = summary.counts
    workers, hand, owe = _count(settings.workers, "worker"), summary.hunters_in_hand, summary.hunters_owe
    lines = [
        f"seed {settings.seed} on {backend}, {workers}, partial refunds: {settings.policy}",
        f"  {began} to {ended}: {summary.shops} shops, {summary.buyers} buyers ({summary.hunters} hunters)",
        f"  {summary.lines} lines settled, audited and undone in {seconds:.1f} s; digest {summary.digest}",
        f"  cash in {_yuan(summary.cash_in)}, cash out {_yuan(summary.cash_out)} before the undoing",
        f"  hunters: {_yuan(hand)} of vouchers in good standing used, {_yuan(owe)} owed, no other gain",
    ]
    rest = [name for name in sorted(counts) if name not in LIVELY]
    lines += _columns([(name, counts[name]) for name in LIVELY])
    lines += _columns([(name, counts[name]) for name in rest if not name.startswith("scheme ")])
    tried = [(name.removeprefix("scheme "), counts[name]) for name in rest if name.startswith("scheme ")]
    lines.append("  schemes tried:")
    lines += _columns(tried)
    return "\n".join(lines)


def tell_failure(settings: Settings, backend: str, broken: Broken, folder: Path) -> str:
    """How a run broke; its schedule, and a shortened stream where there is one, are written to `folder`."""
    name = f"seed-{settings.seed}-{backend}-{settings.workers}"
    header: Fields = {
        "policy": settings.policy,
        "seed": settings.seed,
        "backend": backend,
        "ended": broken.ended,
    }
    whole = folder / f"{name}.schedule.ndjson"
    save(whole, header, broken.entries)
    lines = [
        f"FAILED: seed {settings.seed} on {backend}, {_count(settings.workers, 'worker')}, {settings.policy}",
        f"  {broken.fault}",
        f"  at line {len(broken.entries)}" + (", after everything was undone" if broken.ended else ""),
        f"  answer: {broken.entries[-1].answer if broken.entries else 'none'}",
    ]
    short = shrink(broken, settings.policy)
    if short is not None:
        lines.append(f"  shortest stream found that breaks `{broken.fault.clause}` on the rules alone:")
        path = folder / f"{name}.short.ndjson"
        path.write_bytes(b"".join(entry.line + b"\n" for entry in short))
        lines += [f"    {entry.line.decode()}" for entry in short[-40:]]
        lines.append(f"  written to {path}")
    else:
        lines.append("  the rules alone do not break on these lines; the last ones about the same things:")
        lines += [f"    {entry.line.decode()}" for entry in about(broken)]
    again = f"--seed {settings.seed} --days {settings.days} --backend {backend} --policy {settings.policy}"
    if settings.workers == 1:
        lines.append(f"  again: python -m simulation {again}")
    else:
        lines.append(
            f"  another try, other timing: python -m simulation {again} --workers {settings.workers}"
        )
    lines.append(f"  the same order of events: python -m simulation --replay {whole}")
    return "\n".join(lines)


def about(broken: Broken) -> list[Entry]:
    """The latest entries that name what the fault is about."""
    keys = set(broken.fault.keys)
    return [entry for entry in broken.entries if not keys.isdisjoint(_named(entry.event))][-_CONTEXT_LINES:]


def _named(event: Fields) -> list[str]:
    """The keys that an event names, as faults name them."""
    names = ("id", "order", "campaign", "refund")
    keys = [f"{event['shop']}/{event[name]}" for name in names if name in event]
    return keys + [event[name] for name in ("buyer", "voucher") if name in event]


def _columns(counts: list[tuple[str, int]]) -> list[str]:
    cells = [f"{count:6} {name}" for name, count in counts]
    return [
        "  " + "".join(f"{cell:38}" for cell in cells[at : at + 3]).rstrip() for at in range(0, len(cells), 3)
    ]


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _yuan(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02}" if fen >= 0 else f"-{_yuan(-fen)}"
