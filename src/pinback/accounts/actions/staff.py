"""Who works for a shop, and as what. The last owner cannot go."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Credential, Person, Shop, Staff
from pinback.accounts.queries import shop_for
from pinback.accounts.rules import login_of
from pinback.kit.ids import new_id
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.kit.transactions import durable


@durable
def add_staff(shop: str, *, login: str, role: str, acting: Actor, now: datetime) -> Staff:
    """Let a registered person work for the shop. Raises Refused at `login`."""
    found = shop_for(acting, shop, "staff.write")
    person = Person.objects.filter(login=login_of(login) or login, is_active=True).first()
    if person is None:
        raise Refused("unknown_login", _("Nobody is registered with this."), "login")
    try:
        with transaction.atomic():
            return Staff.objects.create(id=new_id(), shop=found, person=person, role=role, created_at=now)
    except IntegrityError:
        raise Refused("already_staff", _("They work for the shop already."), "login") from None


@durable
def change_role(shop: str, person_id: int, *, role: str, acting: Actor) -> Staff:
    """Give a member of staff another role. Raises NotFound, Conflict `last_owner`."""
    found = shop_for(acting, shop, "staff.write")
    staff = _held(found, person_id)
    if role != "owner":
        _check_another_owner(found, staff)
    Staff.objects.filter(pk=staff.pk).update(role=role)
    staff.refresh_from_db()
    return staff


@durable
def remove_staff(shop: str, person_id: int, *, acting: Actor, now: datetime) -> None:
    """Somebody works for the shop no more; the keys they made for it end. Raises as `change_role`."""
    found = shop_for(acting, shop, "staff.write")
    staff = _held(found, person_id)
    _check_another_owner(found, staff)
    Staff.objects.filter(pk=staff.pk).delete()
    keys = Credential.objects.filter(kind="key", shop=found, person_id=person_id, revoked_at=None)
    keys.update(revoked_at=now)


def _held(shop: Shop, person_id: int) -> Staff:
    # Writing the shop's row first makes two owners who remove each other wait for one another.
    Shop.objects.filter(pk=shop.pk).update(version=F("version") + 1)
    staff = Staff.objects.select_related("person").filter(shop=shop, person_id=person_id).first()
    if staff is None:
        raise NotFound("staff")
    return staff


def _check_another_owner(shop: Shop, staff: Staff) -> None:
    others = Staff.objects.filter(shop=shop, role="owner").exclude(pk=staff.pk)
    if staff.role == "owner" and not others.exists():
        raise Conflict("last_owner", _("A shop needs an owner; name another first."))
