"""Orders: quoted, placed, paid, closed. Nothing of a price comes from the
client.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from pinback.accounts.models import Address
from pinback.api.catalog import Cursor, Input, Limit
from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in, buyer_in
from pinback.catalog.queries import id_or_not_found
from pinback.checkout import actions, queries
from pinback.checkout.actions.quoting import Quote
from pinback.checkout.pages import OrderPage, order_page, order_pages
from pinback.checkout.rules import NextStep
from pinback.checkout.wishes import Circumstances, Destination, Wish, WishedLine
from pinback.groups.rules import GroupStatus
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound, Refused
from pinback.payments.models import Payment

router = Router(tags=["Orders"])

Method = Literal["wechat", "debit_card"]
OrderStatus = Literal["placed", "paid", "confirmed", "shipped", "received", "cancelled", "refunded"]


class LineIn(Input):
    """Units of a variant."""

    sku: str = Field(max_length=13, examples=["0c1z5k8m2q4r6"])
    quantity: int = Field(ge=1, le=999, examples=[2])


class WishIn(Input):
    """What is to be bought, and how. Prices come from the shop."""

    product: str = Field(max_length=13, examples=["0c1z5k8m2q4r6"])
    lines: list[LineIn] = Field(min_length=1, max_length=20, description="variants of the product")
    kind: Literal["solo", "open", "join"] = Field(description="alone, opening a group, or joining one")
    group: str | None = Field(None, max_length=13, description="the group to join")
    if_full: Literal["other", "refund"] = Field(
        "refund",
        description="if the group is full at payment: another group of the product, or the money back",
    )
    voucher: str | None = Field(
        None, max_length=145, description="a code, or `best`: the one that serves you best", examples=["best"]
    )


class WrittenAddress(Input):
    """Where an order goes."""

    recipient: str = Field(min_length=1, max_length=60, examples=["王芳"])
    phone: str = Field(min_length=1, max_length=20, examples=["+8613800138000"])
    region: str = Field(min_length=1, max_length=120, examples=["上海市 徐汇区"])
    street: str = Field(min_length=1, max_length=200, examples=["漕溪北路 1 号"])


class OrderIn(WishIn):
    """An order: a wish, and where it goes: one of your addresses, or one written out."""

    address: str | WrittenAddress = Field(description="the id of one of your addresses, or an address")
    note: str = Field("", max_length=200, description="for the shop")
    device: str = Field("", max_length=64, description="what your client calls this device")
    link: str | None = Field(None, max_length=13, description="the share link that led here")


class QuotedLineOut(BaseModel):
    """A line with its split: `amount` = `discount` + `voucher` + `cash`, in fen."""

    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    amount_minor: int
    discount_minor: int
    voucher_minor: int
    cash_minor: int
    is_in_stock: bool


class QuoteOut(BaseModel):
    """What an order would come to now, in fen."""

    lines: list[QuotedLineOut]
    goods_minor: int
    discount_minor: int
    voucher: str | None = Field(description="the voucher that would be used")
    voucher_minor: int
    postage_minor: int
    due_minor: int = Field(description="what would be paid")
    rebate_minor: int = Field(description="what the goods' cash would earn by the campaigns that run now")
    missing_minor: int | None = Field(
        description="so much more would earn `next_rebate_minor`; null: nothing"
    )
    next_rebate_minor: int | None
    debt_minor: int = Field(description="what you owe this shop; while you do, it gives no rebate")


class OrderLineOut(BaseModel):
    """A line of an order."""

    line: int = Field(examples=[1])
    sku: str
    title: str
    quantity: int
    unit_price_minor: int
    voucher_minor: int
    cash_minor: int
    units_left: int = Field(description="not refunded")
    cash_left_minor: int


class OrderGroupOut(BaseModel):
    """How far an order's group is."""

    group: str
    status: GroupStatus
    size: int
    seats_taken: int
    expires_at: datetime


class OrderRefund(BaseModel):
    """A refund: what it came to, once it is settled, and where the money is."""

    refund: str
    status: Literal["open", "closed", "succeeded"]
    cash_minor: int
    withheld_minor: int
    bought_back_minor: int
    deducted_minor: int = Field(description="kept, as compensation was paid for the order before")
    payout_minor: int
    taken_back_minor: int
    money: Literal["none", "on_its_way", "arrived", "delayed"]


class RebateOut(BaseModel):
    """The rebate of an order: not decided yet, pending, issued, or not eligible, and why."""

    status: Literal["none", "pending", "issued", "not_eligible"]
    reason: Literal["refund_open", "refunded", "buyer_in_debt", "no_campaign", "below_threshold"] | None
    voucher: str | None
    amount_minor: int | None


class OrderOut(BaseModel):
    """An order. `step` says what happens next; amounts are in fen."""

    order: str
    shop: str
    product: str
    buyer: str
    kind: Literal["solo", "open", "join"]
    status: OrderStatus
    step: NextStep
    closed_why: str = Field(description="why it was closed; empty where it was not")
    lines: list[OrderLineOut]
    group: OrderGroupOut | None
    rebate: RebateOut
    voucher: str | None = Field(description="the voucher it was placed with")
    voucher_minor: int
    goods_cash_minor: int
    postage_minor: int
    due_minor: int = Field(description="what was, or is to be, paid")
    refunded_minor: int = Field(description="cash of its refunds: goods and postage")
    paid_out_minor: int
    compensated_minor: int
    refunds: list[OrderRefund]
    recipient: str
    phone: str
    region: str
    street: str
    note: str
    placed_at: datetime
    pay_until: datetime | None = Field(description="null once nobody waits for the money")


class OrderList(BaseModel):
    """A page of orders."""

    items: list[OrderOut]
    next: str | None


class PayIn(Input):
    """How to pay."""

    method: Method


class BegunPayment(BaseModel):
    """A payment that was begun; `to_client` has what the method needs, such as the text of a QR code."""

    payment: str
    method: Method
    provider: str
    status: str
    amount_minor: int
    expires_at: datetime | None
    to_client: dict[str, Any]


class RefundStarted(BaseModel):
    """A refund on its way: what you are paid, and the order."""

    payout_minor: int
    order: OrderOut


@router.post("/quotes", response=QuoteOut, summary="Quote an order")
@own_transactions("kept")
def quote(request: HttpRequest, given: WishIn) -> QuoteOut:
    """What an order would come to, split over its lines. Nothing is reserved."""
    return _quote(actions.quote(_wish(given), acting=buyer_in(request), now=clock.now()))


@router.post("/orders", response={201: OrderOut}, summary="Place an order")
def place(request: HttpRequest, given: OrderIn) -> Status[OrderOut]:
    """Reserve stock and voucher; to be paid until `pay_until`."""
    acting = buyer_in(request)
    placed = actions.place(
        _wish(given),
        _destination(given.address, acting.person_id),
        Circumstances(
            note=given.note,
            device=given.device,
            client_address=request.META.get("REMOTE_ADDR", "")[:45],
            link_id=None if given.link is None else id_or_not_found("link", given.link),
        ),
        acting=acting,
        now=clock.now(),
    )
    return Status(201, order_out(order_page(placed)))


@router.get("/orders", response=OrderList, summary="My orders")
def orders(
    request: HttpRequest,
    cursor: Cursor,
    limit: Limit,
    status: Annotated[OrderStatus | None, Query(None)],
) -> OrderList:
    """What you bought, the newest first."""
    page = queries.orders_of_buyer(buyer_in(request), status=status, cursor=cursor, limit=limit)
    return OrderList(items=_orders(page.rows), next=page.next_cursor)


@router.get("/orders/{order}", response=OrderOut, summary="An order")
def order(request: HttpRequest, order: str) -> OrderOut:
    """An order that you bought, or of a shop whose orders you may read."""
    return order_out(order_page(queries.order_for(actor_in(request), order)))


@router.get("/shops/{shop}/orders", response=OrderList, summary="Orders of a shop")
def orders_of_shop(
    request: HttpRequest,
    shop: str,
    cursor: Cursor,
    limit: Limit,
    status: Annotated[OrderStatus | None, Query(None)],
    product: Annotated[str | None, Query(None, max_length=13)],
    buyer: Annotated[str | None, Query(None, max_length=13)],
) -> OrderList:
    """The orders of a shop, the newest first."""
    page = queries.orders_of_shop(
        actor_in(request),
        shop,
        status=status,
        product=None if product is None else id_or_not_found("product", product),
        buyer=None if buyer is None else id_or_not_found("person", buyer),
        cursor=cursor,
        limit=limit,
    )
    return OrderList(items=_orders(page.rows), next=page.next_cursor)


@router.post("/orders/{order}/payment", response={201: BegunPayment}, summary="Pay an order")
@own_transactions("kept")
def pay(request: HttpRequest, order: str, given: PayIn) -> Status[BegunPayment]:
    """Begin to pay; asked again, an open payment by the same method is the same one."""
    payment = actions.pay(order, given.method, acting=buyer_in(request), now=clock.now())
    return Status(201, payment_out(payment))


@router.post("/orders/{order}/cancel", response=OrderOut, summary="Close an unpaid order")
def cancel(request: HttpRequest, order: str) -> OrderOut:
    """Give back its stock and voucher."""
    return order_out(order_page(actions.cancel(order, acting=buyer_in(request), now=clock.now())))


@router.post("/orders/{order}/leave", response=RefundStarted, summary="Leave a group")
def leave(request: HttpRequest, order: str) -> RefundStarted:
    """Leave a group that is not complete yet: everything goes back, the voucher too."""
    acting = buyer_in(request)
    started = actions.leave_group(order, acting=acting, now=clock.now())
    found = queries.order_of_buyer(acting, order)
    return RefundStarted(payout_minor=started.preview.payout_minor, order=order_out(order_page(found)))


def _wish(given: WishIn) -> Wish:
    return Wish(
        product=given.product,
        lines=[WishedLine(line.sku, line.quantity) for line in given.lines],
        kind=given.kind,
        group=given.group,
        if_full=given.if_full,
        voucher=given.voucher,
    )


def _destination(given: str | WrittenAddress, person_id: int) -> Destination:
    if isinstance(given, WrittenAddress):
        return Destination(
            recipient=given.recipient, phone=given.phone, region=given.region, street=given.street
        )
    try:
        kept = Address.objects.filter(person_id=person_id, pk=id_or_not_found("address", given)).first()
    except NotFound:
        kept = None
    if kept is None:
        raise Refused("unknown_address", _("You have no such address."), "address")
    return Destination(recipient=kept.recipient, phone=kept.phone, region=kept.region, street=kept.street)


def _quote(quoted: Quote) -> QuoteOut:
    return QuoteOut(
        lines=[
            QuotedLineOut(
                sku=public_id(line.sku.pk),
                name=line.sku.name,
                quantity=line.quantity,
                unit_price_minor=line.unit_price_minor,
                amount_minor=line.amount_minor,
                discount_minor=line.discount_minor,
                voucher_minor=line.voucher_minor,
                cash_minor=line.cash_minor,
                is_in_stock=line.is_in_stock,
            )
            for line in quoted.lines
        ],
        goods_minor=quoted.goods_minor,
        discount_minor=quoted.discount_minor,
        voucher=quoted.voucher,
        voucher_minor=quoted.voucher_minor,
        postage_minor=quoted.postage_minor,
        due_minor=quoted.due_minor,
        rebate_minor=quoted.rebate_minor,
        missing_minor=quoted.missing_minor,
        next_rebate_minor=quoted.next_rebate_minor,
        debt_minor=quoted.debt_minor,
    )


def _orders(found: Sequence[Any]) -> list[OrderOut]:
    return [order_out(page) for page in order_pages(found)]


def order_out(page: OrderPage) -> OrderOut:
    """An order as it is shown."""
    found, state = page.order, page.state
    refunded = state.goods_minor - state.goods_left_minor + state.postage_minor - state.postage_left_minor
    return OrderOut(
        order=public_id(found.pk),
        shop=found.shop.name,
        product=public_id(found.product_id),
        buyer=state.buyer,
        kind=cast(Any, found.kind),
        status=cast(Any, state.status),
        step=page.step,
        closed_why=found.closed_why,
        lines=_lines(page),
        group=_group(page),
        rebate=_rebate(page),
        voucher=state.voucher_code,
        voucher_minor=page.voucher_minor,
        goods_cash_minor=state.goods_minor,
        postage_minor=state.postage_minor,
        due_minor=page.cash_minor,
        refunded_minor=refunded,
        paid_out_minor=state.payout_minor - sum(refund.deducted_minor for refund in page.refunds),
        compensated_minor=state.compensated_minor,
        refunds=[_refund(refund) for refund in page.refunds],
        recipient=found.recipient,
        phone=found.phone,
        region=found.region,
        street=found.street,
        note=found.note,
        placed_at=found.placed_at,
        pay_until=found.pay_until,
    )


def _lines(page: OrderPage) -> list[OrderLineOut]:
    return [
        OrderLineOut(
            line=item.number,
            sku=public_id(item.sku_id),
            title=item.title,
            quantity=item.quantity,
            unit_price_minor=line.unit_price_minor,
            voucher_minor=line.voucher_minor,
            cash_minor=line.cash_minor,
            units_left=line.units_left,
            cash_left_minor=line.cash_left_minor,
        )
        for item, line in zip(page.items, page.lines, strict=True)
    ]


def _group(page: OrderPage) -> OrderGroupOut | None:
    found = page.group
    if found is None:
        return None
    return OrderGroupOut(
        group=public_id(found.pk),
        status=cast(GroupStatus, found.status),
        size=found.size,
        seats_taken=found.seats_taken,
        expires_at=found.expires_at,
    )


def _rebate(page: OrderPage) -> RebateOut:
    return RebateOut(
        status=cast(Any, page.state.rebate),
        reason=cast(Any, page.state.reason),
        voucher=page.state.earned_code,
        amount_minor=None if page.earned is None else page.earned.amount_minor,
    )


def _refund(refund: Any) -> OrderRefund:
    return OrderRefund(
        refund=refund.id, **{key: getattr(refund, key) for key in refund._fields if key != "id"}
    )


def payment_out(payment: Payment) -> BegunPayment:
    """A payment that was begun."""
    return BegunPayment(
        payment=public_id(payment.pk),
        method=cast(Method, payment.method),
        provider=payment.provider,
        status=payment.status,
        amount_minor=payment.amount_minor,
        expires_at=payment.expires_at,
        to_client=payment.to_client,
    )
