"""What became of a shop's orders and of their rebates, and what it sold, month by month.

The orders are looked at twice, once for everything but the months: SQLite sorts all rows for a GROUP BY,
which takes three times as long as to add up every known status at once.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Sum

from pinback.insight.figures import OrderFigures, OrdersInStatus, RebateOutcome, SalesMonth
from pinback.insight.money import NEVER_PAID, OrderMoney, of_another_shop
from pinback.rules.records import OrderStatus, Reason, Rebate
from pinback.settlement.models import Order, ProductMonth, Shop

_STATUSES: tuple[OrderStatus, ...] = (
    "placed",
    "paid",
    "confirmed",
    "shipped",
    "received",
    "refunded",
    "cancelled",
)
_REBATES: tuple[tuple[Rebate, Reason | None], ...] = (
    ("issued", None),
    ("pending", "refund_open"),
    ("not_eligible", "below_threshold"),
    ("not_eligible", "no_campaign"),
    ("not_eligible", "refunded"),
    ("not_eligible", "buyer_in_debt"),
    ("none", None),
)
_GOODS, _POSTAGE = F("goods_minor"), F("postage_minor")
_KEPT = F("goods_left_minor") + F("postage_left_minor")


@dataclass(frozen=True)
class OrderTotals:
    """The orders of a shop, seen from three sides."""

    figures: OrderFigures
    rebates: tuple[RebateOutcome, ...]
    money: OrderMoney


def order_totals(shop: Shop, using: str) -> OrderTotals:
    """The orders of a shop by status and by rebate, and their money."""
    sums: dict[str, Any] = {
        "refunded": Count("id", filter=Q(goods_left_minor__lt=_GOODS) | Q(postage_left_minor__lt=_POSTAGE)),
        "held": Sum("balance_minor"),
        "payout": Sum("payout_minor"),
        "compensated": Sum("compensated_minor"),
        "foreign_vouchers": Sum(
            "voucher_left_minor", filter=of_another_shop(shop, "voucher_code") & ~Q(status__in=NEVER_PAID)
        ),
    }
    for status in _STATUSES:
        which = Q(status=status)
        sums[f"{status}_number"] = Count("id", filter=which)
        if status not in NEVER_PAID:
            sums[f"{status}_cash"] = Sum(_GOODS + _POSTAGE, filter=which)
            sums[f"{status}_kept"] = Sum(_KEPT, filter=which)
    for place, (rebate, reason) in enumerate(_REBATES):
        which = Q(rebate=rebate) if reason is None else Q(reason=reason)
        sums[f"rebate{place}_number"] = Count("id", filter=which)
        sums[f"rebate{place}_goods"] = Sum("goods_left_minor", filter=which & ~Q(status__in=NEVER_PAID))
    found = Order.objects.using(using).filter(shop=shop).aggregate(**sums)
    total = {name: int(value or 0) for name, value in found.items()}
    return OrderTotals(_figures(shop, total), _rebates(total), _money(total))


def _figures(shop: Shop, total: dict[str, int]) -> OrderFigures:
    by_status = tuple(
        OrdersInStatus(
            status=status,
            number=total[f"{status}_number"],
            cash_minor=total.get(f"{status}_cash", 0),
            refunded_minor=total.get(f"{status}_cash", 0) - total.get(f"{status}_kept", 0),
        )
        for status in _STATUSES
    )
    return OrderFigures(by_status=by_status, completed=shop.completed_orders, refunded=total["refunded"])


def _rebates(total: dict[str, int]) -> tuple[RebateOutcome, ...]:
    return tuple(
        RebateOutcome(
            rebate=rebate,
            reason=reason,
            orders=total[f"rebate{place}_number"],
            goods_minor=total[f"rebate{place}_goods"],
        )
        for place, (rebate, reason) in enumerate(_REBATES)
    )


def _money(total: dict[str, int]) -> OrderMoney:
    return OrderMoney(
        held=total["held"],
        cash=sum(total.get(f"{status}_cash", 0) for status in _STATUSES),
        payout=total["payout"],
        compensated=total["compensated"],
        foreign_vouchers=total["foreign_vouchers"],
    )


def sales_months(shop: Shop, this_month: str, using: str) -> tuple[SalesMonth, ...]:
    """The months from the first with a received order to this one; none where no order was ever received."""
    sold = ProductMonth.objects.using(using).filter(shop=shop).values("month").annotate(units=Sum("units"))
    units = {row["month"]: int(row["units"]) for row in sold}
    received = (
        Order.objects.using(using)
        .filter(shop=shop, received_month__isnull=False)
        .values("received_month")
        .annotate(orders=Count("id", filter=Q(status="received")), cash=Sum(_KEPT))
    )
    orders = {str(row["received_month"]): row for row in received}
    months = sorted({*units, *orders})
    if not months:
        return ()
    return tuple(
        SalesMonth(
            month=month,
            units=units.get(month, 0),
            orders=orders[month]["orders"] if month in orders else 0,
            cash_minor=int(orders[month]["cash"]) if month in orders else 0,
        )
        for month in _all_months(months[0], max(months[-1], this_month))
    )


def _all_months(first: str, last: str) -> list[str]:
    """Every month from the first to the last, `YYYY-MM`."""
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(start, end + 1)]
