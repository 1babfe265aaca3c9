"""Pages by cursor: everything once, also while rows are added and removed."""

from datetime import UTC, datetime

import pytest

from pinback.kit.ids import public_id
from pinback.kit.models import Change
from pinback.kit.paging import MOST_ON_A_PAGE, page_of
from pinback.kit.refusals import Refused

NOON = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)


def rows(*ids: int) -> None:
    """Rows of some table with these ids."""
    Change.objects.bulk_create(
        Change(id=id_, subject="page", subject_id=1, before="", after="", at=NOON) for id_ in ids
    )


def walk(limit: int, *, newest_first: bool = True) -> list[list[int]]:
    """The ids on all pages, one after the other."""
    pages: list[list[int]] = []
    cursor = None
    while True:
        page = page_of(Change.objects.all(), cursor=cursor, limit=limit, newest_first=newest_first)
        pages.append([row.pk for row in page.rows])
        cursor = page.next_cursor
        if cursor is None:
            return pages


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, [0]), (1, [1]), (2, [2]), (3, [2, 1]), (4, [2, 2]), (5, [2, 2, 1])]
)
def test_the_last_page_says_so(market: str, number: int, sizes: list[int]) -> None:
    rows(*range(1, number + 1))
    pages = walk(2)
    assert [len(page) for page in pages] == sizes
    assert [id_ for page in pages for id_ in page] == list(range(number, 0, -1))


def test_the_oldest_can_come_first(market: str) -> None:
    rows(1, 2, 3)
    assert walk(2, newest_first=False) == [[1, 2], [3]]


def test_rows_that_come_and_go_meanwhile_shift_nothing(market: str) -> None:
    rows(10, 20, 30, 40)
    first = page_of(Change.objects.all(), cursor=None, limit=2)
    assert [row.pk for row in first.rows] == [40, 30]
    rows(50)
    Change.objects.filter(pk=30).delete()
    second = page_of(Change.objects.all(), cursor=first.next_cursor, limit=2)
    assert [row.pk for row in second.rows] == [20, 10]


@pytest.mark.parametrize("limit", [-1, 0])
def test_a_page_has_at_least_one_row(market: str, limit: int) -> None:
    rows(1, 2)
    assert len(page_of(Change.objects.all(), cursor=None, limit=limit).rows) == 1


def test_a_page_has_a_most(market: str) -> None:
    rows(*range(1, MOST_ON_A_PAGE + 3))
    assert len(page_of(Change.objects.all(), cursor=None, limit=10**9).rows) == MOST_ON_A_PAGE


@pytest.mark.parametrize("cursor", ["x", "0" * 12, "0" * 14, "u" * 13, "z" * 13, public_id(1).upper() + " "])
def test_a_cursor_that_is_none_is_refused_at_its_field(market: str, cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        page_of(Change.objects.all(), cursor=cursor, limit=2)
    assert refused.value.refusal.code == "bad_cursor"
    assert refused.value.refusal.field == "cursor"
