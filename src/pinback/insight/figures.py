"""The figures of a shop's report, as they stand now: exact, in minor units, to be shown or written as JSON.

Nothing here is rounded, so that a report can be added up: shares are fractions of two whole figures. A figure
that is a sum of others is a property: there is one place to be wrong in.
"""

from datetime import date, datetime
from fractions import Fraction

from msgspec import Struct

from pinback.rules.records import (
    CampaignStatus,
    EndReason,
    OrderStatus,
    Reason,
    Rebate,
    VoucherStatus,
)


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(0)


class ShopSummary(Struct, frozen=True, kw_only=True):
    """A line in the list of shops."""

    shop: str
    timezone: str
    latest_at: datetime | None
    orders: int
    completed_orders: int
    campaigns: int


class OrdersInStatus(Struct, frozen=True, kw_only=True):
    """The orders in one status: the cash they were paid with, and how much of it was refunded."""

    status: OrderStatus
    number: int
    cash_minor: int
    refunded_minor: int


class OrderFigures(Struct, frozen=True, kw_only=True):
    """All orders. `completed` are received and not fully refunded; `refunded` had at least 1 fen refunded."""

    by_status: tuple[OrdersInStatus, ...]
    completed: int
    refunded: int

    @property
    def number(self) -> int:
        """Orders of any status."""
        return sum(status.number for status in self.by_status)

    @property
    def paid(self) -> int:
        """Orders that were paid, whatever became of them."""
        return sum(status.number for status in self.by_status if status.status not in ("placed", "cancelled"))

    @property
    def cash_minor(self) -> int:
        """The cash that orders were paid with."""
        return sum(status.cash_minor for status in self.by_status)

    @property
    def refunded_minor(self) -> int:
        """The cash refunded, what was withheld included."""
        return sum(status.refunded_minor for status in self.by_status)

    @property
    def refunded_share(self) -> Fraction:
        """Of the paid orders, those with a refund."""
        return _share(self.refunded, self.paid)

    @property
    def refunded_cash_share(self) -> Fraction:
        """Of the cash paid, that refunded."""
        return _share(self.refunded_minor, self.cash_minor)


class RefundFigures(Struct, frozen=True, kw_only=True):
    """Refunds, and what the succeeded ones came to (sections 5, 6 and 9)."""

    open: int
    closed: int
    succeeded: int
    cash_minor: int
    withheld_minor: int
    bought_back_minor: int
    taken_back_minor: int

    @property
    def number(self) -> int:
        """Refunds of any status."""
        return self.open + self.closed + self.succeeded

    @property
    def payout_minor(self) -> int:
        """What buyers were paid."""
        return self.cash_minor - self.withheld_minor + self.bought_back_minor


class RebateOutcome(Struct, frozen=True, kw_only=True):
    """The orders whose rebate came out in one way, and the cash paid for goods still standing (section 4)."""

    rebate: Rebate
    reason: Reason | None
    orders: int
    goods_minor: int


class VouchersInStatus(Struct, frozen=True, kw_only=True):
    """The vouchers in one status, and what they were issued for."""

    status: VoucherStatus
    number: int
    amount_minor: int


class Remaining(Struct, frozen=True):
    """Vouchers that a campaign still had at the end of a local day."""

    day: date
    vouchers: int


class CampaignFigures(Struct, frozen=True, kw_only=True):
    """A campaign: its terms, and where its fee went.

    The fee, once paid, is the sum of `not_issued`, `returned` (at a stop), `outstanding` (with buyers),
    `taken_back`, `expired` and `spent`. What a debtor still owes is part of `spent`, and named in `owed`.
    """

    campaign: str
    threshold_minor: int
    rebate_minor: int
    quantity: int
    valid_days: int
    status: CampaignStatus
    reason: EndReason | None
    starts_at: datetime | None
    issued: int
    vouchers: tuple[VouchersInStatus, ...]
    not_issued_minor: int
    returned_minor: int
    outstanding_minor: int
    taken_back_minor: int
    expired_minor: int
    spent_minor: int
    owed_minor: int
    burn_down: tuple[Remaining, ...]

    @property
    def fee_minor(self) -> int:
        """What funding it costs."""
        return self.rebate_minor * self.quantity

    @property
    def funded(self) -> bool:
        """Whether the fee was paid."""
        return self.starts_at is not None

    @property
    def left(self) -> int:
        """Vouchers not issued yet."""
        return self.quantity - self.issued

    @property
    def issued_minor(self) -> int:
        """The value of all vouchers it issued."""
        return self.rebate_minor * self.issued


class SalesMonth(Struct, frozen=True, kw_only=True):
    """A local month as it stands now: units sold, completed orders, cash of received orders less refunds."""

    month: str
    units: int
    orders: int
    cash_minor: int


class ProductFigures(Struct, frozen=True, kw_only=True):
    """A product: units sold in all, and in the current month."""

    product: str
    units: int
    units_this_month: int


class Account(Struct, frozen=True):
    """The balance of one account of the shop, or of one kind of account (section 8)."""

    account: str
    balance_minor: int


class Flow(Struct, frozen=True):
    """Money that came from outside (above 0) or went there (below 0), by what it was for (section 8)."""

    flow: str
    amount_minor: int


class MoneyFigures(Struct, frozen=True, kw_only=True):
    """The shop's accounts beside the two that balance them: other shops, and the world outside.

    The balances come from the accounts, what came from outside and from other shops is reckoned from orders,
    campaigns and vouchers: that they meet at 0 proves something.
    """

    accounts: tuple[Account, ...]
    flows: tuple[Flow, ...]

    @property
    def sum_minor(self) -> int:
        """The sum of all accounts: 0 (section 8)."""
        return sum(account.balance_minor for account in self.accounts)

    @property
    def net_minor(self) -> int:
        """What came from outside less what went there."""
        return sum(flow.amount_minor for flow in self.flows)


class Debtor(Struct, frozen=True):
    """What one buyer owes the shop."""

    buyer: str
    amount_minor: int


class DebtFigures(Struct, frozen=True, kw_only=True):
    """What buyers owe the shop for used vouchers (section 6.2): all of it, and who owes most."""

    buyers: int
    amount_minor: int
    largest: tuple[Debtor, ...]


class ShopReport(Struct, frozen=True, kw_only=True):
    """Everything the report of a shop says, as of `latest_at`, the latest instant of all applied events."""

    shop: str
    timezone: str
    latest_at: datetime | None
    orders: OrderFigures
    refunds: RefundFigures
    rebates: tuple[RebateOutcome, ...]
    vouchers: tuple[VouchersInStatus, ...]
    campaigns: tuple[CampaignFigures, ...]
    months: tuple[SalesMonth, ...]
    products: tuple[ProductFigures, ...]
    products_sold: int
    money: MoneyFigures
    debts: DebtFigures
