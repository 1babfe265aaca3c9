"""The state that events are folded into, and the change that one event proposes to it.

A rule reads through a `Change` and writes into it; the state itself changes only in `Change.commit`, so a
refused event changes nothing (section 10). What an event did is then read off the difference between the
state and the change (section 11: "a change is what differs between before and after the event").
"""

from collections import defaultdict
from collections.abc import MutableMapping
from heapq import heappop, heappush

from msgspec import Struct

from pinback.rules.decisions import RefusalCode
from pinback.rules.events import DEFAULT_ZONE, Event
from pinback.rules.records import (
    Campaign,
    Debt,
    Line,
    Order,
    Policy,
    Posting,
    Refund,
    Shop,
    Voucher,
    marketing_account,
)

EXPIRING = ("available", "frozen")
"""The statuses in which a tick lets a voucher expire (section 10, `clock.ticked`)."""


END_OF_TIME = 2**63 - 1
"""After every instant there is."""


class Refusal(Struct, frozen=True, gc=False):
    """Why an event is refused: a code of section 10, and the reason for people."""

    code: RefusalCode
    detail: str


class Settlement(Struct, frozen=True, gc=False):
    """What a refund event came to, as `refund.settled` shows it."""

    order: str
    refund: str
    cash: int
    withheld: int
    bought_back: int
    taken_back: int
    debt: int


class State:
    """Everything that events have made so far, or the part of it that the next events can touch.

    Records are looked up by key. Figures that only ever add up (`balances` of the shops' accounts, `units`,
    `months`, `completed`) start at 0 and may hold the differences alone. `postings` grows; the caller
    drains it. `last_tick` is the latest instant of a `clock.ticked` that may come: vouchers that expire later
    need not be found by their time.
    """

    def __init__(self, policy: Policy = "any", *, last_tick: int = END_OF_TIME) -> None:
        self.policy = policy
        self.last_tick = last_tick
        self.latest_at: int | None = None
        self.events: dict[str, str] = {}
        self.shops: dict[str, Shop] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.vouchers: MutableMapping[str, Voucher] = {}
        self.orders: MutableMapping[str, Order] = {}
        self.lines: MutableMapping[str, tuple[Line, ...]] = {}
        self.refunds: MutableMapping[str, Refund] = {}
        self.debts: dict[str, Debt] = {}
        self.balances: defaultdict[str, int] = defaultdict(int)
        self.units: defaultdict[str, int] = defaultdict(int)
        self.months: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.completed: defaultdict[str, int] = defaultdict(int)
        self.postings: list[Posting] = []
        self._funded: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._expiring: list[tuple[int, str]] = []

    def put_campaign(self, campaign: Campaign) -> None:
        """Keep a campaign; the funded ones that have not ended are found by their shop."""
        self.campaigns[campaign.key] = campaign
        if campaign.ended is not None:
            self._funded[campaign.shop].pop(campaign.key, None)
        elif campaign.starts_at is not None:
            self._funded[campaign.shop][campaign.key] = None

    def put_voucher(self, voucher: Voucher) -> None:
        """Keep a voucher; those that can expire are found by their time."""
        if voucher.expires_at <= self.last_tick and voucher.status in EXPIRING:
            before = self.vouchers.get(voucher.code)
            if before is None or before.status not in EXPIRING:
                heappush(self._expiring, (voucher.expires_at, voucher.code))
        self.vouchers[voucher.code] = voucher

    def funded_campaigns(self, shop: str) -> list[Campaign]:
        """The funded campaigns of a shop that have not ended."""
        return [self.campaigns[key] for key in self._funded.get(shop, ())]

    def take_expired(self, at: int) -> list[Voucher]:
        """The vouchers with `expires_at ≤ at` that can expire; each is given once,
        the caller lets it expire.
        """
        taken: dict[str, Voucher] = {}
        while self._expiring and self._expiring[0][0] <= at:
            voucher = self.vouchers[heappop(self._expiring)[1]]
            if voucher.status in EXPIRING:
                taken[voucher.code] = voucher
        return list(taken.values())


class Change:
    """What one event proposes: records that replace those of the state, postings, counted units."""

    shop: Shop | None = None
    completed = 0
    settlement: Settlement | None = None
    closed_order: str | None = None

    def __init__(self, state: State, event: Event, key: str) -> None:
        self.state = state
        self.event = event
        self.key = key
        self.at = int(event.at)
        self.campaigns: dict[str, Campaign] = {}
        self.vouchers: dict[str, Voucher] = {}
        self.orders: dict[str, Order] = {}
        self.lines: dict[str, tuple[Line, ...]] = {}
        self.refunds: dict[str, Refund] = {}
        self.debts: dict[str, Debt] = {}
        self.postings: list[Posting] = []
        self.units: list[tuple[str, str, int]] = []
        self.returned: dict[str, int] = {}

    def event_shop(self) -> Shop:
        """The event's shop; one first seen now opens with the default zone (section 10, `shop.opened`)."""
        return self.shop or self.state.shops.get(self.event.shop) or Shop(self.event.shop, DEFAULT_ZONE)

    def voucher(self, code: str) -> Voucher:
        """The voucher of that code, as this event has left it so far; likewise the others below."""
        return self.vouchers.get(code) or self.state.vouchers[code]

    def order(self, key: str) -> Order:
        """The order of that key."""
        return self.orders.get(key) or self.state.orders[key]

    def debt(self, key: str) -> Debt:
        """What a buyer owes a shop; nothing, if nothing is recorded."""
        return self.debts.get(key) or self.state.debts.get(key) or Debt(key, 0, ())

    def post(self, source: str, target: str, amount: int) -> None:
        """Move fen between two accounts (section 8); 0 fen move nothing."""
        if amount:
            self.postings.append(Posting(self.key, source, target, amount))

    def return_value(self, voucher: Voucher, amount: int) -> None:
        """Move what is in a voucher's account to the shop that paid for it, and show it as `returned`."""
        self.post(voucher.account, marketing_account(voucher.shop), amount)
        self.returned[voucher.code] = amount

    def commit(self) -> None:
        """Make the change part of the state."""
        state, event = self.state, self.event
        if self.shop is not None or event.shop not in state.shops:
            state.shops[event.shop] = self.event_shop()
        if state.latest_at is None or self.at > state.latest_at:
            state.latest_at = self.at
        for key, order in self.orders.items():
            state.orders[key] = order
        if self.vouchers or self.campaigns:
            self._commit_vouchers()
        if self.lines or self.refunds or self.debts:
            state.lines.update(self.lines)
            state.refunds.update(self.refunds)
            state.debts.update(self.debts)
        if self.postings:
            self._commit_postings()
        if self.units or self.completed:
            self._commit_sales()

    def _commit_vouchers(self) -> None:
        for campaign in self.campaigns.values():
            self.state.put_campaign(campaign)
        for voucher in self.vouchers.values():
            self.state.put_voucher(voucher)

    def _commit_postings(self) -> None:
        balances = self.state.balances
        for posting in self.postings:
            # Only a shop's accounts are kept as figures; the others follow from their records (`held`).
            if posting.source.startswith("shop:"):
                balances[posting.source] -= posting.amount
            if posting.target.startswith("shop:"):
                balances[posting.target] += posting.amount
        self.state.postings.extend(self.postings)

    def _commit_sales(self) -> None:
        state = self.state
        state.completed[self.event.shop] += self.completed
        for product, month, units in self.units:
            state.units[product] += units
            state.months[product, month] += units
