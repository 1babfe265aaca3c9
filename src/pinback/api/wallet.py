"""A buyer's wallet, and what they owe shops."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from pinback.api.catalog import Cursor, Limit
from pinback.api.checkout import BegunPayment, PayIn, payment_out
from pinback.api.once import own_transactions
from pinback.api.signing_in import buyer_in
from pinback.checkout import actions, wallet
from pinback.kit import clock

router = Router(tags=["Wallet"])


class OrderAt(Schema):
    """An order by its shop and id."""

    shop: str
    order: str


class VoucherOut(Schema):
    """A voucher and its story."""

    voucher: str = Field(description="its code", examples=["tea/0c1z5k8m2q4r6/3"])
    funded_by: str
    amount_minor: int
    status: Literal["available", "locked", "used", "frozen", "reclaimed", "expired"]
    why: Literal["order_refunded", "refund_open", "in_unpaid_order", "time_over"] | None
    expires_at: datetime
    earned_by: OrderAt
    held_by: OrderAt | None = Field(description="the order that has it locked or used")
    owed_minor: int = Field(description="what of it you owe the shop that funded it")


class VoucherList(Schema):
    """A page of vouchers."""

    items: list[VoucherOut]
    next: str | None


class DebtOut(Schema):
    """What you owe a shop: vouchers that you used, whose orders were refunded."""

    shop: str
    amount_minor: int


@router.get("/wallet", response=VoucherList, summary="My vouchers")
def vouchers(request: HttpRequest, cursor: Cursor, limit: Limit) -> VoucherList:
    """Every voucher you got, the newest first, with its story."""
    stories, following = wallet.vouchers_of(buyer_in(request), now=clock.now(), cursor=cursor, limit=limit)
    return VoucherList(items=[_voucher(story) for story in stories], next=following)


@router.get("/debts", response=list[DebtOut], summary="What I owe")
def debts(request: HttpRequest) -> list[DebtOut]:
    """What you owe shops."""
    return [
        DebtOut(shop=owed.shop, amount_minor=owed.amount_minor) for owed in wallet.debts_of(buyer_in(request))
    ]


@router.post("/debts/{shop}/payment", response={201: BegunPayment}, summary="Pay what I owe")
@own_transactions("kept")
def pay_debt(request: HttpRequest, shop: str, given: PayIn) -> Status[BegunPayment]:
    """Begin to pay all that you owe a shop. What turns out to be too much comes back."""
    payment = actions.pay_debt(shop, given.method, acting=buyer_in(request), now=clock.now())
    return Status(201, payment_out(payment))


def _voucher(story: wallet.VoucherStory) -> VoucherOut:
    return VoucherOut(
        voucher=story.code,
        funded_by=story.funded_by,
        amount_minor=story.amount_minor,
        status=story.status,
        why=story.why,
        expires_at=story.expires_at,
        earned_by=OrderAt(shop=story.earned_by[0], order=story.earned_by[1]),
        held_by=None if story.held_by is None else OrderAt(shop=story.held_by[0], order=story.held_by[1]),
        owed_minor=story.owed_minor,
    )
