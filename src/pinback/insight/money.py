"""Where a shop's money is, and what came in and went out (section 8).

The accounts are read as they are kept. What came from outside and from other shops is reckoned from campaigns,
orders and refunds instead: so the sum of all, which must be 0, holds two ways of counting against each other.
"""

from dataclasses import dataclass

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Left

from pinback.insight.figures import Account, Flow, MoneyFigures
from pinback.rules.records import EXTERNAL, marketing_account
from pinback.settlement.models import Campaign, Debt, Order, Posting, Refund, Shop, Voucher

NEVER_PAID = ("placed", "cancelled")


@dataclass(frozen=True)
class OrderMoney:
    """What the orders of a shop hold, were paid with, and paid out."""

    held: int
    cash: int
    payout: int
    compensated: int


def money_figures(shop: Shop, orders: OrderMoney, using: str) -> MoneyFigures:
    """The money table of a shop."""
    flows = (
        Flow("fees_paid", _fees_paid(shop, using)),
        Flow("orders_paid", orders.cash),
        Flow("debts_paid", _debts_paid(shop, using)),
        Flow("refunds_paid_out", -orders.payout),
        Flow("compensations", -orders.compensated),
    )
    accounts = (
        Account("marketing", shop.marketing_minor),
        Account("sales", shop.sales_minor),
        Account("campaigns", _total(Campaign.objects.using(using).filter(shop=shop).aggregate(n=Sum("balance_minor")))),
        Account("vouchers", _total(Voucher.objects.using(using).filter(shop=shop).aggregate(n=Sum("balance_minor")))),
        Account("orders", orders.held),
        Account("other_shops", -_from_other_shops(shop, using)),
        Account("external", -sum(flow.amount_minor for flow in flows)),
    )
    return MoneyFigures(accounts=accounts, flows=flows)


def _total(aggregated: dict[str, int | None]) -> int:
    return int(aggregated["n"] or 0)


def _fees_paid(shop: Shop, using: str) -> int:
    funded = Campaign.objects.using(using).filter(shop=shop, starts_at__isnull=False)
    fee = F("rebate_minor") * F("quantity")
    return _total(funded.aggregate(n=Sum(fee, output_field=BigIntegerField())))


def _debts_paid(shop: Shop, using: str) -> int:
    """What buyers paid for their debts. Only the ledger has it; it is asked only where somebody ever owed."""
    if not Debt.objects.using(using).filter(shop=shop).exists():
        return 0
    paid = Posting.objects.using(using).filter(shop=shop, source=EXTERNAL, target=marketing_account(shop.name))
    return _total(paid.aggregate(n=Sum("amount_minor")))


def _from_other_shops(shop: Shop, using: str) -> int:
    """What other shops' vouchers brought to this shop's orders, less what its own brought to theirs.

    A voucher's value stays where it was used, unless it is taken back or returned: what stays is the part
    still in the order and the part that the buyer bought back (section 6a).
    """
    if not Shop.objects.using(using).exclude(id=shop.id).exists():
        return 0
    prefix = f"{shop.name}/"
    orders = (
        Order.objects.using(using)
        .exclude(status__in=NEVER_PAID)
        .filter(voucher_code__isnull=False)
        .annotate(of=Left("voucher_code", len(prefix)))
    )
    foreign_here = Q(shop=shop) & ~Q(of=prefix)
    own_elsewhere = ~Q(shop=shop) & Q(of=prefix)
    total = 0
    for sign, which in ((1, foreign_here), (-1, own_elsewhere)):
        total += sign * _total(orders.filter(which).aggregate(n=Sum("voucher_left_minor")))
        using_order = orders.filter(which, key=OuterRef("order_key"))
        bought_back = Refund.objects.using(using).filter(Exists(using_order), bought_back_minor__gt=0)
        total += sign * _total(bought_back.aggregate(n=Sum("bought_back_minor")))
    return total
