"""What an engine caller may do: a shop's key speaks for its shop alone, the operator for all.

A shop's events are believed: they say what was paid. So it is the operator who lets a shop speak for itself
(`admit`); a shop of the market whose payments Pinback sees itself has no need of it.
"""

from pinback.accounts.actors import Actor
from pinback.accounts.queries import Forbidden, shop_for, speaks_for_operator
from pinback.api.models import EngineShop
from pinback.kit.refusals import NotFound
from pinback.rules.events import ClockTicked, Event
from pinback.rules.reading import BadEvent


def check_everywhere(actor: Actor, permission: str) -> None:
    """Raises NotFound to everybody but the operator."""
    if not speaks_for_operator(actor, permission):
        raise NotFound("page")


def check_in_shop(actor: Actor, shop: str, permission: str) -> None:
    """Raises NotFound to strangers of a shop, Forbidden to its staff and keys without the permission.

    To the operator every name is a shop: one of the engine need not be one of the market.
    """
    if not speaks_for_operator(actor, permission):
        shop_for(actor, shop, permission)


def check_may_settle(actor: Actor, shop: str) -> bool:
    """Whether the actor may bring ticks besides a shop's events. Raises as `check_in_shop`, and Forbidden
    where the operator has not admitted the shop.
    """
    if speaks_for_operator(actor, "events.write"):
        return True
    shop_for(actor, shop, "events.write")
    if not EngineShop.objects.filter(shop_name=shop).exists():
        raise Forbidden("events.write")
    return False


def bound(event: Event | BadEvent, shop: str, *, ticks: bool) -> Event | BadEvent:
    """The event, if it is one of `shop`'s; else what refuses it. A tick reaches the vouchers of all shops."""
    if isinstance(event, BadEvent):
        return event
    if event.shop != shop:
        return BadEvent(event.id, event.shop, int(event.at), f"`shop`: this address takes events of {shop}")
    if not ticks and isinstance(event, ClockTicked):
        return BadEvent(
            event.id, event.shop, int(event.at), "`type`: a tick reaches all shops; the operator sends it"
        )
    return event
