"""The law of the specification's preamble, as checks on the model: what holds at every moment, and what
holds after everything was refunded, cancelled, stopped and expired, in whatever order."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from random import Random
from typing import Any

from tests.model.oracle import POLICIES, Oracle
from tests.model.reading import Event, instant_text
from tests.model.streams import generate
from tests.model.world import balance, debts, funding_shop, goods_cash, left, lost, marketing, sales

PAID = ("paid", "confirmed", "shipped", "received")


class BrokenLawError(AssertionError):
    """A clause of the law does not hold; the text says which, for whom, and both sides."""


def same(clause: str, who: str, one: Any, other: Any) -> None:
    """Both sides of a clause are equal."""
    if one != other:
        raise BrokenLawError(f"{clause}: {who}: {one} is not {other}")


def buyers_cash(oracle: Oracle) -> dict[str, int]:
    """What each buyer paid (orders and debts) less what was paid out to them, compensations apart."""
    found: dict[str, int] = defaultdict(int)
    for order in oracle.world["orders"].values():
        found[order["buyer"]] += order["cash"] - order["payout"]
    for (_, buyer), fen in oracle.world["debts_paid"].items():
        found[buyer] += fen
    return found


def fees(oracle: Oracle) -> dict[str, int]:
    """The fees that each shop paid for its campaigns."""
    found: dict[str, int] = defaultdict(int)
    for (source, target), fen in oracle.world["moved"].items():
        if source == "external" and target.startswith("campaign:"):
            found[target.removeprefix("campaign:").split("/")[0]] += fen
    return found


def kept_postage(oracle: Oracle) -> dict[tuple[str, str], int]:
    """Postage left in refunded orders, by shop and buyer: it stays with the shop (section 3.7)."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for order in oracle.world["orders"].values():
        if order["status"] == "refunded":
            found[order["shop"], order["buyer"]] += order["postage"]
    return found


def check_moment(oracle: Oracle) -> None:
    """The clauses that hold at every moment."""
    world = oracle.world
    same("accounts add up to 0", "all", sum(oracle.balances.values()), 0)
    standing: dict[str, int] = defaultdict(int)
    for order in world["orders"].values():
        standing[order["buyer"]] += order["cash"] - order["refunded"]
        code = order["used_voucher"]
        if code is not None and order["status"] in (*PAID, "refunded") and lost(world, code):
            standing[order["buyer"]] += sum(line["voucher"] for line in order["lines"])
    owed: dict[str, int] = defaultdict(int)
    for (_, buyer), fen in debts(world).items():
        owed[buyer] += fen
    cash = buyers_cash(oracle)
    for buyer in standing.keys() | cash.keys():
        same("what a buyer has", buyer, cash[buyer] + owed[buyer], standing[buyer])
    check_fees(oracle)
    check_shape(oracle)


def check_fees(oracle: Oracle) -> None:
    """A shop's fees are all still somewhere among its accounts and its used vouchers."""
    world = oracle.world
    paid = fees(oracle)
    for shop in world["shops"]:
        held = balance(world, marketing(shop))
        for account, fen in oracle.balances.items():
            kind, _, name = account.partition(":")
            if kind in ("campaign", "voucher") and name.startswith(f"{shop}/"):
                held += fen
        held += sum(left(world, code) for code in world["vouchers"] if funding_shop(code) == shop)
        same("a shop's fees", shop, held, paid[shop])


def check_shape(oracle: Oracle) -> None:
    """What else must be true if the accounts mean what they say."""
    world = oracle.world
    for account, fen in oracle.balances.items():
        if account != "external" and not account.startswith("shop:") and fen < 0:
            raise BrokenLawError(f"{account} is {fen}")
    for code in world["vouchers"]:
        if left(world, code) < 0:
            raise BrokenLawError(f"left of {code} is {left(world, code)}")
        in_account = world["vouchers"][code]["status"] in ("available", "frozen", "locked")
        same("a voucher's account", code, balance(world, f"voucher:{code}") > 0, in_account)
    for key, order in world["orders"].items():
        inside = sum(line["cash"] + line["voucher"] for line in order["lines"]) + order["postage"]
        expected = inside if order["status"] in ("paid", "confirmed", "shipped") else 0
        same("an order's account", key, balance(world, f"order:{key}"), expected)


def check_law(oracle: Oracle) -> None:
    """The clauses that hold once everything was undone; postage that a shop kept is counted beside them."""
    world = oracle.world
    kept = kept_postage(oracle)
    cash, paid = buyers_cash(oracle), fees(oracle)
    for buyer in cash:
        kept_of_buyer = sum(fen for (_, whose), fen in kept.items() if whose == buyer)
        same("a buyer was paid what they paid", buyer, cash[buyer], kept_of_buyer)
    same("nobody owes anything", "all", debts(world), {})
    for shop in world["shops"]:
        same("marketing is the fees", shop, balance(world, marketing(shop)), paid[shop])
        compensated = sum(o["compensated"] for o in world["orders"].values() if o["shop"] == shop)
        kept_by_shop = sum(fen for (whose, _), fen in kept.items() if whose == shop)
        same("sales are minus compensations", shop, balance(world, sales(shop)), kept_by_shop - compensated)
    for account, fen in oracle.balances.items():
        if account.partition(":")[0] in ("campaign", "voucher", "order"):
            same("accounts are empty", account, fen, 0)
    for key, figures in world["sales"].items():
        same("nothing is sold", key, (figures["total"], set(figures["months"].values()) - {0}), (0, set()))
    for shop, shown in oracle.state()["shops"].items():
        same("no order is completed", shop, shown["completed_orders"], 0)


class Unwinding:
    """Undoes everything that a world has done, by events in a random order."""

    def __init__(self, oracle: Oracle, seed: int, check: bool) -> None:
        self.oracle = oracle
        self.rng = Random(seed)
        self.check = check
        self.lines: list[bytes] = []
        self.number = 0
        latest = oracle.world["latest"] or 0
        ends = [voucher["expires_at"] for voucher in oracle.world["vouchers"].values()]
        self.over = max([latest, *ends]) + 400 * 86_400
        self.now = int(latest)

    def feed(self, kind: str, shop: str, **fields: Any) -> str:
        """One more event; the type of its first decision."""
        self.number += 1
        at = self.rng.choice((self.now, self.now, self.over, self.now - self.rng.randrange(10**6)))
        event: Event = {"id": f"u{self.number}", "type": kind, "at": instant_text(at), "shop": shop} | fields
        line = json.dumps(event).encode("utf-8")
        self.lines.append(line)
        found = self.oracle.feed(line, 2)
        if self.check:
            check_moment(self.oracle)
        return str(found[0]["type"])

    def to_do(self) -> list[str]:
        """Keys of all that still stands: orders, and campaigns behind a `campaign:`."""
        world = self.oracle.world
        orders = [key for key, order in world["orders"].items() if order["status"] in (*PAID, "placed")]
        running = [f"campaign:{key}" for key, c in world["campaigns"].items() if c["status"] == "funded"]
        return orders + running

    def run(self) -> None:
        """Undoes one thing after the other until nothing is left, then lets the clock pass everything."""
        while todo := self.to_do():
            key = self.rng.choice(todo)
            if key.startswith("campaign:"):
                shop, campaign = key.removeprefix("campaign:").split("/")
                self.feed("campaign.stopped", shop, campaign=campaign)
            else:
                self.undo_order(key)
            if self.rng.random() < 0.1:
                self.noise()
        self.number += 1
        shop = next(iter(self.oracle.world["shops"]), "S")
        tick = {"id": "u0", "type": "clock.ticked", "at": instant_text(self.over), "shop": shop}
        self.lines.append(json.dumps(tick).encode("utf-8"))
        self.oracle.feed(self.lines[-1], 2)

    def undo_order(self, key: str) -> None:
        """Cancels an unpaid order; refunds of a paid one all, or first a part, or moves it on before."""
        order = self.oracle.world["orders"][key]
        shop, name = key.split("/")
        dice = self.rng.random()
        if order["status"] == "placed":
            kind = "order.cancelled" if dice < 0.7 else "order.paid"
            self.feed(kind, shop, order=name, **({} if dice < 0.7 else {"amount": order["due"]}))
        elif order["status"] != "received" and dice < 0.2:
            self.feed("order.confirmed" if order["status"] == "paid" else "order.received", shop, order=name)
        elif dice < 0.5:
            self.part(key)
        else:
            self.feed("refund.succeeded", shop, order=name, refund=f"u{self.number}")

    def part(self, key: str) -> None:
        """A part of an order: some units of one line, an amount, or postage."""
        order = self.oracle.world["orders"][key]
        shop, name = key.split("/")
        cash, postage = goods_cash(order), order["postage"]
        some = [(n, line["units"]) for n, line in enumerate(order["lines"], start=1) if line["units"]]
        fields: Event = {"amount": self.rng.randint(1, cash), "postage": postage}
        if self.rng.random() < 0.5 and some:
            number, units = self.rng.choice(some)
            fields = {"lines": [{"line": number, "quantity": self.rng.randint(1, units)}], "postage": postage}
        elif self.rng.random() < 0.3 and postage:
            fields = {"amount": 0, "postage": self.rng.randint(1, postage)}
        self.feed("refund.succeeded", shop, order=name, refund=f"u{self.number}", **fields)

    def noise(self) -> None:
        """Something else that may happen on the way: the clock, a debt that is paid, a refund closed."""
        world = self.oracle.world
        owed = debts(world)
        opened = [key for key, refund in world["refunds"].items() if refund["status"] == "open"]
        dice = self.rng.random()
        if owed and dice < 0.4:
            (shop, buyer), fen = self.rng.choice(list(owed.items()))
            self.feed("debt.paid", shop, buyer=buyer, amount=self.rng.randint(1, fen))
        elif opened and dice < 0.8:
            key = self.rng.choice(opened)
            shop, name = world["refunds"][key]["order"].split("/")
            self.feed("refund.closed", shop, order=name, refund=key.split("/")[1])
        else:
            self.feed("clock.ticked", self.rng.choice([*world["shops"], "S"]))


def unwind(oracle: Oracle, seed: int, *, check: bool = False) -> list[bytes]:
    """Undoes all that the oracle's world has done; the lines that did it. `check` tries each moment."""
    unwinding = Unwinding(oracle, seed, check)
    unwinding.run()
    return unwinding.lines


def try_law(seed: int, events: int, policy: str, hostile: float = 0.2) -> Oracle:
    """Writes a stream, checks every moment of it, undoes it and checks the law."""
    oracle = Oracle(policy)
    data = generate(seed, events, policy=policy, hostile=hostile)
    for number, line in enumerate(data.split(b"\n"), start=1):
        oracle.feed(line, number)
        check_moment(oracle)
    unwind(oracle, seed, check=True)
    check_law(oracle)
    return oracle


def main() -> None:
    """Tries the law on many streams and says where it breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--events", type=int, default=400)
    options = parser.parse_args()
    for policy in POLICIES:
        for seed in range(options.first, options.first + options.seeds):
            try:
                try_law(seed, options.events, policy)
            except BrokenLawError as broken:
                print(f"{policy} seed {seed}: {broken}")
        print(f"{policy}: {options.seeds} streams of {options.events} lines tried")


if __name__ == "__main__":
    main()
