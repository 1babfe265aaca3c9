"""Pages of lists by cursor: a page begins behind the last id of the one before, so nothing is skipped or
shown twice while rows are added.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from pinback.kit.ids import id_of, public_id
from pinback.kit.refusals import Refused

M = TypeVar("M", bound=Model)

MOST_ON_A_PAGE = 100


class Page(NamedTuple, Generic[M]):
    """Some rows, and the cursor of the next page (None: this is the last one)."""

    rows: Sequence[M]
    next_cursor: str | None


def page_of(found: QuerySet[M], *, cursor: str | None, limit: int, newest_first: bool = True) -> Page[M]:
    """The rows behind `cursor` (None: the first page), by id. Raises Refused `bad_cursor`."""
    limit = max(1, min(limit, MOST_ON_A_PAGE))
    if cursor:
        after = _behind(cursor)
        found = found.filter(id__lt=after) if newest_first else found.filter(id__gt=after)
    rows = list(found.order_by("-id" if newest_first else "id")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], public_id(rows[limit - 1].pk))


class Paged(Protocol):
    """A page of any list that goes on by a cursor."""

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins; None: this is the last one."""


P = TypeVar("P", bound=Paged)


def every_page(ask: Callable[[str | None], P]) -> Iterator[P]:
    """All pages of a list, one after the other; `ask` gives the one behind a cursor."""
    page = ask(None)
    yield page
    while page.next_cursor is not None:
        page = ask(page.next_cursor)
        yield page


def _behind(cursor: str) -> int:
    try:
        return id_of(cursor)
    except ValueError:
        raise Refused("bad_cursor", _("This is no cursor of a page."), "cursor") from None
