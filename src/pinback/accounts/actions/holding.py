"""Makes changes of what one person keeps wait for one another: their limits and defaults count rows."""

from django.db.models import F

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person
from pinback.kit.transactions import assert_open


def hold_within(acting: Actor) -> None:
    """Write the person's row first, changing nothing; who comes second waits until this transaction ends."""
    assert_open()
    Person.objects.filter(pk=acting.person_id).update(is_active=F("is_active"))
