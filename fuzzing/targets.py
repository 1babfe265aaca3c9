"""What must hold for any bytes: the reader agrees with the model and never raises; the rules keep account."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from fuzzing.decoding import line_of
from fuzzing.play import Player
from pinback.rules import settle as rules
from pinback.rules.decisions import written
from pinback.rules.document import state_document
from pinback.rules.reading import BadEvent, content_of, event_of, parse_line
from pinback.rules.records import Policy
from pinback.rules.state import State
from simulation.auditing.auditor import Auditor
from simulation.auditing.records import Fault
from simulation.model import Model
from tests.model.reading import DEEPEST, depth, read_event

Fields = dict[str, Any]


class Finding(Exception):
    """Something that must not happen did; `lines` show it."""

    def __init__(self, text: str, lines: list[bytes]) -> None:
        super().__init__(text)
        self.lines = lines


def read_any(data: bytes) -> str:
    """One line of any bytes through the reader: what it was found to be, an event's type or `bad`."""
    line = line_of(data)
    try:
        return _read(line)
    except Exception as error:
        raise Finding(f"{type(error).__name__}: {error}", [line]) from error


def _read(line: bytes) -> str:
    found = parse_line(line)
    expected, shown = read_event(line)
    if isinstance(found, BadEvent):
        assert expected is None, f"refused ({found.detail}), but it is an event"
        (refusal,) = rules.settle(State(), found)
        answer = json.loads(written(refusal))
        assert answer["code"] == "bad_event"
        assert answer["detail"]
        if depth(line.decode("utf-8", errors="replace")) <= DEEPEST:
            assert {name: answer[name] for name in shown} == shown, f"shows {answer}, not {shown}"
        return "bad"
    assert expected is not None, f"read as {found}, but it is none"
    content = content_of(found)
    assert json.loads(content) == expected, f"read as {content!r}"
    again = event_of(content)
    assert again == found, f"stored as {content!r}, read back as {again}"
    assert content_of(again) == content
    return found.type


def settle_any(data: bytes) -> list[str]:
    """A story of any bytes through the rules: the types of its decisions, in their order."""
    policy: Policy = "threshold" if data[:1] > b"\xbf" else "any"
    told = _Told(policy)
    player = Player(data[1:], told.state)
    while (event := player.next_event()) is not None:
        try:
            told.tell(event)
        except Exception as error:
            raise Finding(f"{type(error).__name__}: {error}", told.lines) from error
    try:
        told.end()
    except Fault as fault:
        raise Finding(str(fault), told.lines) from fault
    return told.kinds


class _Told:
    """A story as it is told to the rules, to the auditor and to the model."""

    def __init__(self, policy: Policy) -> None:
        self.state = State(policy)
        self.auditor = Auditor(policy)
        self.model = Model(policy)
        self.balances: defaultdict[str, int] = defaultdict(int)
        self.lines: list[bytes] = []
        self.kinds: list[str] = []

    def tell(self, event: Fields) -> None:
        """One event; raises whatever is wrong."""
        line = json.dumps(event).encode()
        self.lines.append(line)
        before = _everything(self.state)
        decisions = rules.settle(self.state, parse_line(line), len(self.lines))
        answer = [json.loads(written(decision)) for decision in decisions]
        self.kinds += [_kind(decision) for decision in answer]
        if answer[0]["type"] != "event.applied":
            assert _everything(self.state) == before, "what was not applied changed something"
        self._check_postings()
        self.auditor.watch(event, answer)
        self.model.compare(len(self.lines), line, answer)

    def end(self) -> None:
        """The state at the end."""
        document = state_document(self.state)
        self.auditor.look(json.loads(document))
        self.model.compare_state(document)

    def _check_postings(self) -> None:
        """Every account holds what its record says, and none of a thing that can be empty is overdrawn."""
        for posting in self.state.postings:
            assert posting.amount > 0, f"{posting} moves nothing"
            self.balances[posting.source] -= posting.amount
            self.balances[posting.target] += posting.amount
        self.state.postings.clear()
        state = self.state
        held = {campaign.account: campaign.held for campaign in state.campaigns.values()}
        held |= {voucher.account: voucher.held for voucher in state.vouchers.values()}
        held |= {order.account: order.held for order in state.orders.values()}
        assert min(held.values(), default=0) >= 0, f"overdrawn: {held}"
        held |= {account: fen for account, fen in state.balances.items() if fen}
        found = {account: fen for account, fen in self.balances.items() if fen and account != "external"}
        assert found == {account: fen for account, fen in held.items() if fen}, (
            "an account is not what it holds"
        )


def _everything(state: State) -> Fields:
    """All that a state keeps, to compare."""
    return {
        name: dict(kept) if isinstance(kept, dict) else kept
        for name, kept in vars(state).items()
        if name != "postings" and not name.startswith("_")
    }


def _kind(decision: Fields) -> str:
    detail = next((decision[name] for name in ("code", "status", "rebate") if name in decision), None)
    return str(decision["type"]) if detail is None else f"{decision['type']} {detail}"


TARGETS: dict[str, Callable[[bytes], object]] = {"parser": read_any, "settle": settle_any}
"""What can be fuzzed, by name."""
