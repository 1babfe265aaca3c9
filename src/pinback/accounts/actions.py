"""Writes of people, shops, staff, sessions and keys."""

import hashlib
import secrets
from datetime import datetime, timedelta

from pinback.accounts.models import Credential, Person, Shop, Staff
from pinback.kit.ids import new_id
from pinback.kit.transactions import durable
from pinback.rules.events import ShopOpened
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within

SESSION = timedelta(days=30)
_PREFIX_LENGTH = 12


def hash_of(secret: str) -> str:
    """What is kept of a secret. It is long and random, so one round of a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


@durable
def register(login: str, *, name: str, password: str, language: str, now: datetime) -> Person:
    """A new person. Raises Refused: the login is no phone or e-mail, is taken; the password is too weak."""
    person = Person(id=new_id(), login=login, name=name, language=language, created_at=now)
    person.set_password(password)
    person.save(force_insert=True)
    return person


@durable
def open_shop(name: str, *, title: str, timezone: str, owner: Person, now: datetime) -> Shop:
    """A new shop with its owner; `name` is its id in addresses and in settlement, for good."""
    shop = Shop(id=new_id(), name=name, title=title, timezone=timezone, created_at=now)
    shop.save(force_insert=True)
    Staff.objects.create(id=new_id(), shop=shop, person=owner, role="owner", created_at=now)
    apply_within(ShopOpened(id="opened", at=instant_of(now), shop=name, timezone=timezone), now=now)
    return shop


@durable
def start_session(person: Person, *, now: datetime) -> str:
    """A new session of a person whose password was checked; returns its secret, which is shown once."""
    secret = _new_secret("pbs_")
    Credential.objects.create(
        id=new_id(),
        kind="session",
        prefix=secret[:_PREFIX_LENGTH],
        secret_hash=hash_of(secret),
        person=person,
        created_at=now,
        expires_at=now + SESSION,
    )
    return secret


def _new_secret(kind: str) -> str:
    return kind + secrets.token_urlsafe(32)
