"""The bulk view of the tables: for each, its columns, and how a record of the rules becomes a row and back.

Only the hot path uses these; everything else reads through the models. A row is a tuple in the order of
`Table.columns`. `changing` are the columns that a later event may change, `guards` those whose old value an
update names, so that a write that lost a race is noticed (`dialects`); a `…_change` is what such an update
takes: the new values of `changing`, the keys, the old values of `guards`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from pinback.rules.records import Campaign, Line, Order, Posting, Refund, Shop, Voucher
from pinback.settlement import models

Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A table and its columns by their meaning for bulk writes."""

    model: type[Model]
    keys: tuple[str, ...]
    changing: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    name: str = field(init=False)
    columns: tuple[str, ...] = field(init=False)
    internal_types: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        fields = [f for f in self.model._meta.local_concrete_fields if f.column]
        object.__setattr__(self, "name", self.model._meta.db_table)
        object.__setattr__(self, "columns", tuple(f.column for f in fields))
        object.__setattr__(self, "internal_types", {f.column: f.get_internal_type() for f in fields})

    def places(self, columns: tuple[str, ...]) -> tuple[int, ...]:
        """Where these columns stand in a row."""
        return tuple(self.columns.index(column) for column in columns)


SETTINGS = Table(models.Setting, keys=("id",), changing=("last_tick_id",), guards=("last_tick_id",))
SHOPS = Table(models.Shop, keys=("name",))
EVENTS = Table(models.Event, keys=("key",))
CAMPAIGNS = Table(
    models.Campaign,
    keys=("key",),
    changing=("issued", "starts_at", "ended", "balance_minor"),
    guards=("issued",),
)
VOUCHERS = Table(
    models.Voucher,
    keys=("code",),
    changing=("status", "holder_key", "left_minor", "balance_minor"),
    guards=("status", "left_minor"),
)
ORDERS = Table(
    models.Order,
    keys=("key",),
    changing=(
        "goods_left_minor",
        "voucher_left_minor",
        "postage_left_minor",
        "status",
        "rebate",
        "reason",
        "earned_code",
        "payout_minor",
        "compensated_minor",
        "open_refunds",
        "received_month",
        "balance_minor",
    ),
    guards=("status", "goods_left_minor", "postage_left_minor", "open_refunds"),
)
LINES = Table(
    models.Line,
    keys=("order_id", "number"),
    changing=("units_left", "cash_left_minor", "voucher_left_minor"),
    guards=("units_left", "cash_left_minor"),
)
REFUNDS = Table(
    models.Refund,
    keys=("key",),
    changing=("status", "cash_minor", "withheld_minor", "bought_back_minor", "taken_back_minor"),
    guards=("status",),
)
DEBTS = Table(models.Debt, keys=("voucher_code",), changing=("amount_minor",), guards=("amount_minor",))
POSTINGS = Table(models.Posting, keys=("event_id", "number"))
PRODUCT_SALES = Table(models.ProductSales, keys=("key",))
PRODUCT_MONTHS = Table(models.ProductMonth, keys=("key", "month"))


def campaign_row(campaign: Campaign, id_: int, shop_id: int) -> Row:
    """The row of a campaign."""
    return (
        id_,
        shop_id,
        campaign.key,
        campaign.threshold,
        campaign.rebate,
        campaign.quantity,
        campaign.valid_days,
        campaign.issued,
        campaign.starts_at,
        campaign.ended,
        campaign.held,
    )


def campaign_of(row: Row) -> Campaign:
    """The campaign of a row."""
    _, _, key, threshold, rebate, quantity, valid_days, issued, starts_at, ended, _ = row
    shop, id_ = key.split("/")
    return Campaign(
        key=key,
        shop=shop,
        id=id_,
        threshold=threshold,
        rebate=rebate,
        quantity=quantity,
        valid_days=valid_days,
        issued=issued,
        starts_at=starts_at,
        ended=ended,
    )


def campaign_change(new: Campaign, old: Campaign) -> Row:
    """The guarded update of a campaign."""
    return (new.issued, new.starts_at, new.ended, new.held, new.key, old.issued)


def voucher_row(voucher: Voucher, id_: int, shop_id: int, campaign_id: int) -> Row:
    """The row of a voucher."""
    return (
        id_,
        shop_id,
        voucher.code,
        campaign_id,
        voucher.serial,
        voucher.buyer,
        voucher.amount,
        voucher.threshold,
        voucher.source,
        voucher.expires_at,
        voucher.status,
        voucher.holder,
        voucher.left,
        voucher.held,
    )


def voucher_of(row: Row) -> Voucher:
    """The voucher of a row."""
    _, _, code, _, serial, buyer, amount, threshold, source, expires_at, status, holder, left, _ = row
    campaign, _, number = code.rpartition("/")
    return Voucher(
        code=code,
        shop=campaign.partition("/")[0],
        campaign=campaign,
        number=int(number),
        serial=serial,
        buyer=buyer,
        amount=amount,
        threshold=threshold,
        source=source,
        expires_at=expires_at,
        status=status,
        holder=holder,
        left=left,
    )


def voucher_change(new: Voucher, old: Voucher) -> Row:
    """The guarded update of a voucher."""
    return (new.status, new.holder, new.left, new.held, new.code, old.status, old.left)


def order_row(order: Order, id_: int, shop_id: int, placed_at: int) -> Row:
    """The row of an order."""
    return (
        id_,
        shop_id,
        order.key,
        order.buyer,
        placed_at,
        order.goods,
        order.goods_left,
        order.voucher_left,
        order.postage,
        order.postage_left,
        order.status,
        order.rebate,
        order.reason,
        order.voucher,
        order.earned,
        order.payout,
        order.compensated,
        order.open_refunds,
        order.received_month,
        order.held,
    )


def order_of(row: Row) -> Order:
    """The order of a row."""
    key = row[2]
    shop, id_ = key.split("/")
    return Order(
        key=key,
        shop=shop,
        id=id_,
        buyer=row[3],
        goods=row[5],
        goods_left=row[6],
        voucher_left=row[7],
        postage=row[8],
        postage_left=row[9],
        status=row[10],
        rebate=row[11],
        reason=row[12],
        voucher=row[13],
        earned=row[14],
        payout=row[15],
        compensated=row[16],
        open_refunds=row[17],
        received_month=row[18],
    )


def order_change(new: Order, old: Order) -> Row:
    """The guarded update of an order."""
    return (
        new.goods_left,
        new.voucher_left,
        new.postage_left,
        new.status,
        new.rebate,
        new.reason,
        new.earned,
        new.payout,
        new.compensated,
        new.open_refunds,
        new.received_month,
        new.held,
        new.key,
        old.status,
        old.goods_left,
        old.postage_left,
        old.open_refunds,
    )


def line_row(line: Line, number: int, order_id: int, shop_id: int) -> Row:
    """The row of a line; it is numbered from 1."""
    return (
        order_id,
        number,
        shop_id,
        line.product,
        line.quantity,
        line.unit_price,
        line.cash,
        line.voucher,
        line.units_left,
        line.cash_left,
        line.voucher_left,
    )


def line_of(row: Row) -> Line:
    """The line of a row."""
    return Line(*row[3:])


def line_change(new: Line, old: Line, number: int, order_id: int) -> Row:
    """The guarded update of a line."""
    return (new.units_left, new.cash_left, new.voucher_left, order_id, number, old.units_left, old.cash_left)


def refund_row(refund: Refund, id_: int, shop_id: int) -> Row:
    """The row of a refund."""
    return (
        id_,
        shop_id,
        refund.key,
        refund.order,
        refund.status,
        refund.cash,
        refund.withheld,
        refund.bought_back,
        refund.taken_back,
    )


def refund_of(row: Row) -> Refund:
    """The refund of a row."""
    _, _, key, order, status, cash, withheld, bought_back, taken_back = row
    return Refund(
        key=key,
        order=order,
        status=status,
        cash=cash,
        withheld=withheld,
        bought_back=bought_back,
        taken_back=taken_back,
    )


def refund_change(new: Refund, old: Refund) -> Row:
    """The guarded update of a refund."""
    return (new.status, new.cash, new.withheld, new.bought_back, new.taken_back, new.key, old.status)


def shop_of(row: Row) -> Shop:
    """The shop of a row."""
    return Shop(name=row[1], timezone=row[2], issued=row[3])


def posting_row(posting: Posting, number: int, event_id: int, shop: str, shop_ids: Mapping[str, int]) -> Row:
    """The row of the `number`-th posting of an event of `shop`."""
    other = None
    for account in (posting.source, posting.target):
        if account.startswith("shop:"):
            owner = account[5:].rpartition(":")[0]
            if owner != shop:
                other = shop_ids[owner]
    return (event_id, number, shop_ids[shop], other, posting.source, posting.target, posting.amount)
