"""Where a person has things sent. One of the addresses is the default, as long as there are any."""

from dataclasses import asdict, dataclass

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actions.holding import hold_within
from pinback.accounts.actors import Actor
from pinback.accounts.models import Address
from pinback.accounts.queries import address_for
from pinback.accounts.rules import phone_of
from pinback.kit.ids import new_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable

MOST = 50


@dataclass(frozen=True, slots=True)
class AddressTerms:
    """An address as it is to be."""

    recipient: str
    phone: str
    region: str
    street: str


@durable
def add_address(terms: AddressTerms, *, is_default: bool, acting: Actor) -> Address:
    """A new address; the first one is the default. Raises Refused at `phone`, or when there are too many."""
    hold_within(acting)
    own = Address.objects.filter(person_id=acting.person_id)
    if own.count() >= MOST:
        raise Refused("too_many", _("There are too many addresses; remove one first."))
    is_default = is_default or not own.exists()
    if is_default:
        own.update(is_default=False)
    return Address.objects.create(
        id=new_id(), person_id=acting.person_id, is_default=is_default, **_checked(terms)
    )


@durable
def change_address(
    address_id: int, terms: AddressTerms, *, is_default: bool, version: int, acting: Actor
) -> Address:
    """Change an address. Raises NotFound, Conflict `stale`, Refused at `phone`."""
    hold_within(acting)
    address = address_for(acting, address_id)
    is_default = is_default or address.is_default
    if is_default:
        Address.objects.filter(person_id=acting.person_id).exclude(pk=address_id).update(is_default=False)
    updated = Address.objects.filter(pk=address_id, version=version).update(
        **_checked(terms), is_default=is_default, version=F("version") + 1
    )
    if not updated:
        raise Conflict("stale", _("Somebody changed this meanwhile."), "version")
    address.refresh_from_db()
    return address


@durable
def remove_address(address_id: int, *, acting: Actor) -> None:
    """Remove an address; another becomes the default, if this one was. Raises NotFound."""
    hold_within(acting)
    address = address_for(acting, address_id)
    Address.objects.filter(pk=address.pk).delete()
    other = Address.objects.filter(person_id=acting.person_id).order_by("-id").first()
    if address.is_default and other is not None:
        Address.objects.filter(pk=other.pk).update(is_default=True)


def _checked(terms: AddressTerms) -> dict[str, str]:
    phone = phone_of(terms.phone)
    if phone is None:
        raise Refused("bad_phone", _("This is no phone number."), "phone")
    return {**asdict(terms), "phone": phone}
