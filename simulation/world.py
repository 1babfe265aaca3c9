"""The world: a clock, the plots of everybody in it, and what they can see of each other.

A plot is a generator that does something, then yields for how many seconds it sleeps. What people know is
what their shop told them: the auditor's book, as it stood after the latest answers.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from random import Random
from typing import Any, TypeVar

from simulation.auditing.book import Book
from simulation.auditing.records import Fields, Order
from simulation.network import DAY, HOUR, Letter, Network, written_instant

Result = TypeVar("Result")
Doing = Generator[int, None, Result]
Plot = Doing[None]

_LOOK_EVERY = HOUR // 2


class World:
    """Everybody's plots, in the order of time."""

    def __init__(self, rng: Random, book: Book, start: int) -> None:
        self.rng = rng
        self.book = book
        self.now = start
        self.counts: Counter[str] = Counter()
        self.network = Network(rng, self.counts)
        self.shop_names: list[str] = []
        self._serials: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._agenda: list[tuple[int, int, Plot]] = []
        self._started = 0

    def start(self, plot: Plot, after: int = 0) -> None:
        """Let a plot begin."""
        self._started += 1
        heappush(self._agenda, (self.now + after, self._started, plot))

    def live_until(self, moment: int) -> None:
        """Everybody does what they do until then."""
        while self._agenda and self._agenda[0][0] <= moment:
            self.now, serial, plot = heappop(self._agenda)
            sleep = next(plot, None)
            if sleep is not None:
                heappush(self._agenda, (self.now + max(sleep, 1), serial, plot))
        self.now = moment

    def fresh(self, kind: str, shop: str) -> str:
        """A new id in a shop; other shops have the same ones."""
        self._serials[kind, shop] += 1
        return f"{kind}{self._serials[kind, shop]}"

    def tell(self, kind: str, shop: str, *, quick: bool = False, **fields: Any) -> Letter:
        """Send an event that happened just now."""
        event: Fields = {
            "id": self.fresh("e", shop),
            "type": kind,
            "at": written_instant(self.now),
            "shop": shop,
        }
        return self.network.post(event | fields, self.now, quick=quick)

    def shop(self) -> str:
        """Some shop."""
        return self.rng.choice(self.shop_names)

    def hours(self, least: int, most: int) -> int:
        """Some time between so many hours, in seconds."""
        return self.rng.randrange(least * HOUR, most * HOUR + 1)

    def days(self, least: int, most: int) -> int:
        """Some time between so many days, in seconds."""
        return self.rng.randrange(least * DAY, most * DAY + 1)

    def chance(self, percent: int) -> bool:
        """Whether something happens that does so many times in a hundred."""
        return self.rng.randrange(100) < percent

    def until(self, holds: Callable[[], object], patience: int = DAY) -> Doing[bool]:
        """Wait until it holds, but no longer than `patience` seconds; whether it does."""
        given_up = self.now + patience
        while not holds():
            if self.now >= given_up:
                return False
            yield _LOOK_EVERY
        return True

    def answered(self, letter: Letter, patience: int = DAY) -> Doing[bool]:
        """Wait for the answer; whether the event was applied."""
        yield from self.until(lambda: letter.outcome, patience)
        return letter.outcome == "applied"


class Purchase:
    """An order as its buyer and its shop handle it."""

    def __init__(self, world: World, shop: str, buyer: str, fields: Fields, *, quick: bool = False) -> None:
        self.world = world
        self.shop = shop
        self.buyer = buyer
        self.id = world.fresh("o", shop)
        self.quick = quick
        worth = world.book.vouchers[fields["voucher"]].amount if "voucher" in fields else 0
        goods = sum(line["quantity"] * line["unit_price"] for line in fields["lines"])
        self.due = goods - fields.get("discount", 0) - worth + fields.get("postage", 0)
        self.placing = self.step("order.placed", buyer=buyer, **fields)

    @property
    def key(self) -> str:
        """`shop/order`."""
        return f"{self.shop}/{self.id}"

    @property
    def record(self) -> Order | None:
        """What is known of it; None until its placing was answered."""
        return self.world.book.orders.get(self.key)

    @property
    def status(self) -> str | None:
        """Its status as last heard."""
        return self.record.status if self.record is not None else None

    def step(self, kind: str, **fields: Any) -> Letter:
        """Any event of this order."""
        return self.world.tell(kind, self.shop, quick=self.quick, order=self.id, **fields)

    def pay(self, more: int = 0) -> Letter:
        """Pay what is due, or so much more."""
        return self.step("order.paid", amount=self.due + more)

    def ask(self) -> str:
        """Ask for a refund; its id."""
        refund = self.world.fresh("r", self.shop)
        self.step("refund.requested", refund=refund)
        return refund

    def close(self, refund: str) -> Letter:
        """Withdraw a refund."""
        return self.step("refund.closed", refund=refund)

    def refund(self, refund: str | None = None, **fields: Any) -> Letter:
        """A refund is paid: all that is left, or what is named."""
        return self.step("refund.succeeded", refund=refund or self.world.fresh("r", self.shop), **fields)


def basket(rng: Random, cash: int, *, worth: int = 0, postage: int | None = None) -> Fields:
    """Goods of which exactly `cash` fen are to be paid beside a voucher of `worth` fen; and postage."""
    lines = []
    total = 0
    for _ in range(rng.choice((0, 0, 1, 2))):
        price = rng.choice((0, 1, 99, 333, max(1, cash // 4)))
        units = rng.choice((1, 1, 2, 3))
        if total + price * units < cash + worth:
            lines.append({"product": rng.choice("pqr"), "quantity": units, "unit_price": price})
            total += price * units
    units = rng.choice((1, 1, 2, 3))
    price = -(-(cash + worth - total) // units) + rng.choice((0, 0, 0, 50))
    lines.append({"product": rng.choice("pqr"), "quantity": units, "unit_price": price})
    total += price * units
    rng.shuffle(lines)
    fields: Fields = {"lines": lines}
    if total > cash + worth:
        fields["discount"] = total - cash - worth
    paid = rng.choice((0, 0, 500, 800)) if postage is None else postage
    if paid:
        fields["postage"] = paid
    return fields
