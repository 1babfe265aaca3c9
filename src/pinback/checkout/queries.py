"""Reads of orders and the only access checks to them: the buyer's own, or the shop's by its staff.

Status and amounts are settlement's: `state_of` has them.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import QuerySet

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_may, shop_for
from pinback.checkout.models import Item, Order
from pinback.kit.ids import id_of, public_id
from pinback.kit.paging import Page, page_of
from pinback.kit.prepared import Prepared
from pinback.kit.refusals import NotFound
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Shop as SettledShop


def order_for(actor: Actor, public: str, permission: str = "orders.read") -> Order:
    """An order that the actor bought, or of a shop in which they may do `permission`.

    Raises NotFound to everybody else, Forbidden to the shop's staff who may not do this.
    """
    order = _order(public)
    if order.buyer_id == actor.person_id and not actor.is_key:
        return order
    check_may(actor, order.shop_id, "order", permission)
    return order


def order_of_buyer(actor: Actor, public: str) -> Order:
    """An order that the actor bought themselves. Raises NotFound to everybody else, the shop's staff too."""
    order = _order(public)
    if order.buyer_id != actor.person_id or actor.is_key:
        raise NotFound("order", public)
    return order


def shop_of_order(public: str) -> str:
    """The shop of an order, for an action that locks it before it looks further. Raises NotFound."""
    shop = _shops.first(pk=_id_of(public))
    if shop is None:
        raise NotFound("order", public)
    return shop


def _id_of(public: str) -> int:
    try:
        return id_of(public)
    except ValueError:
        raise NotFound("order", public) from None


def _order(public: str) -> Order:
    order = _with_id.first(pk=_id_of(public))
    if order is None:
        raise NotFound("order", public)
    return order


def _orders() -> QuerySet[Order]:
    return Order.objects.select_related("shop", "buyer", "product", "product__shop")


_with_id = Prepared(lambda pk: _orders().filter(pk=pk))
_shops = Prepared(lambda pk: Order.objects.filter(pk=pk).values_list("shop__name", flat=True))
_with_key = Prepared(lambda key: _orders().filter(key=key))
_states = Prepared(lambda keys: SettledOrder.objects.filter(key__in=keys))
_items = Prepared(lambda ids: Item.objects.filter(order_id__in=ids).order_by("order_id", "number"))


def order_with_key(key: str) -> Order | None:
    """The order of a key of settlement; None if it is none of the market's. For actions, not for actors."""
    return _with_key.first(key=key)


def orders_with_keys(keys: Iterable[str]) -> Mapping[str, Order]:
    """The market's orders of keys of settlement, by key. For what has checked who asks."""
    return {order.key: order for order in _orders().filter(key__in=list(keys))}


def state_of(order: Order) -> SettledOrder:
    """Status and amounts of an order."""
    return states_of([order])[order.key]


def states_of(orders: Iterable[Order]) -> Mapping[str, SettledOrder]:
    """Status and amounts of orders, by key."""
    found = _states.all(keys=[order.key for order in orders])
    return {state.key: state for state in found}


def items_of(orders: Iterable[Order]) -> Mapping[int, Sequence[Item]]:
    """The items of orders by order id, in the order of their lines."""
    ids = [order.pk for order in orders]
    found: dict[int, list[Item]] = {id_: [] for id_ in ids}
    for item in _items.all(ids=ids):
        found[item.order_id].append(item)
    return found


def orders_of_buyer(
    actor: Actor, *, status: str | None = None, cursor: str | None = None, limit: int = 20
) -> Page[Order]:
    """What the actor bought, the newest first; `status` is one of settlement's."""
    found = _orders().filter(buyer_id=actor.person_id)
    if status is not None:
        settled = SettledOrder.objects.filter(buyer=actor.buyer, status=status)
        found = found.filter(key__in=settled.values("key"))
    return page_of(found, cursor=cursor, limit=limit)


def orders_of_shop(
    actor: Actor,
    shop: str,
    *,
    status: str | None = None,
    product: int | None = None,
    buyer: int | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Order]:
    """The orders of a shop, the newest first, by settlement's status, product and buyer. Raises NotFound,
    Forbidden.
    """
    found = _orders().filter(shop=shop_for(actor, shop, "orders.read"))
    if status is not None:
        shops = SettledShop.objects.filter(name=shop).values("id")
        settled = SettledOrder.objects.filter(shop_id__in=shops, status=status)
        found = found.filter(key__in=settled.values("key"))
    if product is not None:
        found = found.filter(product_id=product)
    if buyer is not None:
        found = found.filter(buyer_id=buyer)
    return page_of(found, cursor=cursor, limit=limit)


def order_id_of(order: Order) -> str:
    """The order id of settlement, which is also what people see."""
    return public_id(order.pk)
