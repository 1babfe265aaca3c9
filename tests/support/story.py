"""A notation for tests that a merchant could read aloud: what happens, and how things stand after it.

    tea.campaign("spring", spend=100_00, get=20_00, vouchers=10)
    first = tea.order("o1", buyer="Li", goods="2 x oolong @ 50.00", postage=8_00).pay().confirm()
    assert first.rebate == "issued"

Amounts are fen, written 20_00 for 20.00 yuan. The clock shows Chinese time, "2026-11-10 10:00", or any
instant written with a "T". Every event goes in as a line of JSON and every answer comes out of the bytes of
decisions and of the state document. After each event the story itself checks what always holds: the accounts
sum to 0 and each holds what its record says, debts are what is left of the vouchers they are owed for,
decisions come in their order and as exact bytes, a refused event changed nothing.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from pinback.rules.decisions import written
from pinback.rules.document import state_document
from pinback.rules.reading import parse_line
from pinback.rules.records import Policy
from pinback.rules.settle import settle
from pinback.rules.state import State

Fields = dict[str, Any]

_GOODS = re.compile(r"(\d+) x (\S+) @ (\d+)\.(\d\d)")
_ORDER_OF_TYPES = (
    "event.applied",
    "campaign.scheduled",
    "refund.settled",
    "rebate.decided",
    "order.closed",
    "voucher.issued",
    "voucher.changed",
    "campaign.ended",
    "debt.changed",
)
_SHARED = ("type", "cause", "shop", "at")


def instant(words: str) -> str:
    """A moment as events write it: "2026-11-10 10:00" is Chinese time; what has a "T" stays as it is."""
    if "T" in words:
        return words
    day, _, clock = words.partition(" ")
    clock = clock or "00:00"
    return f"{day}T{clock if clock.count(':') == 2 else clock + ':00'}+08:00"


def goods_lines(words: str) -> list[Fields]:
    """The lines of an order: "2 x oolong @ 50.00, 1 x cup @ 9.90"."""
    lines = []
    for part in words.split(", "):
        found = _GOODS.fullmatch(part)
        assert found is not None, f"not goods: {part!r}"
        units, product, yuan, fen = found.groups()
        price = int(yuan) * 100 + int(fen)
        lines.append({"product": product, "quantity": int(units), "unit_price": price})
    return lines


def as_line(fields: Fields) -> bytes:
    """An event as a line of JSON."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


class Settled(NamedTuple):
    """What a refund came to, as `refund.settled` shows it, in fen."""

    cash: int
    withheld: int
    bought_back: int
    payout: int
    taken_back: int
    debt: int


class Market:
    """The whole platform: a clock, shops, and the state that their events are folded into."""

    def __init__(self, policy: Policy = "any", clock: str = "2026-11-10 10:00") -> None:
        self.state = State(policy)
        self.clock = clock
        self.decisions: list[Fields] = []
        self._line = 0
        self._expected = "applied"
        self._balances: defaultdict[str, int] = defaultdict(int)
        self._posted = 0

    # --- what happens ---------------------------------------------------------------------------

    def shop(self, name: str) -> "Shop":
        """A shop; it opens with its first event, or by `opens`."""
        return Shop(self, name)

    def tell(self, line: bytes) -> list[Fields]:
        """One line of input; it must be answered as the story expects: applied, if nothing else is said."""
        self._line += 1
        before = None if self._expected == "applied" else self.everything()
        made = [self._checked_bytes(written(d)) for d in settle(self.state, parse_line(line), self._line)]
        self.decisions = made
        assert self.outcome == self._expected, made[0]
        if before is None:
            self._check_decisions()
        else:
            assert len(made) == 1
            assert self.everything() == before, "a refused or repeated event changed something"
        self._check_accounts()
        self._check_debts()
        return made

    @contextmanager
    def refuses(self, code: str) -> Iterator[None]:
        """Everything that happens inside is refused with that code."""
        yield from self._expecting(code)

    @contextmanager
    def knows(self) -> Iterator[None]:
        """Everything that happens inside has happened before: a duplicate."""
        yield from self._expecting("duplicate")

    def _expecting(self, outcome: str) -> Iterator[None]:
        line, self._expected = self._line, outcome
        try:
            yield
        finally:
            self._expected = "applied"
        assert self._line > line, "nothing happened"

    # --- how things stand -----------------------------------------------------------------------

    @property
    def outcome(self) -> str:
        """What became of the latest event: applied, duplicate, or the code of its refusal."""
        first = self.decisions[0]
        return str(first.get("code") or first["type"].removeprefix("event."))

    @property
    def document(self) -> Fields:
        """The state document of section 12."""
        line = state_document(self.state)
        assert line.endswith(b"\n")
        return self._checked_bytes(line[:-1])

    def said(self, kind: str) -> list[Fields]:
        """The latest event's decisions of a type, without what all its decisions share."""
        found = [decision for decision in self.decisions if decision["type"] == kind]
        return [{key: value for key, value in d.items() if key not in _SHARED} for d in found]

    @property
    def kinds(self) -> list[str]:
        """The types of the latest event's decisions, in their order."""
        return [str(decision["type"]) for decision in self.decisions]

    @property
    def settled(self) -> Settled:
        """What the refund that just succeeded came to."""
        (found,) = self.said("refund.settled")
        return Settled(**{name: found[name] for name in Settled._fields})

    def account(self, name: str) -> int:
        """What an account holds, by the postings alone."""
        return self._balances.get(name, 0)

    def everything(self) -> Fields:
        """All that the state keeps, to compare."""
        kept = {name: value for name, value in vars(self.state).items() if not name.startswith("_")}
        return {name: value.copy() if hasattr(value, "copy") else value for name, value in kept.items()}

    # --- what always holds ----------------------------------------------------------------------

    def _checked_bytes(self, line: bytes) -> Fields:
        found: Fields = json.loads(line)
        plain = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert line == plain.encode(), "not written as section 11 says"
        return found

    def _check_decisions(self) -> None:
        kinds = [_ORDER_OF_TYPES.index(kind) for kind in self.kinds]
        assert kinds == sorted(kinds)
        assert kinds.count(0) == 1
        for name in ("cause", "shop", "at"):
            assert len({decision[name] for decision in self.decisions}) == 1
        for kind in ("voucher.issued", "voucher.changed"):
            codes = [decision["voucher"].split("/") for decision in self.said(kind)]
            assert codes == sorted(codes, key=lambda code: (code[0], code[1], int(code[2])))
        owed = [decision["owed_to"] for decision in self.said("debt.changed")]
        assert owed == sorted(set(owed))

    def _check_accounts(self) -> None:
        state, balances = self.state, self._balances
        for posting in state.postings[self._posted :]:
            assert posting.amount > 0
            balances[posting.source] -= posting.amount
            balances[posting.target] += posting.amount
        self._posted = len(state.postings)
        held = {record.account: record.held for record in state.campaigns.values()}
        held |= {record.account: record.held for record in state.vouchers.values()}
        held |= {record.account: record.held for record in state.orders.values()}
        held |= state.balances
        assert sum(balances.values()) == 0
        assert {name: fen for name, fen in held.items() if fen} == {
            name: fen for name, fen in balances.items() if fen and name != "external"
        }

    def _check_debts(self) -> None:
        # Section 6: what is left of used vouchers whose source order lost its eligibility, by shop and buyer.
        owed: defaultdict[str, int] = defaultdict(int)
        for voucher in self.state.vouchers.values():
            if voucher.status == "used" and self.state.orders[voucher.source].rebate != "issued":
                owed[f"{voucher.shop}/{voucher.buyer}"] += voucher.left
        assert {key: fen for key, fen in owed.items() if fen} == self.document["debts"]


class Shop:
    """A shop of the market: what happens in it, and how it stands."""

    def __init__(self, market: Market, name: str) -> None:
        self.market = market
        self.name = name

    def event(self, kind: str, *, at: str | None = None, **fields: Any) -> Fields:
        """Tell an event of this shop, by the clock or at another moment; returns it, to be told again."""
        moment = instant(at or self.market.clock)
        event = {"id": f"e{self.market._line + 1}", "type": kind, "at": moment, "shop": self.name, **fields}
        self.market.tell(as_line(event))
        return event

    def opens(self, zone: str | None = None) -> "Shop":
        """The shop opens, in a time zone."""
        self.event("shop.opened", **({} if zone is None else {"timezone": zone}))
        return self

    def draft(
        self, name: str, *, spend: int, get: int, vouchers: int = 10, valid_days: int | None = None
    ) -> "Campaign":
        """A campaign is drawn up: spend so much, get a voucher worth so much, so many times."""
        terms: Fields = {"threshold": spend, "rebate": get, "quantity": vouchers}
        if valid_days is not None:
            terms["valid_days"] = valid_days
        self.event("campaign.created", campaign=name, **terms)
        return Campaign(self, name, get * vouchers)

    def campaign(
        self,
        name: str,
        *,
        spend: int,
        get: int,
        vouchers: int = 10,
        valid_days: int | None = None,
        funded: str = "2026-11-09 12:00",
    ) -> "Campaign":
        """A campaign is drawn up and paid for, by default in time to run on the market's first day."""
        made = self.draft(name, spend=spend, get=get, vouchers=vouchers, valid_days=valid_days)
        return made.fund(at=funded)

    def order(
        self,
        name: str,
        buyer: str,
        goods: str,
        *,
        discount: int = 0,
        postage: int = 0,
        voucher: "Voucher | str | None" = None,
    ) -> "Order":
        """A buyer orders goods."""
        lines = goods_lines(goods)
        fields: Fields = {"order": name, "buyer": buyer, "lines": lines}
        due = sum(line["quantity"] * line["unit_price"] for line in lines) - discount + postage
        if discount:
            fields["discount"] = discount
        if postage:
            fields["postage"] = postage
        if voucher is not None:
            fields["voucher"] = voucher.code if isinstance(voucher, Voucher) else voucher
            due -= voucher.amount if isinstance(voucher, Voucher) else 0
        self.event("order.placed", **fields)
        return Order(self, name, due)

    def deal(
        self,
        name: str,
        buyer: str,
        goods: str,
        *,
        discount: int = 0,
        postage: int = 0,
        voucher: "Voucher | str | None" = None,
    ) -> "Order":
        """A buyer orders goods and pays, and the deal is made."""
        placed = self.order(name, buyer, goods, discount=discount, postage=postage, voucher=voucher)
        return placed.pay().confirm()

    def pay_debt(self, buyer: str, amount: int) -> None:
        """A buyer pays what they owe the shop."""
        self.event("debt.paid", buyer=buyer, amount=amount)

    def tick(self) -> None:
        """The clock has come this far."""
        self.event("clock.ticked")

    @property
    def marketing(self) -> int:
        """Its marketing balance."""
        return int(self._figures["marketing"])

    @property
    def sales(self) -> int:
        """Its sales balance."""
        return int(self._figures["sales"])

    @property
    def completed_orders(self) -> int:
        """Orders received and not fully refunded."""
        return int(self._figures["completed_orders"])

    @property
    def _figures(self) -> Fields:
        figures: Fields = self.market.document["shops"][self.name]
        return figures

    def sold(self, product: str) -> Fields:
        """Units sold of a product: `total`, and by month."""
        sold: Fields = self.market.document["sales"][f"{self.name}/{product}"]
        return sold

    def debt(self, buyer: str) -> int:
        """What a buyer owes the shop."""
        return int(self.market.document["debts"].get(f"{self.name}/{buyer}", 0))


@dataclass(frozen=True)
class Campaign:
    """A campaign: what happens to it, and how it stands."""

    shop: Shop
    name: str
    fee: int

    def fund(self, amount: int | None = None, *, method: str = "wechat", at: str | None = None) -> "Campaign":
        """The fee is paid, or another amount."""
        paid = self.fee if amount is None else amount
        self.shop.event("campaign.funded", campaign=self.name, amount=paid, method=method, at=at)
        return self

    def stop(self) -> "Campaign":
        """The shop stops it."""
        self.shop.event("campaign.stopped", campaign=self.name)
        return self

    def __getattr__(self, name: str) -> Any:
        """`status`, `reason`, `issued`, `starts_at`: as the state document shows them."""
        return self.shop.market.document["campaigns"][f"{self.shop.name}/{self.name}"][name]


@dataclass(frozen=True)
class Voucher:
    """A voucher, by its code."""

    market: Market
    code: str

    def __getattr__(self, name: str) -> Any:
        """`status`, `amount`, `buyer`, `order`, `used_by`, `expires_at`: as the state document shows them."""
        return self.market.document["vouchers"][self.code][name]


@dataclass(frozen=True)
class Order:
    """An order: what happens to it, and how it stands. Each step returns the order, for the next."""

    shop: Shop
    name: str
    due: int

    def pay(self, amount: int | None = None) -> "Order":
        """The amount due comes in, or another amount."""
        return self.step("order.paid", amount=self.due if amount is None else amount)

    def confirm(self) -> "Order":
        """The deal is made."""
        return self.step("order.confirmed")

    def ship(self) -> "Order":
        """The goods are on their way."""
        return self.step("order.shipped")

    def receive(self) -> "Order":
        """The buyer has the goods."""
        return self.step("order.received")

    def cancel(self) -> "Order":
        """The order is called off before it is paid."""
        return self.step("order.cancelled")

    def ask_refund(self, name: str) -> "Order":
        """A refund is asked for."""
        return self.step("refund.requested", refund=name)

    def close_refund(self, name: str) -> "Order":
        """A refund is rejected or withdrawn."""
        return self.step("refund.closed", refund=name)

    def refund(
        self,
        name: str,
        *,
        units: dict[int, int] | None = None,
        amount: int | None = None,
        postage: int | None = None,
    ) -> "Order":
        """A refund is paid: units of lines, or an amount of goods cash, or all that is left."""
        fields: Fields = {}
        if units is not None:
            fields["lines"] = [{"line": line, "quantity": quantity} for line, quantity in units.items()]
        if amount is not None:
            fields["amount"] = amount
        if postage is not None:
            fields["postage"] = postage
        return self.step("refund.succeeded", refund=name, **fields)

    def compensate(self, amount: int) -> "Order":
        """The shop makes up for something; not a refund."""
        return self.step("compensation.paid", amount=amount)

    def step(self, kind: str, **fields: Any) -> "Order":
        """Any event of this order."""
        self.shop.event(kind, order=self.name, **fields)
        return self

    @property
    def key(self) -> str:
        """`shop/order`."""
        return f"{self.shop.name}/{self.name}"

    @property
    def earned(self) -> Voucher:
        """The voucher that the order earned."""
        vouchers = self.shop.market.document["vouchers"]
        (code,) = [code for code, voucher in vouchers.items() if voucher["order"] == self.key]
        return Voucher(self.shop.market, code)

    @property
    def lines(self) -> list[tuple[int, int]]:
        """For each line the cash and the voucher part left in it."""
        return [(line.cash_left, line.voucher_left) for line in self.shop.market.state.lines[self.key]]

    @property
    def standing(self) -> Any:
        """Its rebate and the reason of it: a pair."""
        return self.rebate, self.reason

    def __getattr__(self, name: str) -> Any:
        """`status`, `rebate`, `reason`, `cash`, `refunded`, `payout`: as the state document shows them."""
        return self.shop.market.document["orders"][self.key][name]
