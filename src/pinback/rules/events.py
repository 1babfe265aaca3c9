"""The events that come in: one typed record for each type, with the bounds of its fields (section 10).

The records are a schema: msgspec refuses unknown, missing and ill-typed fields while it decodes. What a
schema cannot say (no line named twice, a zone that exists) is checked when the record is made.
"""

from typing import Annotated, ClassVar, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from pinback.rules.instants import Instant, zone_names

LIMIT = 10**12
"""Every integer lies between -LIMIT and LIMIT; so does a fee, and an order's goods plus postage."""

DEFAULT_ZONE = "Asia/Shanghai"
ID_PATTERN = r"^[!-.0-~]{1,64}\Z"

Id = Annotated[str, Meta(pattern=ID_PATTERN)]
Text = Annotated[str, Meta(max_length=500)]
AnyInteger = Annotated[int, Meta(ge=-LIMIT, le=LIMIT)]
NotNegative = Annotated[int, Meta(ge=0, le=LIMIT)]
Positive = Annotated[int, Meta(ge=1, le=LIMIT)]
Units = Annotated[int, Meta(ge=1, le=10**6)]


class Base(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, tag_field="type"):
    """What all events have: an id of their shop, an instant, a shop."""

    type: ClassVar[str]
    """The event's type, as written in the input: the tag of its class."""

    id: Id
    at: Instant
    shop: Id

    @property
    def key(self) -> str:
        """`shop/id`: event ids are unique within their shop."""
        return f"{self.shop}/{self.id}"


class ShopOpened(Base, frozen=True, kw_only=True, gc=False, tag="shop.opened"):
    """A shop opens, in a time zone."""

    timezone: str = DEFAULT_ZONE

    def __post_init__(self) -> None:
        if self.timezone not in zone_names():
            raise ValueError("`timezone` is not a name of the IANA database")


class CampaignEvent(Base, frozen=True, kw_only=True, gc=False):
    """What the events of a campaign have."""

    campaign: Id

    @property
    def campaign_key(self) -> str:
        """`shop/campaign`."""
        return f"{self.shop}/{self.campaign}"


class CampaignCreated(CampaignEvent, frozen=True, kw_only=True, gc=False, tag="campaign.created"):
    """A campaign's terms; section 2.1 judges them."""

    threshold: AnyInteger
    rebate: AnyInteger
    quantity: AnyInteger
    valid_days: AnyInteger = 15
    name: Text | UnsetType = UNSET


class CampaignFunded(CampaignEvent, frozen=True, kw_only=True, gc=False, tag="campaign.funded"):
    """The fee is paid."""

    amount: AnyInteger
    method: Literal["wechat", "debit_card"]


class CampaignStopped(CampaignEvent, frozen=True, kw_only=True, gc=False, tag="campaign.stopped"):
    """The shop stops its campaign."""


class OrderEvent(Base, frozen=True, kw_only=True, gc=False):
    """What the events of an order have."""

    order: Id

    @property
    def order_key(self) -> str:
        """`shop/order`."""
        return f"{self.shop}/{self.order}"


class OrderLine(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A line of an order; `unit_price` in fen."""

    product: Id
    quantity: Units
    unit_price: NotNegative


class OrderPlaced(OrderEvent, frozen=True, kw_only=True, gc=False, tag="order.placed"):
    """A buyer orders; `discount` is any other than the voucher."""

    buyer: Id
    lines: Annotated[tuple[OrderLine, ...], Meta(min_length=1, max_length=1000)]
    discount: NotNegative = 0
    postage: NotNegative = 0
    voucher: Text | UnsetType = UNSET


class OrderPaid(OrderEvent, frozen=True, kw_only=True, gc=False, tag="order.paid"):
    """The cash of an order came in."""

    amount: AnyInteger
    method: Text | UnsetType = UNSET


class OrderConfirmed(OrderEvent, frozen=True, kw_only=True, gc=False, tag="order.confirmed"):
    """The deal is made: paid, and the group is complete."""


class OrderShipped(OrderEvent, frozen=True, kw_only=True, gc=False, tag="order.shipped"):
    """The goods are on their way."""


class OrderReceived(OrderEvent, frozen=True, kw_only=True, gc=False, tag="order.received"):
    """The buyer, or the timer, confirmed receipt."""


class OrderCancelled(OrderEvent, frozen=True, kw_only=True, gc=False, tag="order.cancelled"):
    """An unpaid order is closed."""

    reason: Text | UnsetType = UNSET


class RefundEvent(OrderEvent, frozen=True, kw_only=True, gc=False):
    """What the events of a refund have."""

    refund: Id

    @property
    def refund_key(self) -> str:
        """`shop/refund`: refund ids are unique within their shop."""
        return f"{self.shop}/{self.refund}"


class RefundRequested(RefundEvent, frozen=True, kw_only=True, gc=False, tag="refund.requested"):
    """A refund is asked for."""

    reason: Text | UnsetType = UNSET


class RefundLine(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Units of a line; lines are numbered from 1."""

    line: Positive
    quantity: Units


class RefundSucceeded(RefundEvent, frozen=True, kw_only=True, gc=False, tag="refund.succeeded"):
    """Money goes back: units of lines, or an amount of goods cash, or all that is left (section 9)."""

    lines: Annotated[tuple[RefundLine, ...], Meta(min_length=1)] | UnsetType = UNSET
    amount: NotNegative | UnsetType = UNSET
    postage: NotNegative | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.lines is not UNSET:
            if self.amount is not UNSET:
                raise ValueError("`lines` and `amount` cannot be named together")
            if len({line.line for line in self.lines}) < len(self.lines):
                raise ValueError("`lines` names the same line twice")
        if self.amount == 0 and (self.postage is UNSET or self.postage == 0):
            raise ValueError("`amount` is 0 and no `postage` is named: nothing would be refunded")


class RefundClosed(RefundEvent, frozen=True, kw_only=True, gc=False, tag="refund.closed"):
    """A refund was rejected or withdrawn."""


class CompensationPaid(OrderEvent, frozen=True, kw_only=True, gc=False, tag="compensation.paid"):
    """Making up a difference, or goodwill; not a refund."""

    amount: Positive
    reason: Text | UnsetType = UNSET


class DebtPaid(Base, frozen=True, kw_only=True, gc=False, tag="debt.paid"):
    """A buyer pays what they owe the shop."""

    buyer: Id
    amount: Positive


class ClockTicked(Base, frozen=True, kw_only=True, gc=False, tag="clock.ticked"):
    """The clock has come this far: vouchers past their time expire."""


Event = (
    ShopOpened
    | CampaignCreated
    | CampaignFunded
    | CampaignStopped
    | OrderPlaced
    | OrderPaid
    | OrderConfirmed
    | OrderShipped
    | OrderReceived
    | OrderCancelled
    | RefundRequested
    | RefundSucceeded
    | RefundClosed
    | CompensationPaid
    | DebtPaid
    | ClockTicked
)

for _kind in get_args(Event):
    _kind.type = _kind.__struct_config__.tag
