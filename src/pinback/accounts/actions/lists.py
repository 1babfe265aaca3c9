"""What somebody keeps of a list: filters by name, and how it looks. Nobody else sees or changes it."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actions.holding import hold_within
from pinback.accounts.actors import Actor
from pinback.accounts.models import ListLook, SavedFilter
from pinback.accounts.queries import check_keeps_lists, filter_of
from pinback.kit.ids import new_id
from pinback.kit.refusals import Refused
from pinback.kit.transactions import durable

MOST_FILTERS: Final = 12
"""For one list of one shop: more chips than that are looked for longer than the filter is set anew."""
MOST_NAME: Final = 40
MOST_QUERY: Final = 500


@durable
def keep_filter(list_name: str, shop_name: str, name: str, query: str, *, acting: Actor) -> SavedFilter:
    """Keep a filter of a list under a name; the same name again replaces what it stood for.

    `shop_name` is empty for a list of the operator's. Raises NotFound to whoever has no such list, Refused at
    `name`, for a query that is empty or too long, or when there are too many.
    """
    check_keeps_lists(acting, shop_name)
    name = _named(name)
    _check_query(query)
    hold_within(acting)
    own = SavedFilter.objects.filter(person_id=acting.person_id, list_name=list_name, shop_name=shop_name)
    known = own.filter(name=name).first()
    if known is not None:
        SavedFilter.objects.filter(pk=known.pk).update(query=query)
        known.query = query
        return known
    if own.count() >= MOST_FILTERS:
        raise Refused("too_many", _("There are too many saved filters; remove one first."))
    return SavedFilter.objects.create(
        id=new_id(),
        person_id=acting.person_id,
        list_name=list_name,
        shop_name=shop_name,
        name=name,
        query=query,
    )


@durable
def remove_filter(filter_id: str, *, acting: Actor) -> str:
    """Remove one of the person's own filters; its name. Raises NotFound."""
    kept = filter_of(acting, filter_id)
    SavedFilter.objects.filter(pk=kept.pk).delete()
    return kept.name


@durable
def keep_look(list_name: str, *, is_compact: bool, columns: Sequence[str] | None, acting: Actor) -> ListLook:
    """How the person wants to see a list from now on. Raises NotFound to a key."""
    check_keeps_lists(acting, None)
    hold_within(acting)
    wanted = {"is_compact": is_compact, "columns": None if columns is None else list(columns)}
    look, _is_new = ListLook.objects.update_or_create(
        person_id=acting.person_id,
        list_name=list_name,
        defaults=wanted,
        create_defaults={"id": new_id(), **wanted},
    )
    return look


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused("required", _("A filter needs a name."), "name")
    if len(name) > MOST_NAME:
        raise Refused("too_long", _("A filter's name has at most 40 characters."), "name")
    if not name.isprintable():
        raise Refused("bad_name", _("A filter's name is plain text."), "name")
    return name


def _check_query(query: str) -> None:
    if not query:
        raise Refused("no_filter", _("There is no filter to save: the list shows everything."))
    if len(query) > MOST_QUERY:
        raise Refused("too_long", _("This filter is too long to be saved."))
