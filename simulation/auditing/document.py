"""Holds a state document of the engine (section 12) against the auditor's book, entry by entry."""

from datetime import UTC, datetime

from simulation.auditing.book import Book
from simulation.auditing.records import Fields, agree


def check_document(book: Book, document: Fields) -> None:
    """The document shows exactly what the book says. Faults: `state`."""
    expected = expected_document(book)
    agree("state", "the sections", sorted(document), sorted(expected))
    for section, entries in expected.items():
        found = document[section]
        for key in sorted({*entries, *found}):
            agree("state", f"{section} {key}", found.get(key), entries.get(key), key)


def expected_document(book: Book) -> dict[str, Fields]:
    """What the state document has to show."""
    return {
        "campaigns": {
            campaign.key: {
                "status": campaign.status(book.latest_at),
                "reason": campaign.ended,
                "threshold": campaign.threshold,
                "rebate": campaign.rebate,
                "quantity": campaign.quantity,
                "issued": campaign.issued,
                "starts_at": _text(campaign.starts_at),
            }
            for campaign in book.campaigns.values()
        },
        "vouchers": {
            voucher.code: {
                "buyer": voucher.buyer,
                "amount": voucher.amount,
                "status": voucher.status,
                "order": voucher.source,
                "used_by": voucher.holder if voucher.status == "used" else None,
                "expires_at": _text(voucher.expires_at),
            }
            for voucher in book.vouchers.values()
        },
        "orders": {
            order.key: {
                "buyer": order.buyer,
                "status": order.status,
                "rebate": order.rebate,
                "reason": order.reason,
                "cash": order.paid,
                "refunded": order.refunded,
                "payout": order.payout,
            }
            for order in book.orders.values()
        },
        "sales": {
            product: {
                "total": sum(months.values()),
                "months": {month: units for month, units in months.items() if units},
            }
            for product, months in book.sold.items()
        },
        "shops": {
            shop.name: {"marketing": shop.marketing, "sales": shop.sales, "completed_orders": shop.completed}
            for shop in book.shops.values()
        },
        "debts": {f"{shop}/{buyer}": debt for (shop, buyer), debt in book.debts.items() if debt},
    }


def _text(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
