"""Reads of people, shops and staff, and the access checks: which shop an actor may work in, and as what."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject

from pinback.accounts.actors import Actor
from pinback.accounts.models import (
    Address,
    Credential,
    Letter,
    ListLook,
    Person,
    SavedFilter,
    Shop,
    Staff,
)
from pinback.kit.ids import id_of, public_id
from pinback.kit.prepared import Prepared
from pinback.kit.refusals import NotFound
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.models import Voucher


class Forbidden(Exception):
    """The actor belongs to the shop, but their role, or the key's scopes, do not include this."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


_roles = Prepared(lambda person_id: Staff.objects.filter(person_id=person_id).values_list("shop_id", "role"))


def actor_of_person(person: Person, *, credential_id: int | None = None) -> Actor:
    """The person as an actor."""
    return Actor(
        person_id=person.pk,
        is_operator=person.is_operator,
        roles=roles_of(person.pk),
        credential_id=credential_id,
    )


def roles_of(person_id: int) -> Mapping[int, str]:
    """The roles of a person by shop id, looked up when somebody asks first: buyers are not asked."""
    return cast(Mapping[int, str], SimpleLazyObject(lambda: dict(_roles.all(person_id=person_id))))


def shop_named(name: str) -> Shop:
    """An open or suspended shop by its name, for everybody. Raises NotFound."""
    shop = _shop_named.first(name=name)
    if shop is None:
        raise NotFound("shop", name)
    return shop


_shop_named = Prepared(lambda name: Shop.objects.filter(name=name))


def shop_for(actor: Actor, name: str, permission: str) -> Shop:
    """The shop, if the actor may do this there. Raises NotFound to strangers, Forbidden to its staff."""
    shop = shop_named(name)
    if not actor.works_for(shop.pk):
        raise NotFound("shop", name)
    if not actor.may(shop.pk, permission):
        raise Forbidden(permission)
    return shop


def check_may(actor: Actor, shop_id: int, what: str, permission: str) -> None:
    """Raise NotFound to strangers of a shop, Forbidden to its staff who may not do this."""
    if not actor.works_for(shop_id):
        raise NotFound(what)
    if not actor.may(shop_id, permission):
        raise Forbidden(permission)


def speaks_for_operator(actor: Actor, scope: str | None = None) -> bool:
    """Whether that is the operator, by a session, or by a key of theirs with the scope; None: by no key.

    A key ends to speak when its maker is no operator any more.
    """
    if not actor.is_key:
        return actor.is_operator
    return (
        scope is not None
        and actor.key_shop_id is None
        and scope in (actor.scopes or ())
        and Person.objects.filter(pk=actor.person_id, is_operator=True, is_active=True).exists()
    )


def check_operator(actor: Actor, scope: str | None = None) -> None:
    """Raise NotFound to everybody but the operator and, with a scope, keys of the operator that have it: to
    others there is no console.
    """
    if not speaks_for_operator(actor, scope):
        raise NotFound("page")


def address_for(actor: Actor, address_id: int) -> Address:
    """One of the person's own addresses. Raises NotFound."""
    address = Address.objects.filter(pk=address_id, person_id=actor.person_id).first()
    if address is None or actor.is_key:
        raise NotFound("address")
    return address


def addresses_of(actor: Actor) -> Sequence[Address]:
    """The person's own addresses: the default first, then the newest."""
    return list(Address.objects.filter(person_id=actor.person_id).order_by("-is_default", "-id"))


def other_sessions_of(actor: Actor, *, now: datetime) -> int:
    """How many sessions of the person go on beside this one."""
    return _others(actor).filter(expires_at__gt=now).count()


def _others(actor: Actor) -> QuerySet[Credential]:
    own = Credential.objects.filter(person_id=actor.person_id, kind="session", revoked_at=None)
    return own.exclude(pk=actor.credential_id or 0)


def shops_of(actor: Actor) -> Sequence[tuple[Shop, str]]:
    """The shops somebody works for, each with their role, by title."""
    found = {shop.pk: shop for shop in Shop.objects.filter(pk__in=list(actor.roles))}
    rows = [(found[shop_id], role) for shop_id, role in actor.roles.items() if shop_id in found]
    return sorted(rows, key=lambda row: (row[0].title, row[0].name))


def staff_of_shop(actor: Actor, shop: str) -> Sequence[Staff]:
    """Who works for a shop, owners first, then by name. Raises NotFound, Forbidden."""
    found = Staff.objects.filter(shop=shop_for(actor, shop, "staff.write")).select_related("person")
    return sorted(found, key=lambda row: (row.role != "owner", row.person.name, row.pk))


def staff_member(actor: Actor, shop: str, person_id: int) -> Staff:
    """One of those who work for a shop. Raises NotFound, Forbidden."""
    owner = shop_for(actor, shop, "staff.write")
    found = Staff.objects.filter(shop=owner, person_id=person_id).select_related("person").first()
    if found is None:
        raise NotFound("staff")
    return found


def is_only_staff(person: Person) -> bool:
    """Whether there is nothing in somebody's account but work for one shop, below its owners: no other shop,
    nothing bought or kept, no console. Who takes such an account over gets nothing but that work.
    """
    roles, buyer = _roles.all(person_id=person.pk), public_id(person.pk)
    return not (
        len(roles) != 1
        or roles[0][1] == "owner"
        or person.is_operator
        or Address.objects.filter(person=person).exists()
        or SettledOrder.objects.filter(buyer=buyer).exists()
        or Voucher.objects.filter(buyer=buyer).exists()
    )


def sends_mail() -> bool:
    """Whether letters go out from here: by a way that is set up, with links that lead somewhere."""
    return bool(settings.EMAIL_URL and settings.PINBACK_PUBLIC_URL)


def letters() -> tuple[int, int]:
    """How many letters wait to be sent, and how many were given up in the last week."""
    return (
        Letter.objects.filter(next_try_at__isnull=False).count(),
        Letter.objects.filter(next_try_at=None).count(),
    )


def keys_of_shop(actor: Actor, shop: str) -> QuerySet[Credential]:
    """The keys of a shop, those that ended too. Raises NotFound, Forbidden."""
    owner = shop_for(actor, shop, "keys.write")
    return Credential.objects.filter(shop=owner, kind="key").select_related("person")


def key_of_shop(actor: Actor, shop: str, key_id: int) -> Credential:
    """One of a shop's keys. Raises NotFound, Forbidden."""
    found = keys_of_shop(actor, shop).filter(pk=key_id).first()
    if found is None:
        raise NotFound("key")
    return found


def check_keeps_lists(actor: Actor, shop_name: str | None) -> None:
    """Raise NotFound to a key, and to whoever does not work in the shop; of an empty name, to everybody but
    the operator; None asks for a person only.
    """
    if actor.is_key:
        raise NotFound("page")
    if shop_name:
        shop_for(actor, shop_name, "shop.read")
    elif shop_name is not None:
        check_operator(actor)


def filters_of(actor: Actor, list_name: str, shop_name: str) -> Sequence[SavedFilter]:
    """The filters that the person keeps of a list, in the order in which they were named."""
    return _filters.all(person_id=actor.person_id, list_name=list_name, shop_name=shop_name)


def look_of(actor: Actor, list_name: str) -> ListLook | None:
    """How the person wants to see a list; None: as it is usually shown."""
    return _look.first(person_id=actor.person_id, list_name=list_name)


def filter_of(actor: Actor, filter_id: str) -> SavedFilter:
    """One of the person's own filters. Raises NotFound."""
    try:
        found = SavedFilter.objects.filter(pk=id_of(filter_id), person_id=actor.person_id).first()
    except ValueError:
        found = None
    if found is None or actor.is_key:
        raise NotFound("filter", filter_id)
    return found


_filters = Prepared(
    lambda person_id, list_name, shop_name: SavedFilter.objects.filter(
        person_id=person_id, list_name=list_name, shop_name=shop_name
    ).order_by("id")
)
_look = Prepared(
    lambda person_id, list_name: ListLook.objects.filter(person_id=person_id, list_name=list_name)
)
