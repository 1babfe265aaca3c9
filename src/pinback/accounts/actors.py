"""Who is acting: a person by their session, or a shop by one of its keys.

An actor is made once for a request (`accounts.queries.actor_of`) and passed to queries and actions. What it
may see and do in a shop is asked here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pinback.accounts.rules import may
from pinback.kit.ids import public_id


@dataclass(frozen=True, slots=True)
class Actor:
    """`roles` has the person's role by shop id. A key acts for `key_shop_id` alone, within `scopes`."""

    person_id: int
    is_operator: bool = False
    roles: Mapping[int, str] = field(default_factory=dict)
    credential_id: int | None = None
    key_shop_id: int | None = None
    scopes: frozenset[str] | None = None

    @property
    def buyer(self) -> str:
        """The buyer id of settlement."""
        return public_id(self.person_id)

    @property
    def is_key(self) -> bool:
        """Whether a program acts by a key, and not a person by a session."""
        return self.scopes is not None

    def works_for(self, shop_id: int) -> bool:
        """Whether the shop is this actor's business at all; else it looks to them as if it had nothing
        inside.
        """
        if self.is_key:
            return self.key_shop_id == shop_id
        return self.is_operator or shop_id in self.roles

    def may(self, shop_id: int, permission: str) -> bool:
        """Whether the actor may do that in that shop."""
        if self.scopes is not None:
            return self.key_shop_id == shop_id and permission in self.scopes
        return may(self.roles.get(shop_id), permission)
