"""What a shop has in its two accounts: settlement's balance, less what was paid out to it, and with the
compensation that later refunds were reduced by.

A payout leaves the market and is none of settlement's events, so it is taken off here (ADR 0045); what a
refund went out less by is put to the sales (ADR 0047). All that belongs together is read by one statement,
and so of one moment. Amounts are in fen.
"""

from typing import NamedTuple

from django.db.models import BigIntegerField, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from pinback.accounts.models import Shop
from pinback.checkout.models import Deduction
from pinback.marketing.models import Payout
from pinback.settlement.models import Shop as SettledShop

ACCOUNTS = ("sales", "marketing")


class Balance(NamedTuple):
    """An account of a shop. `requested_minor` is asked for and not decided; `available_minor`, never below 0,
    can be asked for. A balance below 0 is what the shop owes the platform.
    """

    account: str
    balance_minor: int
    requested_minor: int
    paid_out_minor: int

    @property
    def available_minor(self) -> int:
        """What can still be asked for."""
        return max(0, self.balance_minor - self.requested_minor)


class Standing(NamedTuple):
    """Both accounts at a moment; the last event, booking of a payout and deduction that they include."""

    balances: dict[str, Balance]
    last_event_id: int
    last_booking_id: int
    last_deduction_id: int


def balance_of(shop: Shop, account: str) -> Balance:
    """One account of a shop. Decide on it with the shop's row held only."""
    return standing_of(shop).balances[account]


def standing_of(shop: Shop) -> Standing:
    """Both accounts of a shop, of one moment."""
    payouts = Payout.objects.filter(shop_id=Value(shop.pk)).order_by()
    sums = {
        f"{account}_{status}": _sum(payouts.filter(account=account, status=status))
        for account in ACCOUNTS
        for status in ("requested", "paid")
    }
    last_booking = payouts.values("shop_id").annotate(last=Max("booking_id")).values("last")
    deductions = Deduction.objects.filter(shop_id=Value(shop.pk)).order_by()
    last_deduction = deductions.values("shop_id").annotate(last=Max("id")).values("last")
    sums["sales_deducted"] = _sum(deductions)
    row = (
        SettledShop.objects.filter(name=shop.name)
        .annotate(
            **sums,
            last_booking=Subquery(last_booking, output_field=BigIntegerField()),
            last_deduction=Subquery(last_deduction, output_field=BigIntegerField()),
        )
        .values("sales_minor", "marketing_minor", "last_event_id", "last_booking", "last_deduction", *sums)
        .first()
    )
    if row is None:
        return Standing({account: Balance(account, 0, 0, 0) for account in ACCOUNTS}, 0, 0, 0)
    balances = {
        account: Balance(
            account,
            row[f"{account}_minor"] + int(row.get(f"{account}_deducted", 0)) - int(row[f"{account}_paid"]),
            int(row[f"{account}_requested"]),
            int(row[f"{account}_paid"]),
        )
        for account in ACCOUNTS
    }
    return Standing(balances, row["last_event_id"], row["last_booking"] or 0, row["last_deduction"] or 0)


def settled_with_balances(found: QuerySet[SettledShop]) -> QuerySet[SettledShop]:
    """Shops of settlement with `sales_balance` and `marketing_balance`: `Balance.balance_minor` of each."""

    def payouts(account: str) -> Coalesce:
        return _sum_by_name(Payout.objects.filter(account=account, status="paid"))

    return found.annotate(
        sales_balance=F("sales_minor") + _sum_by_name(Deduction.objects.all()) - payouts("sales"),
        marketing_balance=F("marketing_minor") - payouts("marketing"),
    )


def below_zero(found: QuerySet[SettledShop]) -> QuerySet[SettledShop]:
    """Those of the shops that owe the platform."""
    return settled_with_balances(found).filter(Q(sales_balance__lt=0) | Q(marketing_balance__lt=0))


def _sum_by_name(rows: QuerySet[Payout] | QuerySet[Deduction]) -> Coalesce:
    of_shop = rows.filter(shop__name=OuterRef("name")).order_by().values("shop__name")
    summed = of_shop.annotate(total=Sum("amount_minor")).values("total")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), Value(0))


def _sum(rows: QuerySet[Payout] | QuerySet[Deduction]) -> Coalesce:
    summed = rows.values("shop_id").annotate(total=Sum("amount_minor")).values("total")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), Value(0))
