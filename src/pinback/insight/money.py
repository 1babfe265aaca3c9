"""Where a shop's money is, and what came in and went out (section 8).

The accounts are read as they are kept. What came from outside and from other shops is reckoned from
campaigns, orders and refunds: so the sum of all, which must be 0, holds two ways of counting together.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from pinback.insight.figures import Account, Flow, MoneyFigures
from pinback.settlement.models import Campaign, Order, Refund, Shop, Voucher

NEVER_PAID = ("placed", "cancelled")


@dataclass(frozen=True)
class OrderMoney:
    """What the orders of a shop hold, were paid with, and paid out; all in minor units.

    `foreign_vouchers` are the voucher parts still standing in them of vouchers that other shops funded.
    """

    held: int
    cash: int
    payout: int
    compensated: int
    foreign_vouchers: int


@dataclass(frozen=True)
class _VoucherRefunds:
    """Voucher parts of refunded goods that did not return to the buyer (section 6a).

    `taken_back` to this shop from orders anywhere; `undone`, what refunds took out of orders that used a
    voucher of this shop and by that ended it; bought back of other shops' vouchers here, its own elsewhere.
    """

    taken_back: int
    undone: int
    bought_back_here: int
    bought_back_elsewhere: int


def money_figures(shop: Shop, orders: OrderMoney, withheld: int, using: str) -> MoneyFigures:
    """The money table of a shop; `withheld` is what its refunds withheld."""
    vouchers = Voucher.objects.using(using).filter(shop=shop)
    campaigns = Campaign.objects.using(using).filter(shop=shop)
    refunds = _voucher_refunds(shop, using)
    flows = (
        Flow("fees_paid", _fees_paid(shop, using)),
        Flow("orders_paid", orders.cash),
        Flow("debts_paid", _debts_paid(shop, withheld, refunds, using)),
        Flow("refunds_paid_out", -orders.payout),
        Flow("compensations", -orders.compensated),
    )
    from_other_shops = orders.foreign_vouchers + refunds.bought_back_here
    to_other_shops = _standing_elsewhere(shop, using) + refunds.bought_back_elsewhere
    accounts = (
        Account("marketing", shop.marketing_minor),
        Account("sales", shop.sales_minor),
        Account("campaigns", _total(campaigns.aggregate(n=Sum("balance_minor")))),
        Account("vouchers", _total(vouchers.aggregate(n=Sum("balance_minor")))),
        Account("orders", orders.held),
        Account("other_shops", to_other_shops - from_other_shops),
        Account("external", -sum(flow.amount_minor for flow in flows)),
    )
    return MoneyFigures(accounts=accounts, flows=flows)


def of_another_shop(shop: Shop, column: str) -> Q:
    """Whether the key or code in `column` is that of another shop than this one."""
    prefix = f"{shop.name}/"
    return Q(**{f"{column}__isnull": False}) & ~Q(Exact(Left(column, len(prefix)), prefix))


def _total(aggregated: dict[str, int | None]) -> int:
    return int(aggregated["n"] or 0)


def _fees_paid(shop: Shop, using: str) -> int:
    funded = Campaign.objects.using(using).filter(shop=shop, starts_at__isnull=False)
    fee = F("rebate_minor") * F("quantity")
    return _total(funded.aggregate(n=Sum(fee, output_field=BigIntegerField())))


def _debts_paid(shop: Shop, withheld: int, refunds: _VoucherRefunds, using: str) -> int:
    """What buyers paid for their debts (section 6.2).

    What came back of used vouchers was withheld from a refund, taken back from one, or paid by the debtor.
    It is what is not left of those still used, and all of those that ended with the order that used them.
    """
    used = Voucher.objects.using(using).filter(shop=shop, status="used")
    came_back = _total(used.aggregate(n=Sum(F("amount_minor") - F("left_minor")))) + refunds.undone
    return came_back - withheld - refunds.taken_back


def _voucher_refunds(shop: Shop, using: str) -> _VoucherRefunds:
    order = Order.objects.filter(key=OuterRef("order_key"))
    voucher = Voucher.objects.filter(code=OuterRef("voucher_code"))
    refunds = (
        Refund.objects.using(using)
        .filter(Q(taken_back_minor__gt=0) | Q(bought_back_minor__gt=0))
        .annotate(voucher_code=Subquery(order.values("voucher_code")))
        .annotate(funded_by=Subquery(voucher.values("shop")), ended=Subquery(voucher.values("status")))
    )
    here, own = Q(shop=shop), Q(funded_by=shop.id)
    sums: dict[str, Any] = refunds.aggregate(
        taken_back=Sum("taken_back_minor", filter=own),
        undone=Sum(F("taken_back_minor") + F("bought_back_minor"), filter=own & Q(ended="reclaimed")),
        bought_back_here=Sum("bought_back_minor", filter=here & ~own),
        bought_back_elsewhere=Sum("bought_back_minor", filter=~here & own),
    )
    return _VoucherRefunds(**{name: int(value or 0) for name, value in sums.items()})


def _standing_elsewhere(shop: Shop, using: str) -> int:
    """The voucher parts still standing in orders of other shops that were paid with vouchers of this one."""
    used = Voucher.objects.using(using).filter(of_another_shop(shop, "holder_key"), shop=shop, status="used")
    holder = Order.objects.filter(key=OuterRef("holder_key"))
    standing = Subquery(holder.values("voucher_left_minor"))
    return _total(used.annotate(standing=standing).aggregate(n=Sum("standing")))
