"""What a batch of events names, collected in one pass: the keys of everything that loading begins with."""

import re
from collections.abc import Iterable

from msgspec import UNSET

from pinback.rules import events as e
from pinback.rules.reading import BadEvent

_CODE = re.compile(r"([!-.0-~]{1,64})/[!-.0-~]{1,64}/[1-9][0-9]{0,12}")

_OF_ORDER = frozenset(
    (
        e.OrderPlaced,
        e.OrderPaid,
        e.OrderConfirmed,
        e.OrderShipped,
        e.OrderReceived,
        e.OrderCancelled,
        e.RefundRequested,
        e.RefundSucceeded,
        e.RefundClosed,
        e.CompensationPaid,
    )
)
_OF_REFUND = frozenset((e.RefundRequested, e.RefundSucceeded, e.RefundClosed))
_OF_CAMPAIGN = frozenset((e.CampaignCreated, e.CampaignFunded, e.CampaignStopped))
_DECIDING = frozenset((e.OrderConfirmed, e.RefundSucceeded, e.RefundClosed))
_WITH_LINES = frozenset((e.OrderReceived, e.RefundSucceeded))
_WITH_VOUCHERS = frozenset(
    (e.OrderPaid, e.OrderCancelled, e.RefundRequested, e.RefundSucceeded, e.RefundClosed)
)


class Reach:
    """The keys that a batch names.

    `deciding` are the shops that may decide a rebate, `with_lines` the orders whose lines are looked at,
    `with_vouchers` those whose vouchers, used and earned, an event may change (no other event reaches the
    shops of these), `debtors` (`shop/buyer`) those who pay a debt, `ordering` those who place an order and
    may owe something, `tick` the latest instant of a `clock.ticked`.
    """

    def __init__(self, batch: Iterable[e.Event | BadEvent]) -> None:
        self.events: list[str] = []
        self.shops: set[str] = set()
        self.orders: set[str] = set()
        self.with_lines: set[str] = set()
        self.with_vouchers: set[str] = set()
        self.refunds: set[str] = set()
        self.campaigns: set[str] = set()
        self.codes: set[str] = set()
        self.deciding: set[str] = set()
        self.debtors: set[str] = set()
        self.ordering: set[str] = set()
        self.tick: int | None = None
        for event in batch:
            if not isinstance(event, BadEvent):
                self._add(event)

    @property
    def asks_for_debts(self) -> bool:
        """Whether any of the events looks at what buyers owe."""
        return bool(self.deciding or self.debtors)

    def _add(self, event: e.Event) -> None:
        shop, kind = event.shop, type(event)
        self.events.append(event.key)
        self.shops.add(shop)
        if kind in _OF_ORDER:
            self._add_of_order(event)  # type: ignore[arg-type]
        elif kind in _OF_CAMPAIGN:
            self.campaigns.add(event.campaign_key)  # type: ignore[union-attr]
        elif isinstance(event, e.DebtPaid):
            self.debtors.add(f"{shop}/{event.buyer}")
        elif isinstance(event, e.ClockTicked):
            self.tick = max(self.tick or 0, int(event.at))

    def _add_of_order(self, event: e.OrderEvent) -> None:
        kind, key = type(event), event.order_key
        self.orders.add(key)
        if kind in _DECIDING:
            self.deciding.add(event.shop)
        if kind in _WITH_LINES:
            self.with_lines.add(key)
        if kind in _WITH_VOUCHERS:
            self.with_vouchers.add(key)
        if kind in _OF_REFUND:
            self.refunds.add(event.refund_key)  # type: ignore[attr-defined]
        elif isinstance(event, e.OrderPlaced):
            self.ordering.add(f"{event.shop}/{event.buyer}")
            self._add_voucher(event)

    def _add_voucher(self, event: e.OrderPlaced) -> None:
        if event.voucher is not UNSET:
            # What does not look like a code is none, and never reaches the database.
            found = _CODE.fullmatch(event.voucher)
            if found is not None:
                self.codes.add(event.voucher)
                self.shops.add(found[1])
