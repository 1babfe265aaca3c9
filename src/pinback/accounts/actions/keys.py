"""Keys of a shop, and of the operator, for their programs."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actions.secret import PREFIX_LENGTH, hash_of, new_secret
from pinback.accounts.actors import Actor
from pinback.accounts.models import Credential, Person, Shop
from pinback.accounts.queries import shop_for
from pinback.accounts.rules import OPERATOR_SCOPES, SCOPES
from pinback.kit.ids import new_id
from pinback.kit.refusals import NotFound, Refused
from pinback.kit.transactions import durable


@durable
def make_key(
    shop: str,
    *,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    acting: Actor,
    now: datetime,
) -> tuple[Credential, str]:
    """A key of a shop and its secret, which is shown this once. Raises Refused at `scopes`, `expires_at`."""
    found = shop_for(acting, shop, "keys.write")
    if not scopes or not set(scopes) <= SCOPES:
        raise Refused("bad_scopes", _("A key cannot have these scopes."), "scopes")
    if expires_at is not None and expires_at <= now:
        raise Refused("in_the_past", _("This moment has passed."), "expires_at")
    return _make(name, scopes, shop=found, person_id=acting.person_id, expires_at=expires_at, now=now)


@durable
def make_operator_key(
    person: Person, *, name: str, scopes: Collection[str], now: datetime
) -> tuple[Credential, str]:
    """A key of an operator and its secret, which is shown this once; for whoever has the machine
    (`pinback operator`). Raises Refused at `scopes`.
    """
    if not scopes or not set(scopes) <= OPERATOR_SCOPES:
        raise Refused("bad_scopes", _("A key cannot have these scopes."), "scopes")
    return _make(name[:60], scopes, shop=None, person_id=person.pk, expires_at=None, now=now)


def _make(
    name: str,
    scopes: Collection[str],
    *,
    shop: Shop | None,
    person_id: int,
    expires_at: datetime | None,
    now: datetime,
) -> tuple[Credential, str]:
    secret = new_secret("pbk_")
    key = Credential.objects.create(
        id=new_id(),
        kind="key",
        prefix=secret[:PREFIX_LENGTH],
        secret_hash=hash_of(secret),
        name=name,
        scopes=sorted(set(scopes)),
        shop=shop,
        person_id=person_id,
        created_at=now,
        expires_at=expires_at,
    )
    return key, secret


@durable
def revoke_operator_keys(person: Person, name: str, *, now: datetime) -> int:
    """End all keys of an operator that have this name, or begin so; returns how many."""
    own = Credential.objects.filter(kind="key", shop=None, person=person, revoked_at=None)
    return own.filter(Q(name=name) | Q(prefix=name[:PREFIX_LENGTH])).update(revoked_at=now)


@durable
def revoke_key(shop: str, key_id: int, *, acting: Actor, now: datetime) -> None:
    """End a key of the shop. Raises NotFound; a key that was ended stays as it is."""
    found = shop_for(acting, shop, "keys.write")
    keys = Credential.objects.filter(pk=key_id, kind="key", shop=found)
    if not keys.exists():
        raise NotFound("key")
    keys.filter(revoked_at=None).update(revoked_at=now)
