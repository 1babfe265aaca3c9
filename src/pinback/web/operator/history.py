"""What happened to something, for those who read it: each change with the name of who made it."""

from collections.abc import Iterable, Sequence

from pinback.accounts.models import Person
from pinback.kit.models import Change


def told(changes: Iterable[Change]) -> Sequence[tuple[Change, str]]:
    """Changes with names; one that a timer made has none."""
    rows = list(changes)
    names = dict(Person.objects.filter(pk__in={row.person_id for row in rows}).values_list("pk", "name"))
    return [(row, names.get(row.person_id or 0, "")) for row in rows]
