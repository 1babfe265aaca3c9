"""Finds orders of a shop for those who work on them: by what waits to be done, words, product and day.

The same filter gives the list, its count and its export, so that the three never tell different stories.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, NamedTuple, get_args

from django.db.models import Count, Q, QuerySet

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import shop_for
from pinback.checkout.models import Item, Order
from pinback.checkout.pages import OrderPage, order_pages
from pinback.delivery.models import Parcel
from pinback.kit.ids import id_of
from pinback.kit.paging import every_page, page_of
from pinback.rules.instants import zone
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Shop as SettledShop

Work = Literal[
    "to_ship", "refund_open", "trouble", "unpaid", "in_group", "shipped", "received", "refunded", "closed"
]
WORKS: Final[tuple[Work, ...]] = get_args(Work)

_WORK: Final[Mapping[Work, Q]] = {
    "to_ship": Q(status="confirmed", open_refunds=0),
    "refund_open": Q(open_refunds__gt=0),
    "trouble": Q(status="shipped"),
    "unpaid": Q(status="placed"),
    "in_group": Q(status="paid"),
    "shipped": Q(status="shipped"),
    "received": Q(status="received"),
    "refunded": Q(status="refunded"),
    "closed": Q(status="cancelled"),
}
"""What waits to be done with an order, by what settlement says of it; trouble has a parcel, too."""

TROUBLE: Final = ("damaged", "refused", "stuck", "lost")
"""The statuses of parcels that somebody has to look after."""

_PIECE = 200
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders of a shop; days are the shop's, both included."""

    work: Work | None = None
    words: str = ""
    product: int | None = None
    first: date | None = None
    last: date | None = None


class Found(NamedTuple):
    """A page of orders, how many there are by the whole filter, and the cursor of the next page."""

    pages: Sequence[OrderPage]
    number: int
    next_cursor: str | None


def find_orders(
    actor: Actor, shop_name: str, wanted: OrderFilter, *, cursor: str | None = None, limit: int = 50
) -> Found:
    """Orders of a shop that fit, the newest first; those to ship the oldest first. Raises NotFound,
    Forbidden.
    """
    shop = shop_for(actor, shop_name, "orders.read")
    found = _fitting(shop, wanted)
    page = page_of(found, cursor=cursor, limit=limit, newest_first=wanted.work != "to_ship")
    return Found(order_pages(page.rows), found.count(), page.next_cursor)


def every_order(actor: Actor, shop_name: str, wanted: OrderFilter) -> Iterator[OrderPage]:
    """All orders that fit, in the order of the list, piece by piece. Raises NotFound, Forbidden."""
    shop = shop_for(actor, shop_name, "orders.read")
    return _every(_fitting(shop, wanted), is_newest_first=wanted.work != "to_ship")


def _every(found: QuerySet[Order], *, is_newest_first: bool) -> Iterator[OrderPage]:
    for page in every_page(
        lambda cursor: page_of(found, cursor=cursor, limit=_PIECE, newest_first=is_newest_first)
    ):
        yield from order_pages(page.rows)


def counts_by_work(actor: Actor, shop_name: str) -> Mapping[str, int]:
    """How many orders of a shop wait for what. Raises NotFound, Forbidden."""
    shop = shop_for(actor, shop_name, "orders.read")
    sums = {work: Count("id", filter=_which(shop, work)) for work in WORKS}
    found: dict[str, int] = _settled(shop).aggregate(**sums)
    return found


def oldest_to_ship(shop: Shop) -> Order | None:
    """The order that has waited longest to be shipped. For what has checked who asks."""
    return _fitting(shop, OrderFilter(work="to_ship")).order_by("id").first()


def _which(shop: Shop, work: Work) -> Q:
    if work != "trouble":
        return _WORK[work]
    return _WORK[work] & Q(key__in=Parcel.objects.filter(shop=shop, status__in=TROUBLE).values("order_key"))


def _settled(shop: Shop) -> QuerySet[SettledOrder]:
    return SettledOrder.objects.filter(shop_id__in=SettledShop.objects.filter(name=shop.name).values("id"))


def _fitting(shop: Shop, wanted: OrderFilter) -> QuerySet[Order]:
    found = Order.objects.select_related("shop", "buyer", "product", "product__shop").filter(shop=shop)
    if wanted.work is not None:
        found = found.filter(key__in=_settled(shop).filter(_which(shop, wanted.work)).values("key"))
    if wanted.product is not None:
        found = found.filter(product_id=wanted.product)
    if wanted.first is not None:
        found = found.filter(placed_at__gte=_midnight(wanted.first, shop))
    if wanted.last is not None and wanted.last < date.max:
        found = found.filter(placed_at__lt=_midnight(wanted.last + timedelta(days=1), shop))
    for word in wanted.words.split()[:_MOST_WORDS]:
        found = found.filter(_with_word(shop, word))
    return found


def _midnight(day: date, shop: Shop) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone(shop.timezone)).astimezone(UTC)


def _with_word(shop: Shop, word: str) -> Q:
    """A word of an order: its number, a tracking number, or part of a name, a phone number or a title."""
    parcels = Parcel.objects.filter(shop=shop, tracking=word).values("order_key")
    items = Item.objects.filter(shop=shop, title__icontains=word).values("order_id")
    found = (
        Q(recipient__icontains=word)
        | Q(buyer__name__icontains=word)
        | Q(phone__contains=word)
        | Q(key__in=parcels)
        | Q(pk__in=items)
    )
    try:
        return found | Q(pk=id_of(word.lower()))
    except ValueError:
        return found
