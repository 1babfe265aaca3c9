"""What a page needs of its list: the saved filters as chips, the density, the columns that are shown."""

from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpRequest, QueryDict

from pinback.accounts.actions import MOST_FILTERS
from pinback.accounts.actors import Actor
from pinback.accounts.models import ListLook, Shop
from pinback.accounts.queries import filters_of, look_of
from pinback.kit.ids import public_id
from pinback.web.lists.known import Column, Listing


class Chip(NamedTuple):
    """A saved filter: its id, its name, the query it stands for, and whether the list shows just that."""

    id: str
    name: str
    query: str
    is_current: bool


class Shown(NamedTuple):
    """A list as somebody wants to see it. `query` is what the page's address filters by, empty for nothing;
    `can_save`: it has no name yet, and there is room for one more.
    """

    name: str
    shop_name: str
    query: str
    chips: Sequence[Chip]
    is_full: bool
    can_save: bool
    is_compact: bool
    choices: Sequence[tuple[Column, bool]]
    shows: frozenset[str]


def shown_list(request: HttpRequest, listing: Listing, acting: Actor, shop: Shop | None = None) -> Shown:
    """The list of a page, for whoever reads it; `shop`: of a page of a shop's."""
    shop_name = shop.name if shop is not None and listing.is_of_shop else ""
    query = filtering(listing, request.GET)
    kept = filters_of(acting, listing.name, shop_name)
    chips = [Chip(public_id(one.pk), one.name, one.query, one.query == query) for one in kept]
    look = look_of(acting, listing.name)
    shows = _shows(listing, look)
    is_full = len(chips) >= MOST_FILTERS
    return Shown(
        listing.name,
        shop_name,
        query,
        chips,
        is_full,
        bool(query) and not is_full and not any(chip.is_current for chip in chips),
        look is not None and look.is_compact,
        [(column, column.code in shows) for column in listing.columns],
        shows,
    )


def filtering(listing: Listing, given: QueryDict) -> str:
    """The part of a query that filters the list, in one order and spelling; neither page nor place in it."""
    found = QueryDict(mutable=True)
    for name in listing.filters:
        value = given.get(name)
        if value is not None and (value.strip() or name in listing.flags):
            found[name] = "" if name in listing.flags else value.strip()
    return str(found.urlencode())


def chosen(listing: Listing, wanted: Sequence[str]) -> list[str] | None:
    """The columns that somebody chose, as they are kept: None for the usual ones."""
    codes = [column.code for column in listing.columns if column.code in wanted]
    return None if set(codes) == _usual(listing) else codes


def _shows(listing: Listing, look: ListLook | None) -> frozenset[str]:
    if look is None or look.columns is None:
        return _usual(listing)
    return frozenset(column.code for column in listing.columns if column.code in look.columns)


def _usual(listing: Listing) -> frozenset[str]:
    return frozenset(column.code for column in listing.columns if column.is_usual)
