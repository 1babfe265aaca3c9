"""A buyer's wallet: every voucher with its story, and what they owe to whom. Read from settlement alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from django.db.models import Sum

from pinback.accounts.actors import Actor
from pinback.kit.paging import Page, page_of
from pinback.kit.prepared import Prepared
from pinback.settlement.models import Debt, Order, Voucher
from pinback.settlement.moments import instant_of, moment_of

VoucherShown = Literal["available", "locked", "used", "frozen", "reclaimed", "expired"]
Why = Literal["order_refunded", "refund_open", "in_unpaid_order", "time_over"]


class VoucherStory(NamedTuple):
    """A voucher as its owner sees it.

    `earned_by` is the order that earned it, `held_by` the one that has it locked or used (both as shop and
    order). `why`: why it cannot be used now. `owed_minor`: what of it the owner owes the funding shop.
    """

    code: str
    funded_by: str
    amount_minor: int
    status: VoucherShown
    expires_at: datetime
    earned_by: tuple[str, str]
    held_by: tuple[str, str] | None
    why: Why | None
    owed_minor: int


class Owed(NamedTuple):
    """What a buyer owes a shop, in fen."""

    shop: str
    amount_minor: int


def usable_vouchers(buyer: str, *, now: datetime) -> Sequence[Voucher]:
    """The vouchers that a buyer can place an order with now, at whatever shop."""
    return _usable.all(buyer=buyer, at=instant_of(now))


_usable = Prepared(
    lambda buyer, at: Voucher.objects.filter(buyer=buyer, status="available", expires_at__gt=at)
)
_debts = Prepared(
    lambda debtor: Debt.objects.filter(debtor=debtor, amount_minor__gt=0).values_list(
        "amount_minor", flat=True
    )
)


def debt_to(shop: str, buyer: str) -> int:
    """What a buyer owes a shop, in fen (section 6.2)."""
    return sum(_debts.all(debtor=f"{shop}/{buyer}"))


def debts_of(actor: Actor) -> Sequence[Owed]:
    """What the actor owes, by shop."""
    codes = Voucher.objects.filter(buyer=actor.buyer).values("code")
    found = (
        Debt.objects.filter(voucher_code__in=codes, amount_minor__gt=0)
        .values("debtor")
        .annotate(owed=Sum("amount_minor"))
        .order_by("debtor")
    )
    return [Owed(row["debtor"].partition("/")[0], row["owed"]) for row in found]


def vouchers_of(
    actor: Actor, *, now: datetime, cursor: str | None = None, limit: int = 20
) -> tuple[Sequence[VoucherStory], str | None]:
    """The vouchers of the actor, the newest first, and the cursor of the next page."""
    page: Page[Voucher] = page_of(Voucher.objects.filter(buyer=actor.buyer), cursor=cursor, limit=limit)
    codes = [voucher.code for voucher in page.rows]
    owed = dict(Debt.objects.filter(voucher_code__in=codes).values_list("voucher_code", "amount_minor"))
    sources = dict(
        Order.objects.filter(key__in=[voucher.source_key for voucher in page.rows]).values_list(
            "key", "rebate"
        )
    )
    stories = [
        _story(voucher, owed.get(voucher.code, 0), sources.get(voucher.source_key) == "issued", now)
        for voucher in page.rows
    ]
    return stories, page.next_cursor


def _story(voucher: Voucher, owed: int, is_earned: bool, now: datetime) -> VoucherStory:
    status, why = _shown(voucher, is_earned, now)
    shop, _slash, order = voucher.source_key.partition("/")
    held_by = None
    if voucher.holder_key is not None:
        holder_shop, _slash, holder = voucher.holder_key.partition("/")
        held_by = (holder_shop, holder)
    return VoucherStory(
        voucher.code,
        voucher.code.partition("/")[0],
        voucher.amount_minor,
        status,
        moment_of(voucher.expires_at),
        (shop, order),
        held_by,
        why,
        owed,
    )


def _shown(voucher: Voucher, is_earned: bool, now: datetime) -> tuple[VoucherShown, Why | None]:
    """The status as it is by the clock: past its time a voucher is expired, before a tick says so (section
    10).
    """
    if voucher.status in ("available", "frozen") and voucher.expires_at <= instant_of(now):
        return "expired", "time_over"
    match voucher.status:
        case "frozen":
            return "frozen", "refund_open"
        case "locked":
            return "locked", "in_unpaid_order"
        case "reclaimed":
            return "reclaimed", "order_refunded"
        case "expired":
            return "expired", "time_over"
        case "used":
            return "used", None if is_earned else "order_refunded"
        case _:
            return "available", None
