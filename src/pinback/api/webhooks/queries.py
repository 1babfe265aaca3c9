"""Reads of endpoints and deliveries, within what the actor may see; `*` stands for the news of all shops."""

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_operator
from pinback.api.binding import check_everywhere, check_in_shop
from pinback.api.models import Delivery, Endpoint
from pinback.kit.ids import id_of
from pinback.kit.refusals import NotFound

EVERY_SHOP = "*"
PERMISSION = "webhooks.write"


def scope_for(actor: Actor, shop: str) -> str:
    """What `Endpoint.shop_name` is for a shop of an address. Raises NotFound, Forbidden."""
    if shop == EVERY_SHOP:
        check_everywhere(actor, PERMISSION)
        return ""
    check_in_shop(actor, shop, PERMISSION)
    return shop


def endpoints_for(actor: Actor, shop: str) -> QuerySet[Endpoint]:
    """The endpoints of a shop."""
    return Endpoint.objects.filter(shop_name=scope_for(actor, shop))


def endpoint_for(actor: Actor, shop: str, endpoint: str) -> Endpoint:
    """One of them, by its public id."""
    found = endpoints_for(actor, shop).filter(pk=_id(endpoint, "endpoint")).first()
    if found is None:
        raise NotFound("endpoint", endpoint)
    return found


def deliveries_of(endpoint: Endpoint, *, status: str | None = None) -> QuerySet[Delivery]:
    """The deliveries of an endpoint, with a status."""
    found = Delivery.objects.filter(endpoint=endpoint)
    return found.filter(status=status) if status else found


def delivery_of(endpoint: Endpoint, delivery: str) -> Delivery:
    """One of them, by its public id."""
    found = deliveries_of(endpoint).filter(pk=_id(delivery, "delivery")).first()
    if found is None:
        raise NotFound("delivery", delivery)
    return found


def _id(public: str, what: str) -> int:
    try:
        return id_of(public)
    except ValueError:
        raise NotFound(what, public) from None


def given_up(actor: Actor, shop: str) -> int:
    """How many deliveries to a shop's endpoints were given up, and wait to be sent again by somebody."""
    return Delivery.objects.filter(endpoint__in=endpoints_for(actor, shop), status="dead").count()


def given_up_everywhere(actor: Actor) -> int:
    """How many deliveries were given up, of all shops and of the operator's own endpoints. Raises NotFound
    to everybody but the operator.
    """
    check_operator(actor)
    return Delivery.objects.filter(status="dead").count()


def endpoints_everywhere(actor: Actor) -> Sequence[Endpoint]:
    """All endpoints, with how many deliveries of each were given up (`dead`), the most first. Raises
    NotFound to everybody but the operator.
    """
    check_operator(actor)
    dead = Count("delivery", filter=Q(delivery__status="dead"))
    return list(Endpoint.objects.annotate(dead=dead).order_by("-dead", "shop_name", "id")[:200])
