"""The races: what happened before, who calls at the same moment, and what must be so afterwards."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.races.crowd import Answer, Batch
from tests.races.market import (
    EXPIRY,
    PRICE,
    REBATE,
    Event,
    campaign,
    confirmed,
    deal,
    event,
    paid,
    placed,
    refunded,
    state_of,
)

JUST_BEFORE = "2026-11-25T23:59:59+08:00"


class Race(NamedTuple):
    """What is told before the race, and a batch for each caller."""

    before: list[Event]
    calls: list[Batch]


def counted(answers: Sequence[Answer]) -> Counter[str]:
    """How often each answer was given."""
    return Counter(one for answer in answers for one in answer)


def statuses(state: dict[str, dict[str, Any]], section: str, start: str = "") -> Counter[str]:
    """How many of each status there are, of those whose key begins so."""
    return Counter(entry["status"] for key, entry in state[section].items() if key.startswith(start))


class OneVoucher:
    """One voucher is placed on many orders at once: one of them gets it."""

    def race(self, callers: int) -> Race:
        """Everybody places another order of the same buyer with the same voucher."""
        before = [*campaign("s"), *deal("s", "source", "b")]
        return Race(before, [[placed("s", f"o{n}", "b", voucher="s/c/1")] for n in range(callers)])

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """One has it; the others were told that it is not available."""
        assert counted(answers) == {"applied": 1, "voucher_unavailable": len(answers) - 1}
        state = state_of(alias)
        assert state["vouchers"]["s/c/1"]["status"] == "locked"
        assert statuses(state, "orders", "s/o") == {"placed": 1}


class LastVoucher:
    """Many orders earn the last voucher of a campaign at once: one gets it, and the campaign ends."""

    def race(self, callers: int) -> Race:
        """Nine of ten are issued; everybody confirms an order of another buyer."""
        before = campaign("s", quantity=10)
        for n in range(9):
            before += deal("s", f"first{n}", f"first{n}")
        for n in range(callers):
            before += deal("s", f"o{n}", f"b{n}")[:2]
        return Race(before, [[confirmed("s", f"o{n}")] for n in range(callers)])

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """Ten vouchers, no more; the campaign is exhausted and its money is in them."""
        assert counted(answers) == {"applied": len(answers)}
        state = state_of(alias)
        rebates = Counter(entry["rebate"] for key, entry in state["orders"].items() if key.startswith("s/o"))
        assert rebates == {"issued": 1, "not_eligible": len(answers) - 1}
        assert sorted(state["vouchers"]) == sorted(f"s/c/{n}" for n in range(1, 11))
        assert state["campaigns"]["s/c"]["issued"] == 10
        assert state["campaigns"]["s/c"]["reason"] == "exhausted"


class SameEvent:
    """One event is sent many times at once: it is applied once."""

    def race(self, callers: int) -> Race:
        """Everybody sends the same compensation."""
        received = [*deal("s", "o", "b"), event("order.received", "s", order="o")]
        paid_once = event("compensation.paid", "s", order="o", amount=7)
        return Race(received, [[paid_once] for _ in range(callers)])

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """The money went out once."""
        assert counted(answers) == {"applied": 1, "duplicate": len(answers) - 1}
        assert state_of(alias)["shops"]["s"]["sales"] == PRICE - 7


class RefundAndPlacing:
    """The source order of a voucher is refunded while the voucher is placed with another order."""

    def race(self, callers: int) -> Race:
        """Pairs: one refunds, the other places."""
        before, calls = campaign("s"), []
        for n in range(callers // 2):
            before += deal("s", f"source{n}", f"b{n}")
            calls.append([refunded("s", f"source{n}", f"r{n}")])
            calls.append([placed("other", f"o{n}", f"b{n}", voucher=f"s/c/{n + 1}")])
        return Race([*before, event("shop.opened", "other")], calls)

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """Whoever was first: every voucher is reclaimed, and no order holds one."""
        refunds, placings = answers[::2], answers[1::2]
        assert counted(refunds) == {"applied": len(refunds)}
        found = counted(placings)
        assert found["applied"] + found["voucher_unavailable"] == len(placings)
        state = state_of(alias)
        assert statuses(state, "vouchers") == {"reclaimed": len(refunds)}
        assert statuses(state, "orders", "other/") == Counter({"cancelled": found["applied"]})
        assert state["shops"]["s"]["marketing"] == REBATE * len(refunds)


class RefundAndPaying:
    """The source order of a voucher is refunded at the moment in which the order that holds it is paid."""

    def race(self, callers: int) -> Race:
        """Pairs: one refunds, the other pays."""
        before, calls = campaign("s"), []
        for n in range(callers // 2):
            before += deal("s", f"source{n}", f"b{n}")
            before.append(placed("other", f"o{n}", f"b{n}", voucher=f"s/c/{n + 1}"))
            calls.append([refunded("s", f"source{n}", f"r{n}")])
            calls.append([paid("other", f"o{n}", voucher=True)])
        return Race(before, calls)

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """A voucher that was used is withheld, one that was not is reclaimed: the shop has its money back."""
        refunds, payments = answers[::2], answers[1::2]
        assert counted(refunds) == {"applied": len(refunds)}
        found = counted(payments)
        used, cancelled = found["applied"], found["wrong_state"]
        assert used + cancelled == len(payments)
        state = state_of(alias)
        assert statuses(state, "vouchers") == Counter(used=used, reclaimed=cancelled)
        assert statuses(state, "orders", "other/") == Counter(paid=used, cancelled=cancelled)
        payouts = [entry["payout"] for key, entry in state["orders"].items() if key.startswith("s/")]
        assert sum(payouts) == PRICE * len(refunds) - REBATE * used
        assert state["shops"]["s"]["marketing"] == REBATE * len(refunds)


class SameLine:
    """The units of one line are refunded by more than there are units, at once; before or after receipt."""

    def __init__(self, *, received: bool) -> None:
        self.received = received

    def race(self, callers: int) -> Race:
        """Everybody refunds one unit; there is one for every fourth of them."""
        units = max(2, callers // 4)
        before = deal("s", "o", "b", units=units)
        if self.received:
            before.append(event("order.received", "s", order="o"))
        lines = [{"line": 1, "quantity": 1}]
        return Race(before, [[refunded("s", "o", f"r{n}", lines=lines)] for n in range(callers)])

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """Each unit is refunded once, and no fen more than was paid goes out."""
        units = max(2, len(answers) // 4)
        # The order is refunded when its last unit is; then it takes no more events.
        assert counted(answers) == {"applied": units, "wrong_state": len(answers) - units}
        state = state_of(alias)
        order = state["orders"]["s/o"]
        assert (order["refunded"], order["payout"]) == (units * PRICE, units * PRICE)
        assert order["status"] == "refunded"
        assert state["sales"] == ({"s/p": {"months": {}, "total": 0}} if self.received else {})
        assert state["shops"]["s"]["sales"] == 0


class StopDuringIssue:
    """A campaign is stopped while its vouchers are being issued."""

    def race(self, callers: int) -> Race:
        """One stops; the others each earn a voucher, if they come in time."""
        before = campaign("s")
        for n in range(callers - 1):
            before += deal("s", f"o{n}", f"b{n}")[:2]
        calls = [[confirmed("s", f"o{n}")] for n in range(callers - 1)]
        calls.insert(len(calls) // 2, [event("campaign.stopped", "s", campaign="c")])
        return Race(before, calls)

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """What is not in vouchers is back with the shop, to the fen."""
        assert counted(answers) == {"applied": len(answers)}
        state = state_of(alias)
        issued = len(state["vouchers"])
        assert state["campaigns"]["s/c"]["issued"] == issued
        assert state["campaigns"]["s/c"]["reason"] == "stopped"
        assert state["shops"]["s"]["marketing"] == REBATE * (1000 - issued)


class TickWhilePlacing:
    """The clock passes the end of vouchers while they are placed; the tick comes from another shop."""

    def race(self, callers: int) -> Race:
        """One ticks; the others each place their voucher a second before its end."""
        before, calls = [*campaign("s"), event("shop.opened", "clock")], []
        for n in range(callers - 1):
            before += deal("s", f"source{n}", f"b{n}")
            calls.append([placed("s", f"o{n}", f"b{n}", voucher=f"s/c/{n + 1}", at=JUST_BEFORE)])
        calls.insert(len(calls) // 2, [event("clock.ticked", "clock", EXPIRY)])
        return Race(before, calls)

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """A voucher is expired or locked by an order, never both."""
        found = counted(answers)
        placings = found["applied"] - 1
        assert placings + found["voucher_unavailable"] + 1 == len(answers)
        state = state_of(alias)
        expired = found["voucher_unavailable"]
        assert statuses(state, "vouchers") == Counter(locked=placings, expired=expired)
        assert statuses(state, "orders", "s/o") == Counter(placed=placings)
        assert state["shops"]["s"]["marketing"] == REBATE * expired


class AcrossShops:
    """Buyers use the vouchers of each shop at each other shop, in both directions at once."""

    SHOPS = ("a", "b", "c", "d")

    def race(self, callers: int) -> Race:
        """Everybody uses vouchers of several shops at several shops, and has one of the sources refunded."""
        before: list[Event] = []
        for shop in self.SHOPS:
            before += campaign(shop)
            for n in range(callers):
                before += deal(shop, f"source{n}", f"b{n}")
        calls = []
        for n in range(callers):
            here, there = self.SHOPS[n % 4], self.SHOPS[(n + 1 + n // 4 % 3) % 4]
            batch = []
            for shop, funding in ((here, there), (there, here)):
                batch += [
                    placed(shop, f"o{n}", f"b{n}", voucher=f"{funding}/c/{n + 1}"),
                    paid(shop, f"o{n}", voucher=True),
                    confirmed(shop, f"o{n}"),
                ]
            calls.append([*batch, refunded(there, f"source{n}", f"r{n}"), refunded(here, f"o{n}", f"q{n}")])
        return Race(before, calls)

    def check(self, alias: str, answers: Sequence[Answer]) -> None:
        """Nobody was in anybody's way: all of it is applied."""
        assert counted(answers) == {"applied": 8 * len(answers)}


Scenario = (
    OneVoucher
    | LastVoucher
    | SameEvent
    | RefundAndPlacing
    | RefundAndPaying
    | SameLine
    | StopDuringIssue
    | TickWhilePlacing
    | AcrossShops
)

SCENARIOS: tuple[Scenario, ...] = (
    OneVoucher(),
    LastVoucher(),
    SameEvent(),
    RefundAndPlacing(),
    RefundAndPaying(),
    SameLine(received=False),
    SameLine(received=True),
    StopDuringIssue(),
    TickWhilePlacing(),
    AcrossShops(),
)
