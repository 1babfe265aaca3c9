"""The reference model as one thing that is fed lines and answers with decisions. Every event works on a
copy of the world, which replaces the old one only when nothing refused it; so a refused event cannot change
anything."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from tests.model import refunds, rulebook
from tests.model.reading import BOM, DEEPEST, Event, depth, instant_text, is_blank, read_event
from tests.model.showing import Decision, decisions, state, written
from tests.model.world import DEFAULT_ZONE, RefusedError, Tables, copy_tables, new_tables

POLICIES = ("any", "threshold")
RULES: dict[str, Callable[[Tables, Event], None]] = {
    "shop.opened": rulebook.shop_opened,
    "campaign.created": rulebook.campaign_created,
    "campaign.funded": rulebook.campaign_funded,
    "campaign.stopped": rulebook.campaign_stopped,
    "order.placed": rulebook.order_placed,
    "order.paid": rulebook.order_paid,
    "order.shipped": rulebook.order_shipped,
    "order.received": rulebook.order_received,
    "order.cancelled": rulebook.order_cancelled,
    "refund.requested": refunds.refund_requested,
    "compensation.paid": rulebook.compensation_paid,
    "debt.paid": rulebook.debt_paid,
    "clock.ticked": rulebook.clock_ticked,
}


class Oracle:
    """The world so far, under one of the two refund policies of section 5.3."""

    def __init__(self, policy: str = "any") -> None:
        if policy not in POLICIES:
            raise ValueError(policy)
        self.policy = policy
        self.world = new_tables()

    @property
    def balances(self) -> dict[str, int]:
        """Every account that fen ever moved through, by its name in section 8."""
        found: dict[str, int] = self.world["balances"]
        return found

    def feed(self, line: bytes, number: int) -> list[Decision]:
        """The decisions on one line of the stream, none for a blank one; `number` counts from 1."""
        if number == 1:
            line = line.removeprefix(BOM)
        if is_blank(line):
            return []
        event, shown = read_event(line)
        refusal: Decision = {"type": "event.refused", "detail": "", "line": number} | shown
        if event is None:
            return [refusal | {"code": "bad_event"}]
        known = self.world["seen"].get((event["shop"], event["id"]))
        if known == event:
            return [shown | {"type": "event.duplicate"}]
        if known is not None:
            return [refusal | {"code": "event_conflict"}]
        try:
            return self._apply(event)
        except RefusedError as refused:
            return [refusal | {"code": refused.code}]

    def _apply(self, event: Event) -> list[Decision]:
        before, after = self.world, copy_tables(self.world)
        settled = self._follow_rule(after, event)
        after["shops"].setdefault(event["shop"], DEFAULT_ZONE)
        after["seen"][event["shop"], event["id"]] = event
        after["latest"] = event["at"] if before["latest"] is None else max(before["latest"], event["at"])
        found = decisions(before, after, event, settled)
        self.world = after
        return found

    def _follow_rule(self, after: Tables, event: Event) -> Decision | None:
        match event["type"]:
            case "refund.succeeded":
                return refunds.refund_succeeded(after, event, self.policy)
            case "refund.closed":
                refunds.refund_closed(after, event, self.policy)
            case "order.confirmed":
                rulebook.order_confirmed(after, event, self.policy)
            case kind:
                RULES[kind](after, event)
        return None

    def state(self) -> Decision:
        """The state of section 12, to be written like a decision."""
        return state(self.world)

    def latest(self) -> str | None:
        """The latest `at` of all applied events, as text."""
        latest = self.world["latest"]
        return None if latest is None else instant_text(latest)


def run(data: bytes, policy: str = "any") -> tuple[list[bytes], bytes]:
    """The lines of the decisions, and the one line of state.json, each with its newline."""
    oracle = Oracle(policy)
    lines: list[bytes] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        lines += [written(decision) for decision in oracle.feed(line, number)]
    return lines, written(oracle.state())


def deep_lines(data: bytes) -> set[int]:
    """Numbers of the lines nested so deep that what their refusal shows is free (section 10)."""
    return {
        number
        for number, line in enumerate(data.split(b"\n"), start=1)
        if depth(line.decode("utf-8", errors="replace")) > DEEPEST
    }


def main() -> None:
    """Reads a stream from a file and writes what the rules make of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--policy", choices=POLICIES, default="any")
    parser.add_argument("--decisions", type=Path)
    parser.add_argument("--state", type=Path)
    options = parser.parse_args()
    lines, final = run(options.file.read_bytes(), options.policy)
    if options.decisions is None:
        print(b"".join(lines).decode("utf-8"), end="")
    else:
        options.decisions.write_bytes(b"".join(lines))
    if options.state is None:
        print(final.decode("utf-8"), end="")
    else:
        options.state.write_bytes(final)


if __name__ == "__main__":
    main()
