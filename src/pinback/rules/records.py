"""What the rules know of shops, campaigns, vouchers, orders, refunds and debts: frozen records, replaced
and never changed.

Amounts are fen, instants seconds UTC. A key joins a shop and an id, `shop/id`. What an account holds
follows from its record (`held`), so a balance cannot drift from the thing it belongs to (section 8).
"""

from typing import Literal

from msgspec import Struct

Policy = Literal["any", "threshold"]
"""Which partial refunds end the eligibility (section 5.3)."""

CampaignStatus = Literal["draft", "scheduled", "running", "ended"]
EndReason = Literal["exhausted", "stopped"]
VoucherStatus = Literal["available", "locked", "used", "frozen", "reclaimed", "expired"]
OrderStatus = Literal["placed", "paid", "confirmed", "shipped", "received", "cancelled", "refunded"]
RefundStatus = Literal["open", "closed", "succeeded"]
Rebate = Literal["none", "pending", "issued", "not_eligible"]
Reason = Literal["refund_open", "refunded", "buyer_in_debt", "no_campaign", "below_threshold"]

EXTERNAL = "external"


class Shop(Struct, frozen=True, gc=False):
    """A merchant's store; `issued` counts the vouchers of all its campaigns."""

    name: str
    timezone: str
    issued: int = 0


class Campaign(Struct, frozen=True, kw_only=True, gc=False):
    """A prepaid offer (section 2)."""

    key: str
    shop: str
    id: str
    threshold: int
    rebate: int
    quantity: int
    valid_days: int
    issued: int = 0
    starts_at: int | None = None
    ended: EndReason | None = None

    @property
    def fee(self) -> int:
        """What funding it costs (section 2.1)."""
        return self.rebate * self.quantity

    @property
    def held(self) -> int:
        """The balance of its account: what is funded and not issued yet."""
        if self.starts_at is None or self.ended is not None:
            return 0
        return self.rebate * (self.quantity - self.issued)

    @property
    def account(self) -> str:
        """The name of its account."""
        return f"campaign:{self.key}"

    def status(self, at: int) -> CampaignStatus:
        """Draft, scheduled, running or ended: it follows from the clock (section 2.2)."""
        if self.ended is not None:
            return "ended"
        if self.starts_at is None:
            return "draft"
        return "running" if self.starts_at <= at else "scheduled"


class Voucher(Struct, frozen=True, kw_only=True, gc=False):
    """A promise of `amount` fen to one buyer, funded by `shop`.

    `number` counts within its campaign, `serial` within its shop. `source` is the order that earned it,
    `holder` the order that has it locked or used. `threshold` is that of its campaign. `left` is what a
    used one is still worth to the funding shop (section 6), else 0.
    """

    code: str
    shop: str
    campaign: str
    number: int
    serial: int
    buyer: str
    amount: int
    threshold: int
    source: str
    expires_at: int
    status: VoucherStatus = "available"
    holder: str | None = None
    left: int = 0

    @property
    def held(self) -> int:
        """The balance of its account."""
        return self.amount if self.status in ("available", "frozen", "locked") else 0

    @property
    def account(self) -> str:
        """The name of its account."""
        return f"voucher:{self.code}"

    @property
    def debtor(self) -> str:
        """Who would owe whom for it: `shop/buyer`."""
        return f"{self.shop}/{self.buyer}"


class Line(Struct, frozen=True, gc=False):
    """A line of an order: what was ordered, its allocated cash and voucher part,
    and what of them is not refunded.
    """

    product: str
    quantity: int
    unit_price: int
    cash: int
    voucher: int
    units_left: int
    cash_left: int
    voucher_left: int


class Order(Struct, frozen=True, kw_only=True, gc=False):
    """An order (section 3). Its lines stand apart, for only receipt and refunds look at them.

    `goods` is the cash part of the goods, `goods_left` what of it is not refunded (`Q` of section 4);
    postage likewise. `voucher` is the code it was placed with, `earned` the code of the one it earned.
    """

    key: str
    shop: str
    id: str
    buyer: str
    goods: int
    goods_left: int
    voucher_left: int
    postage: int
    postage_left: int
    status: OrderStatus = "placed"
    rebate: Rebate = "none"
    reason: Reason | None = None
    voucher: str | None = None
    earned: str | None = None
    payout: int = 0
    compensated: int = 0
    open_refunds: int = 0
    received_month: str | None = None

    @property
    def due(self) -> int:
        """The amount due, and the cash paid once it is paid."""
        return self.goods + self.postage

    @property
    def cash(self) -> int:
        """The cash paid (section 12)."""
        return 0 if self.status in ("placed", "cancelled") else self.due

    @property
    def refunded(self) -> int:
        """The cash of its refunds: goods and postage, what was withheld included (section 12)."""
        return self.goods - self.goods_left + self.postage - self.postage_left

    @property
    def held(self) -> int:
        """The balance of its account: what came in and has neither gone back nor to the shop's sales."""
        if self.status in ("paid", "confirmed", "shipped"):
            return self.goods_left + self.voucher_left + self.postage_left
        return 0

    @property
    def account(self) -> str:
        """The name of its account."""
        return f"order:{self.key}"

    @property
    def funds(self) -> str:
        """The account that its money is in: its own until receipt, the shop's sales after (section 8)."""
        return self.account if self.received_month is None else sales_account(self.shop)


class Refund(Struct, frozen=True, kw_only=True, gc=False):
    """A refund of an order, and what it came to once it succeeded."""

    key: str
    order: str
    status: RefundStatus
    cash: int = 0
    withheld: int = 0
    bought_back: int = 0
    taken_back: int = 0


class Debt(Struct, frozen=True, gc=False):
    """What a buyer owes a shop, and for which vouchers, in the order of their issue (section 6.2)."""

    key: str
    amount: int
    vouchers: tuple[str, ...]


class Posting(Struct, frozen=True, gc=False):
    """`amount` fen moved between two accounts by the event `cause` (section 8)."""

    cause: str
    source: str
    target: str
    amount: int


def marketing_account(shop: str) -> str:
    """The name of a shop's marketing account."""
    return f"shop:{shop}:marketing"


def sales_account(shop: str) -> str:
    """The name of a shop's sales account."""
    return f"shop:{shop}:sales"
