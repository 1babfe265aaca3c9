"""Who calls the API: `Authorization: Bearer` with the secret of a session or of a shop's key."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest
from ninja.security import HttpBearer

from pinback.accounts.actions import hash_of
from pinback.accounts.actors import Actor
from pinback.accounts.models import Credential
from pinback.accounts.queries import roles_of
from pinback.kit import clock
from pinback.kit.prepared import Prepared

_PREFIX_LENGTH = 12
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


class _Known(NamedTuple):
    """What has to be known of a credential, and of its person, to let somebody in."""

    id: int
    kind: str
    secret_hash: str
    person_id: int
    shop_id: int | None
    scopes: list[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    is_active: bool
    is_operator: bool


_with_prefix = Prepared(
    lambda prefix: Credential.objects.filter(prefix=prefix).values_list(
        *_Known._fields[:-2], "person__is_active", "person__is_operator"
    )
)


class Bearer(HttpBearer):
    """Finds the actor behind a secret; `request.actor` has it."""

    openapi_description = "the secret of a session (`POST /session`) or of a key of a shop"

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The actor; None for a secret that is unknown, expired or revoked."""
        row = _with_prefix.first(prefix=token[:_PREFIX_LENGTH])
        now = clock.now()
        if row is None:
            return None
        found = _Known(*row)
        if found.secret_hash != hash_of(token) or found.revoked_at is not None:
            return None
        if (found.expires_at is not None and found.expires_at <= now) or not found.is_active:
            return None
        if found.last_used_at is None or found.last_used_at < now - _USE_IS_NOTED_EVERY:
            request.used_credential = found.id, now  # type: ignore[attr-defined]
            note_use(request)
        actor = _actor_of(found)
        request.actor = actor  # type: ignore[attr-defined]
        return actor


def note_use(request: HttpRequest) -> None:
    """Note when the credential of a request was used, if it is time to; once more where the transaction that
    it was noted in was taken back: who is refused has used it too.
    """
    used = getattr(request, "used_credential", None)
    if used is not None:
        Credential.objects.filter(pk=used[0]).update(last_used_at=used[1])


def _actor_of(found: _Known) -> Actor:
    if found.kind == "session":
        return Actor(
            person_id=found.person_id,
            is_operator=found.is_operator,
            roles=roles_of(found.person_id),
            credential_id=found.id,
        )
    return Actor(
        person_id=found.person_id,
        credential_id=found.id,
        key_shop_id=found.shop_id,
        scopes=frozenset(found.scopes),
    )


def actor_in(request: HttpRequest) -> Actor:
    """The actor of a request that was let in."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    assert isinstance(actor, Actor)
    return actor


def buyer_in(request: HttpRequest) -> Actor:
    """The person of a request; a shop's key buys nothing. Raises Forbidden for a key."""
    from pinback.accounts.queries import Forbidden

    actor = actor_in(request)
    if actor.is_key:
        raise Forbidden("session")
    return actor
