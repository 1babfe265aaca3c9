"""Counts what generated streams reach: decision types, refusal codes, rebate reasons and how vouchers
change, so that one can see whether each of them happens often enough to be tested."""

from __future__ import annotations

import argparse
import json
from collections import Counter

from tests.model.oracle import POLICIES, run
from tests.model.streams import generate


def survey(seeds: range, events: int, policy: str, hostile: float = 0.2) -> Counter[str]:
    """How often each thing happened in all of the streams together."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        lines, _ = run(generate(seed, events, policy=policy, hostile=hostile), policy)
        statuses: dict[str, str] = {}
        for line in lines:
            decision = json.loads(line.decode("utf-8"))
            counts[decision["type"]] += 1
            for label in labels(decision, statuses):
                counts[label] += 1
    return counts


def labels(decision: dict[str, object], statuses: dict[str, str]) -> list[str]:
    """What is worth counting of one decision."""
    match decision["type"]:
        case "event.refused":
            return [f"refused {decision['code']}"]
        case "rebate.decided":
            return [f"rebate {decision['rebate']} {decision['reason']}"]
        case "campaign.ended":
            return [f"campaign {decision['reason']}"]
        case "voucher.issued":
            statuses[str(decision["voucher"])] = "available"
            return []
        case "voucher.changed":
            code, status = str(decision["voucher"]), str(decision["status"])
            was, statuses[code] = statuses[code], status
            return [f"voucher {was} > {status} {'returned' if decision['returned'] else ''}"]
        case "refund.settled":
            names = ("withheld", "bought_back", "taken_back", "debt")
            return [f"settled with {name}" for name in names if decision[name]]
        case _:
            return []


def main() -> None:
    """Prints the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--policy", choices=POLICIES, default="any")
    options = parser.parse_args()
    for label, count in sorted(survey(range(options.seeds), options.events, options.policy).items()):
        print(f"{count:7} {label}")


if __name__ == "__main__":
    main()
