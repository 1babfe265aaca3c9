"""Secrets of sessions and keys: long, random, of which only the hash is kept."""

import hashlib
import secrets

PREFIX_LENGTH = 12
"""How much of a secret is kept readable, to find it and to show it."""


def hash_of(secret: str) -> str:
    """What is kept of a secret. It is long and random, so one round of a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret(kind: str) -> str:
    """A new secret that begins with its kind."""
    return kind + secrets.token_urlsafe(32)
